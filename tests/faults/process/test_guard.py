from __future__ import annotations

import os
import signal
from typing import Any

import pytest

from seatrial.core.errors import HarnessError
from seatrial.faults.process.base import ProcessFault
from seatrial.faults.process.guard import Guard
from seatrial.faults.process.registry import inject
from tests.faults.process.victims import COUNT, line, script, soon, state


def test_nothing_is_injected_without_a_watchdog(monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(self: Guard, step: dict[str, object]) -> None:
        os.kill(self.pid, signal.SIGKILL)
        assert soon(lambda: state(self.pid) == "Z")
        arm(self, step)

    arm = Guard.arm
    with script(COUNT) as victim:
        line(victim)
        monkeypatch.setattr(Guard, "arm", killed)
        with pytest.raises(HarnessError, match="watchdog of faults"), inject(victim.pid, "process.stop"):
            pass
        assert line(victim) == "tick"


def kill_the_guard(fault: ProcessFault[Any]) -> None:
    assert fault._guard is not None
    pid = fault._guard.pid
    os.kill(pid, signal.SIGKILL)
    assert soon(lambda: state(pid) == "Z")


def test_a_watchdog_that_dies_meanwhile_is_told_and_all_is_reverted() -> None:
    with script(COUNT) as victim:
        line(victim)
        fault = inject(victim.pid, "process.stop")
        with pytest.raises(HarnessError, match="had ended before its time"), fault:
            kill_the_guard(fault)
        assert state(victim.pid) in "RS"


def test_what_cannot_be_undone_is_told(tmp_path: object) -> None:
    guard = Guard()
    guard.arm({"do": "unlink", "path": str(tmp_path)})
    assert guard.undo() == [{"do": "unlink", "path": str(tmp_path)}]
    with pytest.raises(HarnessError, match="could not be undone"):
        guard.end()


def test_it_undoes_the_last_first() -> None:
    with script(COUNT) as victim:
        line(victim)
        guard = Guard()
        guard.arm({"do": "write", "path": "/nowhere/at/all", "text": ""})
        assert guard.undo() == []
        guard.end()
