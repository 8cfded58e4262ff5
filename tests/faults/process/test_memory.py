from __future__ import annotations

import pytest

from seatrial.core.errors import UsageError
from seatrial.faults.process import memory
from seatrial.faults.process.memory import ProcessMemory
from seatrial.faults.process.registry import inject
from tests.faults.process.victims import COUNT, line, script, state

needs_stress = pytest.mark.skipif(bool(ProcessMemory.lacking()), reason=ProcessMemory.lacking() or "")


@needs_stress
def test_memory_is_held_until_it_ends() -> None:
    with script(COUNT) as victim:
        line(victim)
        with inject(victim.pid, "process.memory", {"size": "32MiB"}) as fault:
            workers = fault.workers()
            assert fault.witness.hits >= 28
        assert all(state(worker.pid) == "" for worker in workers)


@needs_stress
def test_more_than_there_is_is_refused() -> None:
    with script(COUNT) as victim:
        line(victim)
        too_much = f"{memory.available() // 2**20 + 1}MiB"
        with (
            pytest.raises(UsageError, match="MiB are there"),
            inject(victim.pid, "process.memory", {"size": too_much}),
        ):
            pass
