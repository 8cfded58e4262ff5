from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from seatrial.core.errors import UsageError
from seatrial.faults.process.dns import ProcessDns
from seatrial.faults.process.names import OwnNames
from seatrial.faults.process.registry import inject
from tests.faults.process.victims import COUNT, ask, line, script, with_group_killed

LACKING = ProcessDns.lacking() or OwnNames.lacking()
pytestmark = pytest.mark.skipif(bool(LACKING), reason=LACKING or "")
LOOK = """
import socket, sys
for line in sys.stdin:
    try:
        print(socket.getaddrinfo(line.strip(), 80)[0][4][0], flush=True)
    except socket.gaierror as error:
        print(error.errno == socket.EAI_AGAIN, flush=True)
"""


@pytest.fixture
def looker() -> Iterator[subprocess.Popen[str]]:
    with OwnNames({"primary.test": "127.0.0.9", "secondary.test": "127.0.0.8"}) as own:
        started = subprocess.Popen(
            [*own.enter, sys.executable, "-c", LOOK],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            process_group=0,
        )
        try:
            assert ask(started, "primary.test") == "127.0.0.9"
            yield started
        finally:
            with_group_killed(started)


def test_names_stop_resolving_for_a_running_system(looker: subprocess.Popen[str]) -> None:
    with inject(looker.pid, "process.dns") as fault:
        assert ask(looker, "primary.test") == "True"
        assert ask(looker, "secondary.test") == "True"
        assert fault.witness.hits == 2
    assert ask(looker, "primary.test") == "127.0.0.9"


def test_one_name_fails_and_the_other_does_not(looker: subprocess.Popen[str]) -> None:
    with inject(looker.pid, "process.dns", {"host": "primary.*"}):
        assert ask(looker, "primary.test") == "True"
        assert ask(looker, "secondary.test") == "127.0.0.8"


def test_a_name_that_is_none_of_its_own_is_told(looker: subprocess.Popen[str]) -> None:
    with (
        pytest.raises(UsageError, match=r"no name of .* matches 'other'"),
        inject(looker.pid, "process.dns", {"host": "other"}),
    ):
        pass


def test_who_has_no_names_of_its_own_is_left_alone() -> None:
    with script(COUNT) as victim:
        line(victim)
        with pytest.raises(UsageError, match="has no names of its own"), inject(victim.pid, "process.dns"):
            pass
