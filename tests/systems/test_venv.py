from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from seatrial.core.errors import HarnessError
from seatrial.systems import venv
from seatrial.systems.venv import ensure_venv, venv_folder


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SEATRIAL_CACHE", str(tmp_path))
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    return tmp_path


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What would be run; it makes the folder."""
    seen: list[list[str]] = []

    def run(command: list[str], _name: str) -> None:
        seen.append(command)
        if "venv" in command:
            Path(command[-1]).mkdir(parents=True)

    monkeypatch.setattr(venv, "_run", run)
    return seen


def test_it_is_made_once_and_kept(commands: list[list[str]], cache: Path) -> None:
    folder = ensure_venv("thing", ["thing[extra]"])
    assert folder.is_relative_to(cache)
    assert len(commands) == 2
    assert commands[1][-1] == "thing[extra]"
    assert ensure_venv("thing", ["thing[extra]"]) == folder
    assert len(commands) == 2


def test_other_packages_are_another_one() -> None:
    assert venv_folder("thing", ["a"]) != venv_folder("thing", ["b"])


def test_one_that_was_not_finished_is_made_anew(commands: list[list[str]]) -> None:
    folder = venv_folder("thing", ["a"])
    (folder / "half").mkdir(parents=True)
    ensure_venv("thing", ["a"])
    assert not (folder / "half").exists()
    assert len(commands) == 2


def test_uv_is_used_where_it_is(commands: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: f"/bin/{name}")
    monkeypatch.setattr(venv, "_run", lambda command, _name: commands.append(command))
    monkeypatch.setattr(Path, "write_text", lambda *_args, **_more: 0)
    ensure_venv("thing", ["a"])
    assert [command[0] for command in commands] == ["/bin/uv", "/bin/uv"]


def test_what_the_installer_said_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    done = subprocess.CompletedProcess([], 1, "", "no network\n")
    monkeypatch.setattr(subprocess, "run", lambda *_args, **_more: done)
    with pytest.raises(HarnessError) as error:
        ensure_venv("thing", ["a"])
    assert "virtual environment of thing" in str(error.value)
    assert "no network" in str(error.value)


def test_an_installer_that_does_not_come_back_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_args: object, **_more: object) -> None:
        raise subprocess.TimeoutExpired("pip", 1.0)

    monkeypatch.setattr(subprocess, "run", never)
    with pytest.raises(HarnessError, match="cannot be made"):
        ensure_venv("thing", ["a"])
