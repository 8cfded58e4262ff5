from __future__ import annotations

import pytest

from seatrial.core.errors import HarnessError, UsageError
from seatrial.faults.process.registry import inject
from seatrial.systems.readiness import status_of
from seatrial.systems.runner import System
from tests.faults.process.victims import COUNT, line, script, soon
from tests.systems.servers import recipe


def test_it_comes_back_while_the_fault_lasts() -> None:
    with System(recipe("serve()")) as system:
        pid, port = system.pid, system.port
        with inject(system, "process.restart") as fault:
            assert soon(lambda: status_of(f"{system.uri}/") == 200)
            assert fault.witness.hits == 1
        assert system.alive
        assert (system.pid != pid, system.port) == (True, port)


def test_leaving_early_does_not_wait_for_the_whole_outage() -> None:
    with System(recipe("serve()")) as system:
        with inject(system, "process.restart", {"down_for": "10 h"}):
            assert not system.alive
            assert status_of(f"{system.uri}/") == 0
        assert status_of(f"{system.uri}/") == 200


def test_a_system_that_does_not_come_up_again_is_told() -> None:
    once = """
    if os.path.exists(folder + "/mark"):
        sys.exit("broken state")
    open(folder + "/mark", "w").close()
    serve()
    """
    with (
        System(recipe(once)) as system,
        pytest.raises(HarnessError, match="could not be started again"),
        inject(system, "process.restart"),
    ):
        pass


def test_what_no_recipe_started_cannot_be_restarted() -> None:
    with script(COUNT) as victim:
        line(victim)
        with (
            pytest.raises(UsageError, match="no recipe of ours started it"),
            inject(victim.pid, "process.restart"),
        ):
            pass
        assert line(victim) == "tick"
