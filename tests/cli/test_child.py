"""The pytest child: an empty root, its events, its end."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from seatrial.cli.child import Child, Tail

WRITES = """
import json, os, sys, time
from pathlib import Path

def emit(path, name, **fields):
    with open(path, "a") as file:
        file.write(json.dumps({"event": name, "t": 0, **fields}) + "\\n")

def test_it():
    journal = Path(__file__).with_name("journal.ndjson")
    emit(journal, "journal", schema="seatrial.journal/1", pid=os.getpid())
    %s
    emit(journal, "finish")
"""


def suite(folder: Path, body: str = "pass") -> str:
    (folder / "test_writes.py").write_text(WRITES % body, "utf-8")
    return str(folder / "test_writes.py")


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{pid}/stat").read_text("utf-8").split()[2] == "Z"


def test_events_are_told_until_it_ends(tmp_path: Path) -> None:
    with Child([suite(tmp_path)], tmp_path / "log") as child:
        events = list(child.events(tmp_path / "journal.ndjson"))
    assert [event["event"] for event in events] == ["journal", "finish"]
    assert child.returncode == 0
    assert "1 passed" in child.last_words()


def test_nothing_of_the_user_s_configuration_applies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTEST_ADDOPTS", "--collect-only")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --collect-only\n", "utf-8")
    (tmp_path / "conftest.py").write_text("raise RuntimeError('not yours to load')\n", "utf-8")
    inside = tmp_path / "apart"
    inside.mkdir()
    with Child(["--confcutdir", str(inside), suite(inside)], tmp_path / "log") as child:
        assert [event["event"] for event in child.events(inside / "journal.ndjson")] == ["journal", "finish"]
    told = child.log.read_text("utf-8")
    root = Path(told.partition("rootdir: ")[2].split()[0])
    assert "configfile: " in told
    assert not root.is_relative_to(tmp_path)
    assert not root.exists()


def test_an_interrupt_is_heard_once_and_given_time(tmp_path: Path) -> None:
    body = """
    try:
        time.sleep(60)
    except KeyboardInterrupt:
        emit(journal, "reverted")
        raise"""
    with Child([suite(tmp_path, body)], tmp_path / "log") as child:
        for event in child.events(tmp_path / "journal.ndjson"):
            if event["event"] == "journal":
                time.sleep(0.2)  # until it sleeps
                child.interrupt()
    events = Tail(tmp_path / "journal.ndjson").read()
    assert [event["event"] for event in events] == ["journal", "reverted"]
    assert child.returncode == 2


def test_nothing_survives_the_block(tmp_path: Path) -> None:
    body = """
    import signal, subprocess
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    emit(journal, "child", pid=subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]).pid)
    time.sleep(60)"""
    pids = []
    with Child([suite(tmp_path, body)], tmp_path / "log") as child:
        for event in child.events(tmp_path / "journal.ndjson"):
            pids.append(event["pid"])
            if event["event"] == "child":
                break
    assert len(pids) == 2
    assert child.returncode == -9
    deadline = time.monotonic() + 5
    while not all(map(gone, pids)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert all(map(gone, pids))


def test_a_tail_gives_whole_lines_once(tmp_path: Path) -> None:
    tail = Tail(tmp_path / "journal.ndjson")
    assert tail.read() == []
    file = (tmp_path / "journal.ndjson").open("ab", buffering=0)
    with file:
        file.write(b'{"event":"a"}\n{"event":"b')
        assert [event["event"] for event in tail.read()] == ["a"]
        assert tail.read() == []
        file.write(b'"}\nnot json\n{"event":"c"}\n')
        assert [event["event"] for event in tail.read()] == ["b", "c"]
