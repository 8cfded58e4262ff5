from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest

from seatrial.core.errors import HarnessError
from seatrial.faults.process.registry import inject
from seatrial.systems.readiness import status_of
from seatrial.systems.runner import System
from tests.faults.process.victims import CHILD, COUNT, line, script, state
from tests.systems.servers import recipe


def test_forward_progress_stops_and_goes_on() -> None:
    with script(COUNT) as victim:
        assert line(victim) == "tick"
        with inject(victim.pid, "process.stop") as fault:
            assert state(victim.pid) == "T"
            assert fault.witness.hits == 1
            os.set_blocking(victim.stdout.fileno(), False)  # type: ignore[union-attr]
            before = Path(f"/proc/{victim.pid}/stat").read_text()
            threading.Event().wait(0.1)
            assert Path(f"/proc/{victim.pid}/stat").read_text().split()[13:15] == before.split()[13:15]
            os.set_blocking(victim.stdout.fileno(), True)  # type: ignore[union-attr]
        assert state(victim.pid) in "RS"
        assert [line(victim) for _ in range(40)] == ["tick"] * 40
        assert fault.witness.first is not None
        assert fault.witness.last is not None
        assert fault.witness.first <= fault.witness.last


def test_children_stand_still_too() -> None:
    with script(CHILD) as victim:
        child = int(line(victim))
        with inject(victim.pid, "process.stop") as fault:
            assert (state(victim.pid), state(child)) == ("T", "T")
            assert fault.witness.hits == 2
        assert state(child) == "S"


def test_a_system_of_a_recipe_hangs_and_serves_again() -> None:
    with System(recipe("serve()")) as system:
        url = f"{system.uri}/"
        with inject(system, "process.stop") as fault:
            assert status_of(url) == 0  # the kernel still takes the connection, nobody answers
            assert system.alive
        assert status_of(url) == 200
        assert fault.witness.hits == 1


def test_who_is_woken_by_somebody_else_is_told() -> None:
    with script(COUNT) as victim:
        line(victim)
        with (
            pytest.raises(HarnessError, match=r"did not last: .* woken by somebody else"),
            inject(victim.pid, "process.stop"),
        ):
            os.kill(victim.pid, signal.SIGCONT)


def test_a_victim_that_a_supervisor_killed_meanwhile_is_no_trouble() -> None:
    with script(COUNT) as victim:
        line(victim)
        with inject(victim.pid, "process.stop") as fault:
            os.kill(victim.pid, signal.SIGKILL)
            victim.wait()
        assert fault.witness.hits == 1
