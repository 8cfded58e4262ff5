"""The key that a run's certificate is signed with: the one that was named, or this user's own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seatrial.core.errors import HarnessError, UsageError

if TYPE_CHECKING:
    from seatrial.certificate.keys import Signer


@dataclass(frozen=True)
class SigningKey:
    """A private key that was found usable, before the first request.

    Attributes:
        path: the private key's file.
        public: the public half, PEM.
        made: whether it was made just now.
    """

    path: Path
    public: str
    made: bool = False


def signing_key(named: Path | None) -> SigningKey:
    """The key to sign with.

    Args:
        named: the file the user names; without it ``seatrial.key`` in the user's configuration folder, made
            at first use.

    Raises:
        UsageError: the named file is missing or is no private Ed25519 key that only its owner can read.
        HarnessError: no key can be made in the configuration folder.
    """
    from seatrial.certificate.keys import load_private

    path = named or Path(click.get_app_dir("seatrial")) / "seatrial.key"
    made = named is None and not path.exists() and _make(path)
    return SigningKey(path, _pem(load_private(path)), made)


def _pem(signer: Signer) -> str:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    half = Ed25519PublicKey.from_public_bytes(bytes.fromhex(signer.public_key.to_dict()["keyval"]["public"]))
    return half.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")


def _make(path: Path) -> bool:
    from seatrial.certificate.keys import keygen

    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        keygen(path)
    except OSError as error:
        raise HarnessError(
            f"no key can be made ({error.strerror})",
            where=str(path),
            hint="make one elsewhere with seatrial keygen and name it with --key",
        ) from error
    except UsageError:
        # Another run made it in the same moment: that one will do.
        if not path.exists():
            raise
        return False
    return True
