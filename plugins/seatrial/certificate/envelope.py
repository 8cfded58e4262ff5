"""DSSE envelopes, read strictly: a file that differs from what was signed in one byte is not accepted.

The envelope's own JSON is not covered by its signatures, so a tolerant reader would accept changed white
space, reordered keys, a second ``payload`` or spare bits in the base64. This one accepts exactly one
spelling of each envelope, the one that `seal` writes. Key ids are claims that nobody signed: every key is
tried, and a claimed id is only compared with that of the key that did verify. Signatures by keys that the
reader does not name are refused too, since nothing can vouch for them.

Format: https://github.com/secure-systems-lab/dsse (protocol and envelope v1).
"""

from __future__ import annotations

import binascii
import json
import os
import re
from base64 import b64decode
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import UnverifiedSignatureError

from seatrial.certificate.keys import Key, Signature, Signer
from seatrial.certificate.refusal import Reason, Refused
from seatrial.core.errors import HarnessError, UsageError

PAYLOAD_TYPE = "application/vnd.in-toto+json"
MAX_BYTES = 8 * 1024 * 1024
_MAX_SIGNATURES = 32
_SIGNATURE_BYTES = 64
_KEYID = re.compile(r"[0-9a-f]{64}|")


class Opened(NamedTuple):
    """What a verified envelope held.

    Attributes:
        payload: exactly the bytes that the signatures cover.
        keyids: the ids of the keys that verified, each once, in the order of the signatures.
    """

    payload: bytes
    keyids: tuple[str, ...]


def seal(payload: bytes, signers: Sequence[Signer]) -> bytes:
    """Sign *payload* with every signer; the envelope as the bytes of its file."""
    envelope = Envelope(payload, PAYLOAD_TYPE, {})
    for signer in signers:
        envelope.sign(signer)
    return _spell(envelope)


def unseal(data: bytes, keys: Sequence[Key], *, threshold: int = 1) -> Opened:
    """Verify an envelope and hand out exactly the bytes that were verified.

    Args:
        data: the bytes of the file.
        keys: the keys that the reader trusts.
        threshold: how many different keys must have signed.

    Raises:
        Refused: see `Reason`; where is left to the caller.
        UsageError: the threshold cannot be met with these keys.
    """
    distinct = {key.keyid: key for key in keys}
    if not 1 <= threshold <= len(distinct):
        raise UsageError(
            f"{threshold} signatures are demanded and {len(distinct)} different keys are given",
            hint="name one --key for each signature demanded",
        )
    envelope = parse(data)
    verified = dict.fromkeys(_signed_by(envelope, signature, distinct) for signature in _signatures(envelope))
    if len(verified) < threshold:
        raise Refused(
            Reason.TOO_FEW_SIGNATURES,
            f"{threshold} different keys must have signed, and {len(verified)} did",
            hint="let the others sign it as well",
        )
    return Opened(envelope.payload, tuple(verified))


def parse(data: bytes) -> Envelope:
    """An envelope from the bytes of its file, not verified.

    Raises:
        Refused: too large, or anything but the one spelling that `seal` writes.
    """
    if len(data) > MAX_BYTES:
        raise Refused(Reason.TOO_LARGE, f"the file is larger than {MAX_BYTES // 1024**2} MiB")
    fields = strict_json(data)
    if not isinstance(fields, dict) or set(fields) != {"payload", "payloadType", "signatures"}:
        raise _malformed("it is not a DSSE envelope (payload, payloadType, signatures)")
    if not isinstance(fields["payloadType"], str):
        raise _malformed("payloadType is not text")
    if fields["payloadType"] != PAYLOAD_TYPE:
        raise Refused(
            Reason.PAYLOAD_TYPE,
            f"the payload is declared as {fields['payloadType'][:80]!r}, not as {PAYLOAD_TYPE!r}",
        )
    envelope = Envelope(_decode(fields["payload"]), PAYLOAD_TYPE, {})
    listed = fields["signatures"]
    if not isinstance(listed, list) or not 1 <= len(listed) <= _MAX_SIGNATURES:
        raise _malformed(f"it carries no list of 1 to {_MAX_SIGNATURES} signatures")
    for entry in listed:
        signature = _signature(entry)
        if signature.keyid in envelope.signatures:
            raise _malformed("two signatures claim the same key")
        envelope.signatures[signature.keyid] = signature
    if _spell(envelope) != data:
        raise _malformed("its bytes are not the one spelling of this envelope: it was edited or reformatted")
    return envelope


