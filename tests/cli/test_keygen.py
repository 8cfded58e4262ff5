"""`seatrial keygen`."""

from __future__ import annotations

import stat
from pathlib import Path

from click.testing import CliRunner

from seatrial.cli.app import app


def test_makes_a_pair_that_signs_and_verifies(tmp_path: Path) -> None:
    from seatrial.certificate.keys import load_private, load_public

    done = CliRunner().invoke(app, ["keygen", "--out", str(tmp_path / "release.key")])
    assert done.exit_code == 0
    signer = load_private(tmp_path / "release.key")
    load_public(tmp_path / "release.pub").verify_signature(signer.sign(b"x"), b"x")
    assert stat.S_IMODE((tmp_path / "release.key").stat().st_mode) == 0o600
    assert str(tmp_path / "release.pub") in done.output


def test_never_overwrites_a_key(tmp_path: Path) -> None:
    file = tmp_path / "release.key"
    file.write_text("precious", "utf-8")
    done = CliRunner().invoke(app, ["keygen", "--out", str(file)])
    assert done.exit_code == 3
    assert file.read_text("utf-8") == "precious"


def test_a_folder_that_is_not_there_is_harness_trouble(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["keygen", "--out", str(tmp_path / "no" / "x.key")])
    assert done.exit_code == 4
    assert "error: " in done.stderr
