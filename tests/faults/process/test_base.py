from __future__ import annotations

import signal

import pytest

from seatrial.core.errors import HarnessError
from seatrial.faults.process import proc, watchdog
from seatrial.faults.process.proc import Process
from seatrial.faults.process.registry import inject
from seatrial.faults.process.stop import ProcessStop
from tests.faults.process.victims import COUNT, line, script, state


def test_a_fault_that_did_not_take_is_told_and_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ProcessStop, "patience", 0.05)
    monkeypatch.setattr(proc.Process, "signal", lambda self, number: None)
    with script(COUNT) as victim:
        line(victim)
        with (
            pytest.raises(HarnessError, match=r"did not take: .* are not stopped"),
            inject(victim.pid, "process.stop"),
        ):
            pytest.fail("the body of a fault that did not take must not run")
        assert line(victim) == "tick"


def test_a_fault_that_did_not_revert_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ProcessStop, "patience", 0.05)
    with script(COUNT) as victim:
        line(victim)
        fault = inject(victim.pid, "process.stop")
        with monkeypatch.context() as broken:
            with pytest.raises(HarnessError, match=r"did not revert: .* are still stopped"), fault:
                broken.setitem(watchdog.UNDO, "signal", lambda step: None)
            assert state(victim.pid) == "T"
        Process(victim.pid, watchdog.started(victim.pid) or 0).signal(signal.SIGCONT)
        assert line(victim) == "tick"


def test_an_error_in_the_body_is_the_bodys_and_the_fault_is_taken_back() -> None:
    with script(COUNT) as victim:
        line(victim)
        with pytest.raises(KeyError), inject(victim.pid, "process.stop"):
            raise KeyError("the body's")
        assert line(victim) == "tick"


def test_the_witness_of_a_fault_that_was_not_entered_is_empty() -> None:
    with script(COUNT) as victim:
        line(victim)
        fault = inject(victim.pid, "process.stop", name="hang")
        assert (fault.name, fault.witness.hits, fault.witness.first, fault.witness.last) == (
            "hang",
            0,
            None,
            None,
        )
        with fault:
            pass
        assert fault.witness.hits == 1
        with fault:  # and it can be entered again
            assert state(victim.pid) == "T"
        assert fault.witness.hits == 1