def cosign(path: Path, signer: Signer, keys: Sequence[Key]) -> Path:
    """Add a signature to an envelope that is there, for t-of-n rules (say CI and the release manager).

    Args:
        path: the envelope's file, replaced in one step.
        signer: who signs as well.
        keys: the keys of those who signed before; all of their signatures must verify.

    Raises:
        Refused: what is there does not verify.
        UsageError: the file cannot be read, or this key signed it already.
    """
    data = read_bounded(path)
    _, keyids = unseal(data, keys)
    envelope = parse(data)
    signature = envelope.sign(signer)
    if signature.keyid in keyids:
        raise UsageError("this key signed it already", where=str(path))
    return write_atomic(path, _spell(envelope))


def strict_json(data: bytes) -> Any:
    """JSON with one meaning: UTF-8, no duplicate keys, no NaN, no absurd nesting.

    Raises:
        Refused: it is not that.
    """
    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise _malformed(f"it is not strict JSON ({str(error)[:120]})") from error


def read_bounded(path: Path) -> bytes:
    """The bytes of a file, but never many more than an envelope may have.

    Raises:
        UsageError: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(
            f"the file cannot be read ({error.strerror})",
            where=str(path),
            hint="a run that was signed leaves it as certificate.intoto.json",
        ) from error


def write_atomic(path: Path, data: bytes) -> Path:
    """Write a file whole or not at all.

    Raises:
        HarnessError: the disk is full, or the folder is not there or may not be written to.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_bytes(data)
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise HarnessError(
            f"the file cannot be written ({error.strerror})",
            where=str(path),
            hint="free some space or choose another folder",
        ) from error
    return path


def _signatures(envelope: Envelope) -> list[Signature]:
    return list(envelope.signatures.values())


def _signed_by(envelope: Envelope, signature: Signature, keys: dict[str, Key]) -> str:
    """The id of the key that verifies *signature*, whatever id it claims."""
    data = envelope.pae()
    for keyid, key in keys.items():
        try:
            key.verify_signature(Signature(keyid, signature.signature), data)
        except UnverifiedSignatureError:
            continue
        if signature.keyid in ("", keyid):
            return keyid
        raise Refused(Reason.BAD_SIGNATURE, "a signature claims the id of another key")
    if signature.keyid and signature.keyid not in keys:
        raise Refused(
            Reason.WRONG_KEY,
            f"it carries a signature by a key that was not given ({signature.keyid[:16]}…)",
            hint="name the public key of everyone who signed it, each with --key",
        )
    raise Refused(Reason.BAD_SIGNATURE, "the signature does not fit: content or signature was changed")


def _signature(entry: Any) -> Signature:
    if not isinstance(entry, dict) or set(entry) != {"keyid", "sig"}:
        raise _malformed("a signature is not made of keyid and sig")
    keyid, raw = entry["keyid"], _decode(entry["sig"])
    if not isinstance(keyid, str) or not _KEYID.fullmatch(keyid):
        raise _malformed("a keyid is not 64 hexadecimal digits")
    if len(raw) != _SIGNATURE_BYTES:
        raise _malformed("a signature is not an Ed25519 signature of 64 bytes")
    return Signature(keyid, raw.hex())


def _decode(text: Any) -> bytes:
    if not isinstance(text, str):
        raise _malformed("a base64 field is not text")
    try:
        return b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise _malformed("a field is not base64") from error


def _spell(envelope: Envelope) -> bytes:
    # One envelope, one line: the form of an in-toto bundle (.intoto.jsonl).
    return (json.dumps(envelope.to_dict(), separators=(",", ":"), ensure_ascii=True) + "\n").encode("ascii")


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a key is there twice")
    return fields


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")


def _malformed(what: str) -> Refused:
    return Refused(Reason.MALFORMED, what, hint="fetch the original again: this copy cannot be trusted")
