"""Which key a run is signed with."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from seatrial.certificate.keys import keygen
from seatrial.cli.signing import signing_key
from seatrial.core.errors import HarnessError, UsageError


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(click, "get_app_dir", lambda name: str(tmp_path / "config" / name))
    return tmp_path / "config" / "seatrial"


def test_a_key_is_made_at_first_use_and_kept(home: Path) -> None:
    first, second = signing_key(None), signing_key(None)
    assert (first.made, second.made) == (True, False)
    assert first.path == second.path == home / "seatrial.key"
    assert first.public == second.public == (home / "seatrial.pub").read_text("utf-8")


def test_a_named_key_is_used_without_its_public_file(tmp_path: Path, home: Path) -> None:
    pair = keygen(tmp_path / "mine.key")
    public = pair.public.read_text("utf-8")
    pair.public.unlink()
    key = signing_key(pair.private)
    assert (key.path, key.public, key.made) == (pair.private, public, False)
    assert not home.exists()


def test_a_missing_key_file_is_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read") as caught:
        signing_key(tmp_path / "nowhere.key")
    assert "seatrial keygen" in str(caught.value)


def test_no_place_for_a_key_is_harness_trouble(tmp_path: Path, home: Path) -> None:
    (tmp_path / "config").write_text("a file where a folder should be", "utf-8")
    with pytest.raises(HarnessError, match="no key can be made"):
        signing_key(None)
