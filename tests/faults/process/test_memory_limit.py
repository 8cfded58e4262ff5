from __future__ import annotations

import resource
from pathlib import Path

import pytest

from seatrial.core.errors import UsageError
from seatrial.faults.process import cgroup
from seatrial.faults.process.registry import inject
from seatrial.faults.process.victim import Victim
from tests.faults.process.victims import ask, script

TAKE = """
import sys
kept = []
for line in sys.stdin:
    try:
        kept.append(bytearray(b"x") * (int(line) << 20))
        print("had", flush=True)
    except MemoryError:
        print("refused", flush=True)
"""


def test_allocations_fail_until_it_ends() -> None:
    with script(TAKE) as victim:
        assert ask(victim, "1") == "had"
        before = resource.prlimit(victim.pid, resource.RLIMIT_AS)
        with inject(victim.pid, "process.memory_limit", {"room": "8MiB"}) as fault:
            assert ask(victim, "64") == "refused"
            assert fault.witness.hits == 1
        assert resource.prlimit(victim.pid, resource.RLIMIT_AS) == before
        assert ask(victim, "64") == "had"


@pytest.mark.root
def test_the_kernel_kills_in_a_control_group_that_is_gone_afterwards() -> None:
    with script(TAKE) as victim:
        assert ask(victim, "1") == "had"
        if not cgroup.possible(victim.pid):
            pytest.skip("no control group with a memory limit can be made here")
        before = cgroup.of(victim.pid)
        with inject(victim.pid, "process.memory_limit", {"room": "16MiB", "how": "cgroup"}) as fault:
            assert fault.witness.hits == 0
            inside = cgroup.of(victim.pid)
            assert inside != before
            assert inside is not None
            assert victim.stdin is not None
            victim.stdin.write("256\n")
            victim.stdin.flush()
            assert victim.wait() == -9
            assert fault.witness.hits > 0
        assert not inside.exists()


@pytest.mark.root
def test_who_survives_goes_back_to_its_old_group() -> None:
    with script(TAKE) as victim:
        if not cgroup.possible(victim.pid):
            pytest.skip("no control group with a memory limit can be made here")
        before = cgroup.of(victim.pid)
        with inject(victim.pid, "process.memory_limit", {"room": "64MiB", "how": "cgroup"}):
            assert cgroup.of(victim.pid) != before
        assert cgroup.of(victim.pid) == before


@pytest.mark.root
def test_a_group_that_was_named_gets_its_own_limit_back() -> None:
    with script(TAKE) as victim:
        near = cgroup.of(victim.pid)
        group = cgroup.make(near, cgroup.new_name()) if near else None
        if group is None:
            pytest.skip("no control group with a memory limit can be made here")
        try:
            (group.path / "cgroup.procs").write_text(str(victim.pid))
            before = group.limit
            with inject(group.path, "process.memory_limit", {"room": "32MiB"}):
                assert int(group.limit) <= group.usage + (32 << 20)
            assert group.limit == before
        finally:
            victim.kill()
            victim.wait()
            group.path.rmdir()


def test_what_is_no_control_group_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is no control group"):
        Victim.of(tmp_path)
