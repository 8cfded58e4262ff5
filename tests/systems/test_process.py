from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from seatrial.core.errors import HarnessError, UsageError
from seatrial.systems.process import GuardedProcess
from tests.systems.servers import gone


def process(folder: Path, code: str, **options: float) -> GuardedProcess:
    command = [sys.executable, "-c", code]
    return GuardedProcess(command, env=os.environ, folder=folder, log=folder / "log", **options)  # type: ignore[arg-type]


def test_output_and_errors_go_to_the_log(tmp_path: Path) -> None:
    running = process(tmp_path, "import sys; print('out'); print('err', file=sys.stderr)")
    while running.exit_code is None:
        time.sleep(0.01)
    assert running.stop() == 0
    assert sorted((tmp_path / "log").read_text().split()) == ["err", "out"]


def test_it_runs_until_it_is_stopped_and_stopping_twice_does_no_harm(tmp_path: Path) -> None:
    running = process(tmp_path, "import time; time.sleep(600)")
    assert running.exit_code is None
    assert running.stop() == running.stop() == 143
    assert gone(running.pid)


def test_kill_does_not_wait_for_good_manners(tmp_path: Path) -> None:
    running = process(tmp_path, "import time; time.sleep(600)", grace=60)
    assert running.kill() == 137


def test_a_folder_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="could not be started"):
        GuardedProcess(["x"], env={}, folder=tmp_path / "nowhere", log=tmp_path / "log")


def test_windows_is_told_to_do_it_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(UsageError, match="Linux and macOS only"):
        process(tmp_path, "")


def test_no_file_descriptor_is_left_open(tmp_path: Path) -> None:
    before = len(os.listdir("/dev/fd"))
    for _ in range(3):
        process(tmp_path, "").stop()
    assert len(os.listdir("/dev/fd")) == before
