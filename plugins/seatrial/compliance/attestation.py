"""Attestations: what a person says about a control that no machine can prove, signed, and with an end.

An attestation is an in-toto statement in a DSSE envelope, like a certificate, with a predicate of its own.
Its subjects are the control and the evidence files, each by its SHA-256; a file that was changed or lost
since voids it.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from seatrial.certificate.envelope import read_bounded, seal, strict_json, unseal, write_atomic
from seatrial.certificate.keys import load_private, load_public
from seatrial.certificate.refusal import Reason, Refused
from seatrial.certificate.statement import STATEMENT, file_digest, spell
from seatrial.core.errors import UsageError

PREDICATE = "urn:seatrial:attestation:control:1"
SUFFIX = ".attestation.json"
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}(?:\.[A-Za-z0-9_-]+)*")
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Attestation:
    """An attestation that was read.

    Attributes:
        control_id: the control it is about.
        statement: what is said, in the signer's words.
        signer: who says so, by their own word; `keyids` tell whose key it was.
        scope: the policy it was made for, None for any.
        files: ``(name, sha256)`` of the evidence.
        problem: why it proves nothing, None where it stands (its dates are for the judge).
    """

    path: Path
    control_id: str
    statement: str = ""
    signer: str = ""
    issued: datetime = _NEVER
    expires: datetime = _NEVER
    scope: str | None = None
    files: tuple[tuple[str, str], ...] = ()
    keyids: tuple[str, ...] = ()
    digest: str = ""
    problem: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """As the journal and the certificate tell it."""
        return {
            "kind": "attestation",
            "file": self.path.name,
            "digest": self.digest,
            "statement": self.statement,
            "signer": self.signer,
            "keyids": list(self.keyids),
            "issued": _iso(self.issued),
            "expires": _iso(self.expires),
            "files": [{"name": name, "sha256": digest} for name, digest in self.files],
        }


def attest(
    control_id: str,
    statement: str,
    *,
    signer: str,
    issued: datetime,
    expires: datetime,
    key: Path,
    folder: Path,
    evidence: Sequence[Path] = (),
    scope: str | None = None,
) -> Path:
    """Sign a statement about a control.

    Args:
        control_id: the control, for example ``rdy-pre-07``.
        statement: what was seen or done, in a sentence or two.
        signer: who says so: a name and a role.
        issued, expires: from when until when it holds, with their zone.
        key: the signer's private key, PEM.
        folder: where the attestation goes; the evidence is named relative to it.
        evidence: files that show it; each is bound by its SHA-256.
        scope: the name of the policy it is for; None lets it count for all.

    Returns:
        The new file, ``<control>.<time>.attestation.json``.

    Raises:
        UsageError: something is empty, no id, dated backwards, or a file that cannot be read.
        HarnessError: it cannot be written.
    """
    _refuse_empty(control_id, statement, signer)
    _refuse_backwards(issued, expires)
    files = [(os.path.relpath(path, folder).replace(os.sep, "/"), _sha256(path)) for path in evidence]
    said: dict[str, Any] = {
        "controlId": control_id,
        "statement": statement.strip(),
        "signer": signer.strip(),
        "scope": scope,
        "issued": _iso(issued),
        "expires": _iso(expires),
    }
    subjects = [{"name": f"control {control_id}", "digest": {"sha256": _text_sha256(control_id)}}]
    subjects += [{"name": name, "digest": {"sha256": digest}} for name, digest in files]
    whole = {"_type": STATEMENT, "subject": subjects, "predicateType": PREDICATE, "predicate": said}
    path = folder / f"{control_id}.{issued.astimezone(UTC):%Y%m%dT%H%M%SZ}{SUFFIX}"
    return write_atomic(path, seal(spell(whole), [load_private(key)]))


def read(path: Path, keys: Sequence[Path]) -> Attestation:
    """Read and verify one attestation; whether it still holds is asked of the judge, who knows the time.

    Args:
        path: the file.
        keys: the public keys that may sign attestations, PEM.

    Raises:
        Refused: it is not signed by one of them, no attestation, or its evidence was changed or lost.
        UsageError: a file cannot be read, or a key is no key.
    """
    trusted = [load_public(key) for key in keys]
    data = read_bounded(path)
    try:
        opened = unseal(data, trusted)
        found = _parse(path, opened.payload, opened.keyids, "sha256:" + hashlib.sha256(data).hexdigest())
        for name, digest in found.files:
            _refuse_changed(path.parent / name, name, digest)
    except Refused as refusal:
        raise refusal.at(str(path)) from refusal.__cause__
    return found


def read_all(folder: Path, keys: Sequence[Path]) -> tuple[Attestation, ...]:
    """Every attestation of a folder; one that proves nothing is there with its `problem`.

    The control of one that does not verify is guessed from its file's name: nothing but the wording of a
    refusal rests on it.

    Raises:
        UsageError: the folder or a key cannot be read.
    """
    for key in keys:
        load_public(key)
    try:
        paths = sorted(path for path in folder.iterdir() if path.name.endswith(SUFFIX))
    except OSError as error:
        raise UsageError(
            f"the folder of attestations cannot be read ({error.strerror})", where=str(folder)
        ) from error
    return tuple(_told(path, keys) for path in paths)


def _told(path: Path, keys: Sequence[Path]) -> Attestation:
    try:
        return read(path, keys)
    except (Refused, UsageError) as error:
        control = path.name.removesuffix(SUFFIX).rpartition(".")[0]
        return Attestation(path, control, problem=f"proves nothing: {error.what}")


def _parse(path: Path, payload: bytes, keyids: tuple[str, ...], digest: str) -> Attestation:
    whole = strict_json(payload)
    if not isinstance(whole, dict) or whole.get("_type") != STATEMENT:
        raise Refused(Reason.NOT_A_STATEMENT, "what is signed is not an in-toto statement v1")
    if whole.get("predicateType") != PREDICATE:
        raise Refused(Reason.PREDICATE, "what is signed is no attestation of a control")
    try:
        said, subjects = whole["predicate"], whole["subject"]
        control_id = _text(said["controlId"])
        if subjects[0]["digest"]["sha256"] != _text_sha256(control_id):
            raise ValueError("its first subject is not its control")
        return Attestation(
            path=path,
            control_id=control_id,
            statement=_text(said["statement"]),
            signer=_text(said["signer"]),
            issued=_moment(said["issued"]),
            expires=_moment(said["expires"]),
            scope=None if said["scope"] is None else _text(said["scope"]),
            files=tuple((_text(found["name"]), _text(found["digest"]["sha256"])) for found in subjects[1:]),
            keyids=keyids,
            digest=digest,
        )
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise Refused(Reason.PREDICATE, f"the attestation lacks or misspells a field ({error!r})") from error


def _refuse_changed(path: Path, name: str, digest: str) -> None:
    try:
        now = _sha256(path)
    except UsageError as error:
        raise Refused(
            Reason.EVIDENCE, f"its evidence {name} is gone", hint="put the file back, or attest anew"
        ) from error
    if now != digest:
        raise Refused(
            Reason.EVIDENCE, f"its evidence {name} was changed since", hint="look at it again and attest anew"
        )


def _refuse_empty(control_id: str, statement: str, signer: str) -> None:
    if not _ID.fullmatch(control_id):
        raise UsageError(f"{control_id!r} is not the id of a control", hint="it looks like rdy-pre-07")
    for name, text in (("statement", statement), ("signer", signer)):
        if not text.strip():
            raise UsageError(f"an attestation without a {name} says nothing", hint=f"give the {name}")


def _refuse_backwards(issued: datetime, expires: datetime) -> None:
    if issued.tzinfo is None or expires.tzinfo is None:
        raise UsageError("the dates of an attestation need a zone", hint="use aware datetimes")
    if expires <= issued:
        raise UsageError(
            f"the attestation would end ({_iso(expires)}) before it begins ({_iso(issued)})",
            hint="name a later day of expiry",
        )


def _sha256(path: Path) -> str:
    return file_digest(path).removeprefix("sha256:")


def _text_sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"{value!r} is not a text")
    return value


def _moment(value: Any) -> datetime:
    moment = datetime.fromisoformat(_text(value))
    if moment.tzinfo is None:
        raise ValueError(f"{value} has no zone")
    return moment


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
