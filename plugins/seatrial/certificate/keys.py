"""Ed25519 keys in PEM files: make a pair, read either half.

A key's id is the SHA-256 of its public half in DER, so that anyone can recompute it with other tools. It is
a name for people; no decision rests on the key id that a document claims.
"""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from securesystemslib.signer import (  # type: ignore[attr-defined]  # it declares no __all__
    CryptoSigner,
    Key,
    Signature,
    Signer,
    SSlibKey,
)

from seatrial.core.errors import HarnessError, UsageError

__all__ = ["Key", "KeyPair", "Signature", "Signer", "key_id", "keygen", "load_private", "load_public"]

_MAX_BYTES = 64 * 1024
_MAKE_ONE = "make a pair with: seatrial keygen"
_NAME_ONE = "name the public key of whoever signs: seatrial.pub of a run, NAME.pub of seatrial keygen"


class KeyPair(NamedTuple):
    """Where a new pair of keys lies."""

    private: Path
    public: Path
    keyid: str


def keygen(private: Path, public: Path | None = None) -> KeyPair:
    """Make an Ed25519 pair: PKCS#8 PEM, readable by its owner alone, and the public half in PEM beside it.

    Args:
        private: the new private key's file.
        public: the new public key's file; by default *private* with the suffix ``.pub``.

    Raises:
        UsageError: one of the files exists; no key is ever overwritten.
        HarnessError: a file cannot be written.
    """
    public = public or private.with_suffix(".pub")
    if private == public:
        raise UsageError("the private and the public key need two files", where=str(private))
    for path in (private, public):
        if path.exists() or path.is_symlink():
            raise UsageError(
                "there is a file here already, and a key is never overwritten",
                where=str(path),
                hint="choose another name, or move the old key away if nothing needs it any more",
            )
    key = Ed25519PrivateKey.generate()
    _write_new(private, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), 0o600)
    half = key.public_key()
    _write_new(public, half.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), 0o644)
    return KeyPair(private, public, key_id(half))


def load_private(path: Path) -> Signer:
    """The private key in a PEM file, ready to sign.

    Raises:
        UsageError: missing, readable by others, not a key, or not an Ed25519 private key.
    """
    data = _read(path)
    _refuse_exposed(path)
    if b"PUBLIC KEY" in data:
        raise UsageError(
            "this is a public key, and signing needs the private one",
            where=str(path),
            hint="name the file that seatrial keygen made without .pub",
        )
    try:
        key = load_pem_private_key(data, password=None)
    except TypeError as error:
        raise UsageError(
            "the private key is encrypted, and seatrial asks for no passphrase",
            where=str(path),
            hint="keep it unencrypted in a secret store, readable by its owner alone",
        ) from error
    except (ValueError, UnsupportedAlgorithm):
        # Without `from`: what the parser says about a broken private key stays out of every log.
        raise _not_a_key(path, "private") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise _other_kind(path, key)
    return CryptoSigner(key, _named(key.public_key()))


def load_public(path: Path) -> Key:
    """The public key in a PEM file, ready to verify.

    Raises:
        UsageError: missing, not a key, a private key, or not an Ed25519 key.
    """
    data = _read(path, _NAME_ONE)
    if b"PRIVATE KEY" in data:
        raise UsageError(
            "this is a private key, and verifying needs only the public one",
            where=str(path),
            hint="name the .pub file, and keep the private key where only the signer can read it",
        )
    try:
        key = load_pem_public_key(data)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _not_a_key(path, "public", _NAME_ONE) from error
    if not isinstance(key, Ed25519PublicKey):
        raise _other_kind(path, key)
    return _named(key)


def key_id(key: Ed25519PublicKey) -> str:
    """The id of a public key: SHA-256 of its DER form, in hex."""
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def _named(key: Ed25519PublicKey) -> SSlibKey:
    return SSlibKey.from_crypto(key, keyid=key_id(key))


def _write_new(path: Path, data: bytes, mode: int) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
    except OSError as error:
        raise HarnessError(
            f"the key cannot be written ({error.strerror})",
            where=str(path),
            hint="choose a folder that exists and may be written to",
        ) from error


def _read(path: Path, hint: str = _MAKE_ONE) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(
            f"the key file cannot be read ({error.strerror})", where=str(path), hint=hint
        ) from error
    if len(data) > _MAX_BYTES:
        raise UsageError("this file is too large to be a key", where=str(path), hint=hint)
    return data


def _refuse_exposed(path: Path) -> None:
    # As ssh does: a private key that others may read or replace proves nothing about who signed.
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o007:
        raise UsageError(
            "every user of this machine can read or replace this private key",
            where=str(path),
            hint=f"run: chmod 600 {path}; and if others could have read it, make a new pair",
        )


def _not_a_key(path: Path, half: str, hint: str = _MAKE_ONE) -> UsageError:
    return UsageError(f"this is not a {half} key in PEM", where=str(path), hint=hint)


def _other_kind(path: Path, key: object) -> UsageError:
    kind = type(key).__name__.removesuffix("PrivateKey").removesuffix("PublicKey").lstrip("_")
    return UsageError(f"this is an {kind} key, and seatrial uses Ed25519", where=str(path), hint=_MAKE_ONE)
