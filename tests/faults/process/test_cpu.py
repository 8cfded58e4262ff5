from __future__ import annotations

import pytest

from seatrial.core.errors import HarnessError, UsageError
from seatrial.faults.process import stress
from seatrial.faults.process.cpu import ProcessCpu
from seatrial.faults.process.registry import inject
from tests.faults.process.victims import COUNT, line, script, state

needs_stress = pytest.mark.skipif(bool(ProcessCpu.lacking()), reason=ProcessCpu.lacking() or "")


@needs_stress
def test_a_worker_uses_cpu_time_and_is_gone_afterwards() -> None:
    with script(COUNT) as victim:
        line(victim)
        with inject(victim.pid, "process.cpu", {"workers": 1, "load": "30%"}) as fault:
            workers = fault.workers()
            assert [stress.name(worker)[:13] for worker in workers] == ["stress-ng-cpu"]
            assert fault.witness.hits == 1
        assert [state(worker.pid) for worker in workers] == [""]


@needs_stress
def test_a_worker_that_somebody_killed_is_told() -> None:
    with script(COUNT) as victim:
        line(victim)
        fault = inject(victim.pid, "process.cpu", {"workers": 1, "load": "1%"})
        with pytest.raises(HarnessError, match="did not last: only 0 of 1 workers"), fault:
            fault._running.kill()  # type: ignore[attr-defined]


def test_without_stress_ng_it_is_told_and_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stress, "PROGRAM", "no-such-program")
    with script(COUNT) as victim:
        with (
            pytest.raises(UsageError, match="there is no no-such-program"),
            inject(victim.pid, "process.cpu"),
        ):
            pass
        assert line(victim) == "tick"


@needs_stress
def test_a_stress_ng_that_does_not_run_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ProcessCpu, "options", lambda _: ["--no-such-option"])
    with script(COUNT) as victim:
        line(victim)
        with (
            pytest.raises(HarnessError, match="stress-ng ended with code"),
            inject(victim.pid, "process.cpu"),
        ):
            pass
