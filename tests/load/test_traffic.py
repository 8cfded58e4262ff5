from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from seatrial.core.errors import HarnessError
from seatrial.core.exchange import ErrorKind, Exchange, Usage
from seatrial.core.objective import Objective
from seatrial.core.outcome import Outcome
from seatrial.core.risk import Risk
from seatrial.load.budget import Budget, Prices
from seatrial.load.closed_loop import ClosedLoop
from seatrial.load.ledger import Ledger
from seatrial.load.traffic import Traffic
from seatrial.targets.client import clock

QUICK = Risk(bursts_up_to=None, min_duration=0.03, segments=3, pause=0.002)
AVAILABILITY = Objective(indicator="availability", target="90%", traffic="steady")


class Target:
    """Answers after a while that depends on the request's number; counts what is in flight."""

    def __init__(self, *, slow_every: int = 0, fail: bool = False) -> None:
        self.slow_every, self.fail = slow_every, fail
        self.flying = self.most = 0
        self.asked: list[int] = []
        self.closed = self.breaks = False
        self.tasks: set[Any] = set()

    async def connect(self) -> Target:
        return self

    def begin(self, prompt: int, then: Callable[[Exchange], None], **when: Any) -> None:
        failed = when.pop("failed")
        if self.breaks:
            failed(HarnessError("no file descriptor is left"))
            return
        task = asyncio.ensure_future(self._exchange(prompt, then, **when))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _exchange(
        self, prompt: int, then: Callable[[Exchange], None], index: int, intended: float, zero: float
    ) -> None:
        self.asked.append(prompt)
        self.flying += 1
        self.most = max(self.most, self.flying)
        slow = self.slow_every and index % self.slow_every == 0
        await asyncio.sleep(0.02 if slow else 0.0005)
        self.flying -= 1
        done = clock() - zero
        exchange = Exchange(
            index,
            intended,
            intended,
            done,
            first_chunk=done,
            status=200,
            received=40,
            error=ErrorKind.RESET if self.fail else None,
            usage=Usage(10, 5),
            prompt=prompt,
        )
        then(exchange)

    async def close(self) -> None:
        self.closed = True


@pytest.fixture
def events() -> list[dict[str, Any]]:
    return []


@pytest.fixture
def made() -> Iterator[list[Traffic]]:
    traffics: list[Traffic] = []
    yield traffics
    for traffic in traffics:
        traffic.close()


def traffic_to(target: Target, events: list[dict[str, Any]], made: list[Traffic], **changes: Any) -> Traffic:
    ledger = Ledger(
        "steady",
        lambda event, **fields: events.append({"event": event} | fields),
        opening={"target": "bot"},
        objectives=[AVAILABILITY],
        prompt_text=lambda number: f"prompt {number}",
    )
    options: dict[str, Any] = {
        "arrivals": ClosedLoop(4),
        "budget": Budget(requests=400),
        "risk": QUICK,
        "seed": 1,
        "warmup": 3,
        "ledger": ledger,
    }
    made.append(Traffic("steady", target.connect, 8, **(options | changes)))
    return made[-1]


def test_it_stops_as_soon_as_the_objective_is_decided(
    events: list[dict[str, Any]], made: list[Traffic]
) -> None:
    target = Target()
    traffic = traffic_to(target, events, made, budget=Budget(requests=100_000))
    verdict = AVAILABILITY.judge(traffic)
    assert verdict
    assert len(traffic.log) < 50_000
    assert traffic.segments >= 3
    assert traffic.span >= 0.03
    assert target.most == 4
    sent = len(target.asked)
    assert Objective(indicator="availability", target="80%").judge(traffic)
    assert len(target.asked) == sent, "a second objective is judged on what is there"


def test_exchanges_enter_in_the_order_they_were_sent(
    events: list[dict[str, Any]], made: list[Traffic]
) -> None:
    traffic = traffic_to(Target(slow_every=5), events, made, budget=Budget(requests=60))
    traffic.extend(lambda: False)
    assert len(traffic.log) == 60
    assert (traffic.log.duration()[::5] > 0.015).all()
    assert list(traffic.log.intended()) == sorted(traffic.log.intended())


def test_the_budget_ends_it(events: list[dict[str, Any]], made: list[Traffic]) -> None:
    traffic = traffic_to(Target(), events, made, budget=Budget(requests=50))
    verdict = Objective(indicator="availability", target="99.9%").judge(traffic)
    assert len(traffic.log) == 50
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "the budget of 50 requests is spent" in verdict.reason


