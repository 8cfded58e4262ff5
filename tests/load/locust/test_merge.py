"""Rows of several Locust workers: in order, counted, and what is missing is told."""

from __future__ import annotations

from typing import Any

from seatrial.core.block import Collector
from seatrial.core.exchange import ErrorKind, Exchange
from seatrial.load.locust.bridge import part_frame, read_part
from seatrial.load.locust.merge import Merge
from seatrial.load.locust.samples import Samples


def block(*times: float) -> bytes:
    collector = Collector()
    for number, time in enumerate(times):
        collector.add(Exchange(number, time, time, time + 0.1))
    return collector.take()


def told(worker: str, part: int, asked: int, until: float, **more: Any) -> dict[str, Any]:
    facts = {"worker": worker, "part": part, "asked": asked, "until": until, "last": False}
    return {**facts, "trouble": None, "whole": [], "woke": [], **more}


def times(merge: Merge, **more: bool) -> list[float]:
    found: list[float] = merge.ready(**more).rows["intended"].tolist()
    return found


def test_nothing_enters_before_what_may_still_come_ahead_of_it() -> None:
    merge = Merge(2)
    merge.put(told("a", 1, 3, 5.0), block(1.0, 3.0, 4.0))
    assert times(merge) == [], "the other worker has told nothing yet"
    merge.put(told("b", 1, 2, 3.5), block(2.0, 3.2))
    assert times(merge) == [1.0, 2.0, 3.0, 3.2]
    merge.put(told("b", 2, 2, 9.0, last=True), b"")
    assert times(merge) == [4.0]
    assert merge.missing is None
    assert merge.count == (5, 5)


def test_a_worker_that_told_less_than_it_sent_is_named() -> None:
    merge = Merge(1)
    merge.put(told("a", 1, 4, 9.0, last=True), block(1.0, 2.0))
    assert merge.missing == "worker a sent 4 and told 2"


def test_a_part_that_is_missing_is_noticed() -> None:
    merge = Merge(1)
    merge.put(told("a", 1, 1, 2.0), block(1.0))
    merge.put(told("a", 3, 2, 3.0, last=True), block(2.0))
    assert "a part of what a worker told is missing" in (merge.missing or "")


def test_a_worker_that_is_gone_holds_nobody_up_and_is_told() -> None:
    merge = Merge(2)
    merge.put(told("a", 1, 5, 2.5), block(1.0, 2.0))
    merge.put(told("b", 1, 1, 9.0), block(3.0))
    assert times(merge) == [1.0, 2.0]
    merge.lost("a", "did not tell its last")
    assert times(merge) == [3.0]
    assert merge.missing == "worker a did not tell its last: at least 3 exchanges are lost"


def test_the_last_of_it_comes_out_whatever_is_missing() -> None:
    merge = Merge(2)
    merge.put(told("a", 1, 1, 0.5), block(1.0))
    assert times(merge, all_of_it=True) == [1.0]


def test_samples_count_what_left_and_tell_all_of_it_in_numbered_parts() -> None:
    samples = Samples(most=2)
    warm, at = samples.begin()
    assert (warm, samples.may_ask()) == (0, True)
    samples.steady = at
    samples.end(Exchange(warm, at, at, at + 0.1))
    numbers = []
    while samples.may_ask():
        number, at = samples.begin()
        numbers.append(number)
        if number != 1:
            samples.end(Exchange(number, at, at, at + 0.1, error=ErrorKind.RESET), 7)
    assert numbers == [1, 2], "a warm-up costs nothing of the budget"
    samples.woke(0.5)
    part = samples.part()
    assert (part["part"], part["asked"], part["ended"], part["last"]) == (1, 3, 2, False)
    assert len(part["whole"]) == 1
    merge = Merge(1)
    for data in part.pop("blocks"):
        facts = {**part, "worker": "a", "woke": [0.5]}
        merge.put(*read_part(part_frame(facts, data)[5:]))
    assert merge.count == (3, 2)
    assert merge.ready().rows["number"].tolist() == [0], "what is still in flight may come before the third"
    assert merge.ready(all_of_it=True).rows["number"].tolist() == [7], "what it asked is told as its number"
    assert samples.part(last=True)["part"] == 2
