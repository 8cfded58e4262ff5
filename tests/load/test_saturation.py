from __future__ import annotations

import heapq
import math
from collections.abc import Sequence

import numpy as np
import pytest

from seatrial.load.saturation import Growth, Saturation


def watched(
    arrivals: Sequence[float], done: Sequence[float], settled: float = 1.0, answer: float = 0.2
) -> Growth | None:
    """What a watch that looks every 50 ms says first."""
    watch = Saturation(settled, answer)
    ends = np.sort(np.asarray(done))
    for now in np.arange(0.0, float(arrivals[-1]), 0.05):
        sent, back = np.searchsorted(arrivals, now), np.searchsorted(ends, now)
        growth = watch.look(float(now), int(sent), int(back))
        if growth is not None:
            return growth
    return None


def queued(
    rate: float, workers: int, service: float, seconds: float, seed: int
) -> tuple[list[float], list[float]]:
    random = np.random.default_rng(seed)
    arrivals = np.cumsum(random.exponential(1 / rate, int(rate * seconds))).tolist()
    free, done = [0.0] * workers, []
    for arrival in arrivals:
        end = max(arrival, heapq.heappop(free)) + service
        heapq.heappush(free, end)
        done.append(end)
    return arrivals, done


@pytest.mark.parametrize("rate", [90.0, 120.0, 240.0])
def test_a_queue_without_end_is_seen(rate: float) -> None:
    for seed in range(5):
        growth = watched(*queued(rate, 3, 0.05, 40.0, seed))
        assert growth is not None
        assert growth.end > growth.begin
        assert growth.served < growth.offered
        assert "over-saturated" in str(growth)


@pytest.mark.parametrize("load", [0.5, 0.8, 0.95])
def test_a_steady_system_is_never_taken_for_one(load: float) -> None:
    for seed in range(10):
        assert watched(*queued(60.0 * load, 3, 0.05, 60.0, seed)) is None


def test_a_stall_that_is_worked_off_is_no_growth_for_long() -> None:
    """A second of silence at 60/s, then twice the pace: what is in flight falls again."""
    arrivals, done = queued(30.0, 3, 0.05, 30.0, 1)
    held = [max(end, 11.0) if 10.0 < begin < 11.0 else end for begin, end in zip(arrivals, done, strict=True)]
    assert watched(arrivals, held) is None


def test_a_target_that_answers_nothing_is_seen_at_once() -> None:
    arrivals = [0.02 * number for number in range(1000)]
    growth = watched(arrivals, [1e9] * 1000, settled=0.0)
    assert growth is not None
    assert growth.end < 100


def test_figures() -> None:
    watch = Saturation(1.0)
    assert math.isnan(watch.mean)
    assert math.isnan(watch.rates[0])
    for now, sent, back in ((0.5, 5, 5), (1.0, 10, 6), (2.0, 20, 18)):
        assert watch.look(now, sent, back) is None
    assert watch.mean == 3.0
    assert watch.rates == (10.0, 12.0)


def keeps_up(rate: float, seed: int, seconds: float = 60.0) -> bool:
    """Whether answers of a target of 60/s were shown to keep up within 10 %, at any time."""
    arrivals, done = queued(rate, 3, 0.05, seconds, seed)
    watch, ends = Saturation(1.0, 0.2, 0.1, 0.95), np.sort(np.asarray(done))
    for now in np.arange(0.0, arrivals[-1], 0.05):
        watch.look(float(now), int(np.searchsorted(arrivals, now)), int(np.searchsorted(ends, now)))
    return watch.steady


def test_a_target_that_keeps_up_is_shown_to() -> None:
    assert all(keeps_up(50.0, seed) for seed in range(8))
    assert Saturation(1.0, 0.2, 0.1, 0.95).needed < 50 * 60


def test_one_that_stays_behind_is_never_taken_for_it() -> None:
    """At 67/s a target of 60/s answers 10 % less than it is asked."""
    assert not any(keeps_up(67.0, seed) for seed in range(20))


def test_a_short_look_shows_nothing() -> None:
    assert not keeps_up(30.0, 1, 5.0)


def test_what_is_in_flight_grows_in_any_system_until_its_slowest_answers_come() -> None:
    """A thousand a second, answered after 1 to 8 s: no queue at all."""
    random = np.random.default_rng(1)
    arrivals = np.cumsum(random.exponential(1e-3, 20_000)).tolist()
    done = [at + takes for at, takes in zip(arrivals, random.uniform(1.0, 8.0, 20_000), strict=True)]
    assert watched(arrivals, done, answer=8.0) is None
    assert watched(arrivals, done, answer=0.0) is not None, "who takes 1 s for all of it is misled"


def test_gross_saturation_is_seen_before_the_load_has_settled() -> None:
    watch = Saturation(10.0, 0.2)
    found = [watch.look(now / 100, 20 * now, 2 * max(now - 2, 0)) for now in range(60)]
    assert any(found)
    assert math.isnan(watch.mean)
