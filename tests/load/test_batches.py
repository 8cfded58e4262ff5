"""Requests that leave together: at one moment, one query after the other, none of them cut in two."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from seatrial.load.batches import Batches
from seatrial.targets.client import clock
from seatrial.targets.target import new_event_loop


class Asked:
    """Answers request number *n* after ``takes(n)`` seconds; stops after *most*."""

    def __init__(self, most: int, takes: Callable[[int], float] | None = lambda number: 0.0) -> None:
        self.most, self.takes = most, takes
        self.intended: list[float] = []
        self.done: list[float] = []
        self.flying = self.peak = 0

    def going(self) -> bool:
        return len(self.intended) < self.most

    def ask(self, intended: float | None, then: Callable[[], None]) -> None:
        assert intended is not None
        self.intended.append(intended)
        self.flying += 1
        self.peak = max(self.peak, self.flying)

        def answer() -> None:
            self.flying -= 1
            self.done.append(clock())
            then()

        if self.takes is None:
            answer()
        else:
            asyncio.get_running_loop().call_later(self.takes(len(self.intended)), answer)


def run(batches: Batches, source: Asked) -> None:
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(batches.run(source))


def test_a_query_leaves_when_the_slowest_of_the_one_before_was_answered() -> None:
    source = Asked(12, lambda number: 0.01 if number % 4 == 0 else 0.001)
    run(Batches(4), source)
    assert [source.intended.count(when) for when in sorted(set(source.intended))] == [4, 4, 4]
    assert source.peak == 4
    for query in (1, 2):
        assert source.intended[4 * query] >= max(source.done[: 4 * query])


def test_offline_sends_all_at_once_and_only_once() -> None:
    source = Asked(10_000)
    run(Batches(300, one=True), source)
    assert len(source.done) == 300
    assert source.peak >= 64, "as many as are sent before the first answers can be looked at"
    assert len(set(source.intended)) == 1


@pytest.mark.parametrize("one", [True, False])
def test_a_budget_that_ends_amid_a_query_ends_it(one: bool) -> None:
    source = Asked(5)
    run(Batches(8, one=one), source)
    assert len(source.done) == 5


@pytest.mark.parametrize("one", [True, False])
def test_nothing_may_be_sent(one: bool) -> None:
    source = Asked(0)
    run(Batches(8, one=one), source)
    assert source.done == []


def test_answers_that_come_while_still_asking() -> None:
    source = Asked(5000, None)
    run(Batches(1), source)
    assert len(source.done) == 5000
    source = Asked(5000, None)
    run(Batches(100), source)
    assert len(source.done) == 5000
    assert len(set(source.intended)) <= 50
