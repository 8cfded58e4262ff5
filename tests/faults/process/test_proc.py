from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from seatrial.core.errors import UsageError
from seatrial.faults.process import proc
from seatrial.faults.process.guard import Guard
from seatrial.faults.process.proc import Process, refuse, tree
from tests.faults.process.victims import CHILD, COUNT, line, script


@pytest.mark.parametrize(
    ("pid", "why"),
    [
        (1, "the system's first process"),
        (0, "a number above 1"),
        (-1, "a number above 1"),
        (os.getpid(), "the harness itself"),
        (os.getppid(), "the harness runs below it|the system's first process"),
        (2**22 + 1, "there is no such process"),
    ],
    ids=["first", "zero", "group", "self", "parent", "nobody"],
)
def test_what_is_never_touched(pid: int, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        refuse(pid, "it")


def test_another_users_process_is_never_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    with script(COUNT) as victim:
        line(victim)
        refuse(victim.pid, "it")
        monkeypatch.setattr(os, "geteuid", lambda: 4711)
        with pytest.raises(UsageError, match="belongs to another user"):
            refuse(victim.pid, "it")


def test_a_thread_and_a_guard_are_never_touched() -> None:
    inside = threading.Event()
    thread = threading.Thread(target=inside.wait)
    thread.start()
    try:
        with pytest.raises(UsageError, match=r"a thread of another process|below it"):
            refuse(thread.native_id or 0, "it")
    finally:
        inside.set()
        thread.join()
    guard = Guard()
    try:
        with pytest.raises(UsageError, match="it guards a system or a fault"):
            refuse(guard.pid, "it")
    finally:
        guard.end()


def test_parts_of_the_kernel_are_never_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    with script(COUNT) as victim:
        line(victim)
        monkeypatch.setattr(proc, "stat", lambda _: ["S", "2"])
        with pytest.raises(UsageError, match="a part of the kernel"):
            refuse(victim.pid, "it")


def test_elsewhere_than_on_linux_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proc.sys, "platform", "darwin")
    with pytest.raises(UsageError, match="need Linux"):
        refuse(4711, "it")


def test_a_process_is_known_by_its_start() -> None:
    with script(CHILD) as victim:
        child = int(line(victim))
        found = tree(victim.pid)
        assert [process.pid for process in found] == [victim.pid, child]
        assert all(process.alive for process in found)
        assert found[0].resident > 1 << 20
        other = Process(victim.pid, found[0].start + 1)
        assert (other.alive, other.state, other.ticks, other.resident) == (False, "", 0, 0)
    assert not Path(f"/proc/{victim.pid}").exists()
