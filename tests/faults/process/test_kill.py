from __future__ import annotations

import os

from seatrial.faults.process.registry import inject
from seatrial.systems.readiness import status_of
from seatrial.systems.runner import System
from tests.faults.process.victims import CHILD, line, script, soon, state
from tests.systems.servers import recipe


def test_a_named_process_is_gone_with_its_children_and_stays_so() -> None:
    with script(CHILD) as victim:
        child = int(line(victim))
        with inject(victim.pid, "process.kill") as fault:
            assert state(victim.pid) == "Z"
            assert state(child) in ("", "Z")
            assert fault.witness.hits == 2
        assert victim.wait() == -9


def test_a_system_is_down_until_the_fault_ends_and_keeps_port_and_files() -> None:
    with System(recipe("open(folder + '/state', 'a').write('x')\nserve()")) as system:
        pid, port = system.pid, system.port
        with inject(system, "process.kill") as fault:
            assert not system.alive
            assert status_of(f"{system.uri}/") == 0
        assert (system.port, status_of(f"{system.uri}/")) == (port, 200)
        assert system.pid != pid
        assert (system.folder / "state").read_text() == "xx"
        assert fault.witness.hits == 1
        folder = system.folder
    assert not folder.exists()


def test_it_stays_down_where_that_was_asked_for() -> None:
    with System(recipe("serve()")) as system:
        with inject(system, "process.kill", {"again": False}):
            pass
        assert not system.alive


def test_a_gentle_signal_lets_it_finish() -> None:
    code = """
    import signal, sys, time
    signal.signal(15, lambda *_: sys.exit(7))
    print(1, flush=True)
    time.sleep(600)
    """
    with script(code) as victim:
        line(victim)
        with inject(victim.pid, "process.kill", {"signal": "TERM"}):
            assert soon(lambda: victim.poll() is not None)
        assert victim.returncode == 7
    assert not os.path.exists(f"/proc/{victim.pid}")
