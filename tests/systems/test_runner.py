from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from seatrial.core.errors import HarnessError, UsageError
from seatrial.systems import runner
from seatrial.systems.readiness import free_port, status_of
from seatrial.systems.recipe import load_recipe
from seatrial.systems.runner import System
from tests.systems.servers import SERVE, alive, children, gone, recipe

FAMILY = """
child("import time; time.sleep(600)")
child("import os, time; os.setsid(); time.sleep(600)")
serve()
"""


def test_a_system_serves_while_its_context_is_open_and_leaves_nothing() -> None:
    with System(recipe("serve()")) as system:
        assert system.alive
        assert status_of(system.uri) == 200
        assert system.protocol == "http-json"
        assert system.api_key is None
        assert "serving" in system.tail()
        pid, folder = system.pid, system.folder
    assert not system.alive
    assert gone(pid)
    assert not folder.exists()
    assert "serving" in system.tail()


def test_a_folder_of_the_users_is_kept_with_its_log(tmp_path: Path) -> None:
    with System(recipe("serve()"), folder=tmp_path / "run") as system:
        assert system.folder == tmp_path / "run"
    assert "serving" in (tmp_path / "run" / "tiny.log").read_text()


def test_arguments_environment_and_port_are_passed_on(tmp_path: Path) -> None:
    port = free_port()
    script = 'print(sys.argv[3:], os.environ["TINY"], os.getcwd()); serve()'
    with System(
        recipe(script), arguments=["--x", "1"], env={"TINY": "yes"}, port=port, folder=tmp_path
    ) as system:
        assert system.port == port
        assert f"['--x', '1'] yes {tmp_path}" in system.tail()


def test_a_key_is_made_for_each_start_and_kept_out_of_the_tail() -> None:
    made = recipe('print("key is", os.environ["KEY"]); serve()').model_copy(
        update={"env": {"KEY": "{api_key}"}}
    )
    provides = made.provides.model_copy(update={"api_key": "{api_key}"})
    systems = [System(made.model_copy(update={"provides": provides})) for _ in range(2)]
    keys = []
    for system in systems:
        with system:
            assert "key is [key]" in system.tail()
            keys.append(system.api_key)
    assert None not in keys
    assert keys[0] != keys[1]


def test_the_whole_family_goes_even_members_that_left_the_group() -> None:
    with System(recipe(FAMILY)) as system:
        family = [system.pid, *children(system.folder)]
        assert len(family) == 3
        assert all(map(alive, family))
    if sys.platform == "linux":
        assert gone(*family)
    else:
        assert gone(*family[:2])


def test_a_system_that_ignores_the_signal_is_killed_after_the_grace() -> None:
    stubborn = "signal.signal(signal.SIGTERM, signal.SIG_IGN); serve()"
    with System(recipe(stubborn, grace="200ms")) as system:
        pid = system.pid
    assert gone(pid)


def test_a_stopped_system_is_woken_to_end_in_good_order() -> None:
    polite = """
    def bye(*_):
        print("bye", flush=True)
        sys.exit(0)
    signal.signal(signal.SIGTERM, bye)
    serve()
    """
    with System(recipe(polite, grace="10s")) as system:
        os.kill(system.pid, signal.SIGSTOP)
    assert "bye" in system.tail()


def test_it_goes_when_the_test_fails() -> None:
    pids = []

    def failing() -> None:
        with System(recipe("serve()")) as system:
            pids.append(system.pid)
            raise ValueError("in the test")

    with pytest.raises(ValueError, match="in the test"):
        failing()
    assert gone(*pids)


def test_it_goes_when_the_start_is_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def interrupted(*_: object) -> bool:
        seen.append(system.pid)
        raise KeyboardInterrupt

    monkeypatch.setattr(runner, "wait_until_ready", interrupted)
    system = System(recipe("serve()"))
    with pytest.raises(KeyboardInterrupt):
        system.start()
    assert seen[0] > 0
    assert gone(*seen)
    assert not system.folder.exists()


def test_an_early_death_is_told_with_the_end_of_the_log() -> None:
    with pytest.raises(HarnessError) as error:
        System(recipe('print("no such weights"); sys.exit(7)')).start()
    assert "'tiny' ended with code 7 before it served" in str(error.value)
    assert "no such weights" in str(error.value)


