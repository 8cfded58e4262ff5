from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from seatrial.core.errors import UsageError
from seatrial.faults.authority import Authority


def test_what_was_saved_is_loaded_and_nobody_else_can_read_it(tmp_path: Path) -> None:
    made = Authority.make()
    made.save(tmp_path / "ca.pem")
    assert (tmp_path / "ca.pem").stat().st_mode & 0o777 == 0o600
    assert Authority.load(tmp_path / "ca.pem").pem == made.pem


def test_what_is_no_authority_is_told(tmp_path: Path) -> None:
    (tmp_path / "none.pem").write_text("none")
    for name in ("none.pem", "missing.pem"):
        with pytest.raises(UsageError, match="holds no certificate authority"):
            Authority.load(tmp_path / name)
    other = ed25519.Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "other.pem").write_bytes(other + Authority.make().pem.encode())
    with pytest.raises(UsageError, match="of another kind"):
        Authority.load(tmp_path / "other.pem")