def test_money_ends_it_too(events: list[dict[str, Any]], made: list[Traffic]) -> None:
    traffic = traffic_to(
        Target(), events, made, budget=Budget(cost=0.5), prices=Prices(input=1e-3, output=2e-3)
    )
    traffic.extend(lambda: False)
    assert 0.5 <= traffic.cost <= 0.5 + 4 * 0.02
    assert "$0.5" in str(traffic.stopped)


def test_time_ends_it_too(events: list[dict[str, Any]], made: list[Traffic]) -> None:
    traffic = traffic_to(Target(), events, made, budget=Budget(duration=0.05))
    traffic.extend(lambda: False)
    assert traffic.span >= 0.05
    assert "50 ms" in str(traffic.stopped)


def test_the_warm_up_is_no_evidence(events: list[dict[str, Any]], made: list[Traffic]) -> None:
    target = Target()
    traffic = traffic_to(target, events, made, budget=Budget(requests=10))
    traffic.extend(lambda: False)
    assert len(traffic.log) == 10
    assert len(target.asked) == 13
    assert sum(len(event["intended"]) for event in events if event["event"] == "warmup") == 3


def test_the_seed_reproduces_the_order_of_the_prompts(
    events: list[dict[str, Any]], made: list[Traffic]
) -> None:
    orders = []
    for seed in (1, 1, 2):
        target = Target()
        one_by_one = ClosedLoop(1)
        traffic_to(target, events, made, seed=seed, budget=Budget(requests=40), arrivals=one_by_one).extend(
            lambda: False
        )
        orders.append(target.asked)
    assert orders[0] == orders[1] != orders[2]
    assert sorted(orders[0][:8]) == list(range(8)), "each prompt once before any comes again"


@pytest.mark.parametrize("counts", [[1] * 40, [40], [0, 3, 17, 20], [7, 14, 19]])
def test_many_prompts_are_drawn_as_one_by_one(
    counts: list[int], events: list[dict[str, Any]], made: list[Traffic]
) -> None:
    one, many = (traffic_to(Target(), events, made) for _ in range(2))
    expected = [one._draw() for _ in range(sum(counts))]
    assert [prompt for count in counts for prompt in many._draw_all(count)] == expected


def test_the_journal_holds_every_exchange_and_the_first_bad_ones_whole(
    events: list[dict[str, Any]], made: list[Traffic]
) -> None:
    traffic = traffic_to(Target(fail=True), events, made)
    verdict = AVAILABILITY.judge(traffic)
    assert verdict.outcome is Outcome.FAILED
    batches = [event for event in events if event["event"] == "exchanges"]
    assert sum(len(event["duration"]) for event in batches) == len(traffic.log)
    assert [event["first"] for event in batches] == sorted({event["first"] for event in batches})
    whole = [event for event in events if event["event"] == "exchange"]
    assert [event["index"] for event in whole] == [0, 1, 2]
    assert whole[0]["why"] == "bad for availability"
    assert whole[0]["exchange"]["asked"].startswith("prompt ")
    assert next(event for event in events if event["event"] == "traffic")["target"] == "bot"
    assert events[-1]["event"] == "verdict"


def test_an_interrupt_keeps_what_was_measured(events: list[dict[str, Any]], made: list[Traffic]) -> None:
    traffic = traffic_to(Target(), events, made, budget=Budget(requests=1_000_000))

    def interrupt() -> bool:
        if len(traffic.log) > 20:
            raise KeyboardInterrupt
        return False

    with pytest.raises(KeyboardInterrupt):
        traffic.extend(interrupt)
    assert traffic.stopped == "interrupted"
    assert sum(len(event["duration"]) for event in events if event["event"] == "exchanges") == len(
        traffic.log
    )


def test_connections_are_given_back(events: list[dict[str, Any]], made: list[Traffic]) -> None:
    target = Target()
    traffic = traffic_to(target, events, made, budget=Budget(requests=5))
    traffic.extend(lambda: False)
    traffic.close()
    traffic.close()
    assert target.closed


def test_harness_trouble_ends_it_and_is_told(events: list[dict[str, Any]], made: list[Traffic]) -> None:
    target = Target()
    target.breaks = True
    with pytest.raises(HarnessError, match="no file descriptor"):
        AVAILABILITY.judge(traffic_to(target, events, made))


def test_how_punctual_the_generator_was_is_in_the_journal(
    events: list[dict[str, Any]], made: list[Traffic]
) -> None:
    AVAILABILITY.judge(traffic_to(Target(), events, made))
    told = next(event for event in events if event["event"] == "generator")
    assert told["p99"] == 0.0, "a closed loop has no schedule to be late for"
    assert 0 <= told["loop_p99"] < 1
