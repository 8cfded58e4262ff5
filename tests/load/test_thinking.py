"""Users who think: how long, from which seed, and that nobody asks before having thought enough."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import numpy as np
import pytest

from seatrial.load import arrivals
from seatrial.load.lag import Lag
from seatrial.load.thinking import ThinkingLoop, Thoughts
from seatrial.targets.client import clock
from seatrial.targets.target import new_event_loop


class Asked:
    """Answers every request after a while, and stops after *most*."""

    def __init__(self, most: int = 10**9, takes: float = 0.0, *, at_once: bool = False) -> None:
        self.most, self.takes, self.at_once = most, takes, at_once
        self.intended: list[float] = []
        self.done: list[float] = []
        self.flying = self.peak = 0

    def going(self) -> bool:
        return len(self.intended) < self.most

    def ask(self, intended: float | None, then: Callable[[], None]) -> None:
        assert intended is not None
        assert intended <= clock(), "nobody asks before having thought"
        self.intended.append(intended)
        self.flying += 1
        self.peak = max(self.peak, self.flying)

        def answer() -> None:
            self.flying -= 1
            self.done.append(clock())
            then()

        if self.at_once:
            answer()
        else:
            asyncio.get_running_loop().call_later(self.takes, answer)


def users(count: int, mean: float, process: arrivals.Process = arrivals.poisson) -> list[Thoughts]:
    return [Thoughts(mean, process, [7, number]) for number in range(count)]


def run(loop: ThinkingLoop, *sources: Asked) -> None:
    async def all_of_them() -> None:
        for source in sources:
            await loop.run(source)

    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(all_of_them())


@pytest.mark.parametrize(
    ("process", "cv"), [(arrivals.poisson, 1.0), (arrivals.even, 0.0), (arrivals.bursty(2.0), 2.0)]
)
def test_think_times_are_drawn_from_the_seed(process: arrivals.Process, cv: float) -> None:
    drawn = [[thoughts.next() for _ in range(3000)] for thoughts in users(3, 2.0, process)]
    assert drawn == [[thoughts.next() for _ in range(3000)] for thoughts in users(3, 2.0, process)]
    times = np.concatenate(drawn)
    assert times.mean() == pytest.approx(2.0, rel=0.07)
    assert times.std() / times.mean() == pytest.approx(cv, rel=0.1, abs=1e-9)
    if cv:
        assert drawn[0] != drawn[1], "each user thinks for itself"


def test_those_who_think_equally_long_do_not_ask_at_one_moment() -> None:
    rests = [thoughts.rest() for thoughts in users(50, 2.0, arrivals.even)]
    assert len(set(rests)) == 50
    assert 0 <= min(rests) < 0.5
    assert 1.5 < max(rests) < 2.0


def test_every_user_reads_thinks_and_asks_again() -> None:
    lag = Lag()
    source = Asked(most=12, takes=0.004)
    run(ThinkingLoop(users(1, 0.003, arrivals.even), lag.departed), source)
    assert len(source.done) == 12
    assert source.peak == 1
    waits = [then - done for done, then in zip(source.done, source.intended[1:], strict=False)]
    assert all(wait >= 0.003 for wait in waits), "from the answer on it thinks for all of its time"
    assert lag.summary().p50 > 0


def test_no_more_are_in_flight_than_there_are_users() -> None:
    source = Asked(most=60, takes=0.005)
    run(ThinkingLoop(users(4, 0.0005)), source)
    assert len(source.done) == 60
    assert 2 <= source.peak <= 4


def test_answers_that_come_while_still_asking() -> None:
    source = Asked(most=3000, at_once=True)
    run(ThinkingLoop(users(3, 1e-6)), source)
    assert len(source.done) == 3000


def test_it_goes_on_in_the_next_stretch_and_ends_while_everybody_thinks() -> None:
    loop = ThinkingLoop(users(3, 0.001))
    first, second = Asked(most=5), Asked(most=6)
    run(loop, first, second)
    assert (len(first.done), len(second.done), loop.exhausted) == (5, 6, False)

    class Tired(Asked):
        def going(self) -> bool:
            return clock() - began < 0.02

    began = clock()
    source = Tired()
    run(ThinkingLoop(users(2, 3600.0)), source)
    assert source.intended == []
