from __future__ import annotations

import resource

from seatrial.faults.process.fds import limit_for
from seatrial.faults.process.registry import inject
from tests.faults.process.victims import ask, script

OPEN = """
import os, sys
kept = []
for line in sys.stdin:
    try:
        kept.append(os.open("/dev/null", os.O_RDONLY))
        print("open", flush=True)
    except OSError as error:
        print(error.strerror, flush=True)
"""


def test_none_can_be_opened_until_it_ends() -> None:
    with script(OPEN) as victim:
        assert ask(victim, "") == "open"
        before = resource.prlimit(victim.pid, resource.RLIMIT_NOFILE)
        with inject(victim.pid, "process.fds") as fault:
            assert ask(victim, "") == "Too many open files"
            assert fault.witness.hits == 1
        assert resource.prlimit(victim.pid, resource.RLIMIT_NOFILE) == before
        assert ask(victim, "") == "open"


def test_so_many_are_left_as_were_asked_for() -> None:
    with script(OPEN) as victim:
        assert ask(victim, "") == "open"
        with inject(victim.pid, "process.fds", {"spare": 2}) as fault:
            assert [ask(victim, "") for _ in range(3)] == ["open", "open", "Too many open files"]
            assert fault.witness.hits == 1


def test_the_limit_counts_holes() -> None:
    assert limit_for({0, 1, 2}, 0) == 3
    assert limit_for({0, 1, 2, 9}, 2) == 5
    assert limit_for({0, 1, 2, 5}, 0) == 3
    assert limit_for(set(), 0) == 0


def test_children_born_under_the_limit_are_freed_too() -> None:
    code = """
    import subprocess, sys, time
    sys.stdin.readline()
    child = subprocess.Popen(["sleep", "600"], close_fds=False)
    print(child.pid, flush=True)
    sys.stdin.readline()
    """
    with script(code) as victim:
        with inject(victim.pid, "process.fds", {"spare": 20}):
            child = int(ask(victim, ""))
            low = resource.prlimit(child, resource.RLIMIT_NOFILE)
        now = resource.prlimit(child, resource.RLIMIT_NOFILE)
        assert now == resource.prlimit(victim.pid, resource.RLIMIT_NOFILE)
        assert low[0] < now[0]
