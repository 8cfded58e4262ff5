from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from seatrial.certificate.keys import KeyPair, keygen, load_private, load_public
from seatrial.core.errors import HarnessError, UsageError


def test_a_new_pair_signs_and_verifies(tmp_path: Path) -> None:
    made = keygen(tmp_path / "seatrial.key")
    assert made.public == tmp_path / "seatrial.pub"
    signature = load_private(made.private).sign(b"a run")
    load_public(made.public).verify_signature(signature, b"a run")
    assert signature.keyid == made.keyid


def test_other_tools_read_the_pair_and_recompute_its_id(pair: KeyPair) -> None:
    private = load_pem_private_key(pair.private.read_bytes(), None)
    public = load_pem_public_key(pair.public.read_bytes())
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert isinstance(private, Ed25519PrivateKey)
    assert private.public_key() == public
    assert hashlib.sha256(der).hexdigest() == pair.keyid
    assert b"BEGIN PRIVATE KEY" in pair.private.read_bytes()  # PKCS#8, not a format of one tool


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX")
def test_only_its_owner_can_read_a_new_private_key(tmp_path: Path) -> None:
    made = keygen(tmp_path / "k")
    assert made.private.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("there", ["seatrial.key", "seatrial.pub"])
def test_no_key_is_overwritten(tmp_path: Path, there: str) -> None:
    (tmp_path / there).write_text("precious")
    with pytest.raises(UsageError, match="never overwritten"):
        keygen(tmp_path / "seatrial.key")
    assert (tmp_path / there).read_text() == "precious"
    assert [path.name for path in tmp_path.iterdir()] == [there]


def test_a_dangling_link_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "seatrial.key").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="never overwritten"):
        keygen(tmp_path / "seatrial.key")


def test_one_file_cannot_hold_both_halves(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="two files"):
        keygen(tmp_path / "seatrial.pub")


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="cannot be written"):
        keygen(tmp_path / "nowhere" / "k")


@pytest.mark.parametrize("load", [load_private, load_public])
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "No such file"),
        (b"", "not a (private|public) key"),
        (b"hello", "not a (private|public) key"),
        (b"-----BEGIN SOMETHING-----\nAAAA\n-----END SOMETHING-----\n", "not a (private|public) key"),
        (b"\0" * 70_000, "too large"),
    ],
)
def test_what_is_no_key(tmp_path: Path, load: object, content: bytes | None, said: str) -> None:
    path = tmp_path / "file"
    if content is not None:
        path.write_bytes(content)
        path.chmod(0o600)
    with pytest.raises(UsageError, match=said) as caught:
        load(path)  # type: ignore[operator]
    assert caught.value.where == str(path)
    assert caught.value.hint


def test_a_folder_is_no_key(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read") as caught:
        load_public(tmp_path)
    assert "the public key of whoever signs" in str(caught.value.hint), "a new pair would verify nothing"


def test_the_wrong_half_is_named(pair: KeyPair) -> None:
    with pytest.raises(UsageError, match="this is a public key"):
        load_private(_copied(pair.public, 0o600))
    with pytest.raises(UsageError, match="this is a private key"):
        load_public(pair.private)


def _copied(path: Path, mode: int) -> Path:
    copy = path.with_name(f"copy-{mode:o}-{path.name}")
    copy.write_bytes(path.read_bytes())
    copy.chmod(mode)
    return copy


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX")
@pytest.mark.parametrize("mode", [0o604, 0o602, 0o644, 0o666])
def test_a_private_key_that_others_reach_is_refused(pair: KeyPair, mode: int) -> None:
    with pytest.raises(UsageError, match="every user of this machine") as caught:
        load_private(_copied(pair.private, mode))
    assert "chmod 600" in str(caught.value)


@pytest.mark.parametrize("mode", [0o400, 0o600, 0o640])
def test_a_private_key_kept_well_is_accepted(pair: KeyPair, mode: int) -> None:
    assert load_private(_copied(pair.private, mode)).public_key.keyid == pair.keyid


def test_other_kinds_of_keys_are_named(tmp_path: Path) -> None:
    for kind, key in (
        ("RSA", rsa.generate_private_key(65537, 2048)),
        ("EC|EllipticCurve", ec.generate_private_key(ec.SECP256R1())),
    ):
        private, public = tmp_path / f"{kind[:2]}.key", tmp_path / f"{kind[:2]}.pub"
        private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        private.chmod(0o600)
        public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
        with pytest.raises(UsageError, match=f"an ({kind}) key, and seatrial uses Ed25519"):
            load_private(private)
        with pytest.raises(UsageError, match=f"an ({kind}) key, and seatrial uses Ed25519"):
            load_public(public)


def test_an_encrypted_key_is_named(tmp_path: Path) -> None:
    locked = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"word")
    )
    path = tmp_path / "locked"
    path.write_bytes(locked)
    path.chmod(0o600)
    with pytest.raises(UsageError, match="encrypted"):
        load_private(path)


def test_no_error_and_no_repr_shows_a_private_key(pair: KeyPair, tmp_path: Path) -> None:
    lines = pair.private.read_text().splitlines()
    secret = lines[1]
    broken = tmp_path / "broken"
    broken.write_text("\n".join([lines[0], secret[:-4], lines[2]]))
    broken.chmod(0o600)
    with pytest.raises(UsageError) as caught:
        load_private(broken)
    signer = load_private(pair.private)
    assert caught.value.__cause__ is None
    for shown in (
        str(caught.value),
        repr(caught.value),
        repr(pair),
        repr(signer),
        str(signer.public_key.to_dict()),
    ):
        assert secret[:12] not in shown
        assert secret[-16:-4] not in shown


def test_keys_are_read_without_the_pytest_room() -> None:
    code = "import sys, seatrial.certificate.keys; print('pytest' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
