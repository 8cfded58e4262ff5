from __future__ import annotations

import os
from pathlib import Path

import pytest

from seatrial.core.errors import UsageError
from seatrial.faults.process.victim import CGROUPS, Victim
from seatrial.systems.runner import System
from tests.faults.process.victims import CHILD, line, script
from tests.systems.servers import children, recipe


def test_a_system_stands_for_all_its_processes_orphans_too() -> None:
    orphan = 'child(\'import subprocess, sys; subprocess.Popen(["sleep", "600"], start_new_session=True)\')'
    with System(recipe(f"child('import time; time.sleep(600)')\n{orphan}\nserve()")) as system:
        victim = Victim.of(system)
        found = [process.pid for process in victim.processes()]
        assert found[0] == victim.leader.pid == system.pid
        assert children(system.folder)[0] in found
        names = [Path(f"/proc/{pid}/comm").read_text().strip() for pid in found]
        assert "sleep" in names
        assert victim.folder == system.folder


def test_a_system_that_does_not_run_is_told() -> None:
    with System(recipe("serve()")) as system:
        system._process.kill()  # type: ignore[union-attr]
        with pytest.raises(UsageError, match="tiny does not run"):
            Victim.of(system)


def test_a_process_may_stand_for_itself_alone() -> None:
    with script(CHILD) as named:
        line(named)
        assert len(Victim.of(named.pid).processes()) == 2
        assert len(Victim.of(named.pid, below=False).processes()) == 1


def test_our_own_process_and_the_group_we_are_in_are_refused() -> None:
    with pytest.raises(UsageError, match="the harness itself"):
        Victim.of(os.getpid())
    if any(CGROUPS.glob("*/cgroup.procs")):
        group = next(CGROUPS.glob("*/cgroup.procs")).parent
        with pytest.raises(UsageError, match=r"is not touched|does not run"):
            Victim.of(group)
