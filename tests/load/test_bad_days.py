"""A target that refuses half-way, and a full disk, with our engine in one process: all is counted and told.

The same with several processes is in test_processes.py, with Locust in locust/test_traffic.py and in the
tests of `seatrial load`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from seatrial.core.errors import HarnessError
from seatrial.core.exchange import ErrorKind
from seatrial.core.objective import Objective
from seatrial.core.outcome import Outcome
from seatrial.core.risk import Risk
from seatrial.load.arrivals import Profile, Schedule, poisson
from seatrial.load.budget import Budget
from seatrial.load.closed_loop import ClosedLoop
from seatrial.load.ledger import Ledger
from seatrial.load.open_loop import OpenLoop
from seatrial.load.prompts import PromptSet
from seatrial.load.sender import PromptSender
from seatrial.load.traffic import Arrivals, Sender, Traffic
from seatrial.targets.client import Client
from seatrial.targets.config import TargetConfig
from seatrial.targets.wire import Prompt
from tests.load.echo import Echo

Events = list[dict[str, Any]]

QUICK = Risk(bursts_up_to=None, min_duration=0.1, segments=2, pause=0.01)
AVAILABLE = Objective(indicator="availability", target="90%", traffic="t")
LOOPS: dict[str, Callable[[], Arrivals]] = {
    "closed": lambda: ClosedLoop(4),
    "open": lambda: OpenLoop(Schedule(Profile.constant(400.0), poisson, [3]), lambda late: None),
}


class Falling(Echo):
    """Refuses and cuts connections from its eightieth request on."""

    def delay(self) -> float:
        if len(self.asked) == 80:
            self.close()
        return 0.0


@pytest.fixture
def made() -> Iterator[list[Traffic]]:
    traffics: list[Traffic] = []
    yield traffics
    for traffic in traffics:
        traffic.close()


def make(
    uri: str, loop: str, made: list[Traffic], record: Callable[..., None], requests: int = 200
) -> Traffic:
    prompts = PromptSet("p", tuple(Prompt.of(f"prompt {number}") for number in range(5)), "")

    async def connect() -> Sender:
        return PromptSender(Client(TargetConfig(uri=uri, model="small"), connections=4), prompts, stream=True)

    ledger = Ledger("t", record, objectives=[AVAILABLE])
    budget = Budget(requests=requests)
    made.append(
        Traffic("t", connect, 5, arrivals=LOOPS[loop](), budget=budget, risk=QUICK, seed=1, ledger=ledger)
    )
    return made[-1]


@pytest.mark.parametrize("loop", LOOPS)
def test_a_target_that_refuses_half_way_is_measured_to_the_end(loop: str, made: list[Traffic]) -> None:
    events: Events = []

    def record(event: str, **fields: Any) -> None:
        events.append({"event": event} | fields)

    with Falling() as target:
        traffic = make(target.uri, loop, made, record)
        traffic.extend(lambda: False)
    assert traffic.counts == (200, 200)
    told = [event for event in events if event["event"] == "exchanges"]
    assert sum(len(event["intended"]) for event in told) == len(traffic.log) == 200
    errors = traffic.log.errors()
    assert 70 < errors.count(None) < 90
    assert ErrorKind.CONNECT in errors
    assert len([event for event in events if event["event"] == "exchange"]) == 3
    assert AVAILABLE.judge(traffic).outcome is Outcome.FAILED


@pytest.mark.parametrize("loop", LOOPS)
def test_a_full_disk_ends_it_and_gives_everything_back(loop: str, made: list[Traffic]) -> None:
    def full(event: str, **fields: Any) -> None:
        if event == "exchanges":
            raise HarnessError("the journal cannot be written (No space left on device)")

    with Echo() as target:
        before = threading.active_count()
        traffic = make(target.uri, loop, made, full, 10_000)
        with pytest.raises(HarnessError, match="No space left"):
            traffic.extend(lambda: False)
        assert traffic.stopped == "interrupted", "nothing more is sent"
        traffic.close()
        assert threading.active_count() <= before