def test_a_death_by_a_signal_is_told() -> None:
    with pytest.raises(HarnessError, match="code 137"):
        System(recipe("os.kill(os.getpid(), signal.SIGKILL)")).start()


def test_a_program_that_does_not_exist_is_told() -> None:
    with pytest.raises(HarnessError) as error:
        System(recipe("serve()", python="/no/such/python")).start()
    assert "cannot start /no/such/python" in str(error.value)


@pytest.mark.parametrize(
    "script", ["time.sleep(600)", "status = lambda: 503\nserve()"], ids=["silent", "unwell"]
)
def test_a_system_that_never_serves_is_told_and_killed(script: str) -> None:
    system = System(recipe(script, timeout="1s"))
    with pytest.raises(HarnessError, match="did not serve within 1 s"):
        system.start()
    assert system.pid == 0


def test_a_port_that_was_taken_meanwhile_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as rival:
        rival.bind(("127.0.0.1", 0))
        rival.listen()
        ports = iter([rival.getsockname()[1], free_port()])
        monkeypatch.setattr(runner, "free_port", lambda: next(ports))
        with System(recipe("serve()")) as system:
            assert system.port != rival.getsockname()[1]
            assert status_of(system.uri) == 200


def test_a_port_that_was_asked_for_is_not_replaced() -> None:
    with socket.socket() as rival:
        rival.bind(("127.0.0.1", 0))
        rival.listen()
        with pytest.raises(HarnessError, match=r"(?i)address already in use"):
            System(recipe("serve()"), port=rival.getsockname()[1]).start()


def test_a_system_can_be_killed() -> None:
    with System(recipe(FAMILY)) as system:
        family = [system.pid, *children(system.folder)]
        system.kill()
        assert not system.alive
        assert gone(*family[:2])


def test_a_death_in_the_middle_is_seen() -> None:
    with System(recipe("serve()")) as system:
        os.kill(system.pid, signal.SIGKILL)
        assert gone(system.pid)
        while system.alive:  # the guardian collects it
            time.sleep(0.01)
    assert system.pid == 0


def test_what_the_machine_lacks_is_told_before_anything_starts() -> None:
    lacking = load_recipe("reference")
    requires = lacking.requires.model_copy(update={"modules": ("no_such_module",)})
    with pytest.raises(UsageError, match="no_such_module"):
        System(lacking.model_copy(update={"requires": requires})).start()


HARNESS = """
import os, sys, time
from pathlib import Path
from tests.systems.servers import children, recipe
from seatrial.systems.runner import System

system = System(recipe(sys.argv[1])).start()
print(system.pid, *children(system.folder), system.folder, flush=True)
{end}
"""


@pytest.mark.parametrize(
    "end",
    ["time.sleep(600)", "os._exit(1)", "sys.exit(0)", "raise ValueError"],
    ids=["SIGKILL", "_exit", "exit", "error"],
)
def test_nothing_is_left_however_the_harness_ends(end: str, tmp_path: Path) -> None:
    script = tmp_path / "harness.py"
    script.write_text(HARNESS.replace("{end}", end))
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, str(script), textwrap.dedent(FAMILY)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(root)},
        text=True,
    ) as harness:
        assert harness.stdout is not None
        *pids, _folder = harness.stdout.readline().split()
        if "sleep" in end:
            harness.kill()
    family = [int(pid) for pid in pids]
    assert len(family) == 3
    assert gone(*(family if sys.platform == "linux" else family[:2]))


def test_the_scripts_need_nothing_but_python() -> None:
    compile(SERVE, "serve", "exec")


def test_a_system_that_died_is_started_again_on_its_port_and_with_its_files() -> None:
    with System(recipe("open(folder + '/starts', 'a').write('x')\nserve()")) as system:
        port, folder, pid = system.port, system.folder, system.pid
        with pytest.raises(HarnessError, match="runs and is not started again"):
            system.again()
        os.kill(pid, signal.SIGKILL)
        assert gone(pid)
        while system.alive:
            time.sleep(0.01)
        assert system.again().alive
        assert (system.port, system.folder, system.pid != pid) == (port, folder, True)
        assert (folder / "starts").read_text() == "xx"
    with pytest.raises(HarnessError, match="is not there to be started again"):
        system.again()
