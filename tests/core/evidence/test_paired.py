"""Candidate against baseline on the same items."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from seatrial.core.errors import UsageError
from seatrial.core.evidence import Decision, Evidence, PairedNonInferiority, PairedSpeedup

from .simulations import run_all, slack

Array = NDArray[np.float64]


def answers(random: np.random.Generator, ratio: float, size: int) -> Array:
    """Right (1) or wrong (0) by candidate and baseline: the baseline is right on 80 % of the items, the
    candidate on *ratio* times as many, among them 15 % of those that the baseline gets wrong."""
    baseline = random.random(size) < 0.8
    chance = np.where(baseline, (0.8 * ratio - 0.2 * 0.15) / 0.8, 0.15)
    return np.column_stack([random.random(size) < chance, baseline]).astype(float)


def durations(random: np.random.Generator, speedup: float, size: int) -> Array:
    baseline = random.lognormal(0.0, 0.5, size)
    return np.column_stack([random.lognormal(0.0, 0.5, size) / speedup, baseline])


def test_a_candidate_at_the_margin_is_passed_no_more_often_than_alpha() -> None:
    random = np.random.default_rng(51)
    rates = run_all(lambda: PairedNonInferiority(0.95), (answers(random, 0.95, 1000) for _ in range(2000)))
    assert rates.passed <= 0.05 + slack(0.05, 2000)
    assert rates.failed <= 0.10 + slack(0.10, 2000)


@pytest.mark.parametrize(("ratio", "size"), [(1.05, 73), (1.0, 379), (0.975, 2269), (0.925, 1928)])
def test_no_more_pairs_than_the_recommended_method(ratio: float, size: int) -> None:
    random = np.random.default_rng(52)
    rates = run_all(lambda: PairedNonInferiority(0.95), (answers(random, ratio, 5000) for _ in range(300)))
    assert rates.at_most(1.05 * size)
    assert (rates.passed if ratio > 0.95 else rates.failed) >= 0.93


def test_margins_ranges_and_estimates() -> None:
    evidence = PairedNonInferiority(0.9, 1.0, 5.0)
    assert isinstance(evidence, Evidence)
    assert (evidence.lower, evidence.upper, evidence.limit) == (pytest.approx(-3.5), pytest.approx(4.1), 0.0)
    evidence.update(np.array([[4.0, 4.0], [5.0, 3.0]]))
    assert evidence.n == 2
    assert evidence.estimate() == pytest.approx((0.4 + 2.3) / 2)
    assert evidence.update(np.array([])) is None


def test_a_speedup_at_the_claim_is_passed_no_more_often_than_alpha() -> None:
    random = np.random.default_rng(53)
    rates = run_all(lambda: PairedSpeedup(2.0), (durations(random, 2.0, 3000) for _ in range(2000)))
    assert rates.passed <= 0.05 + slack(0.05, 2000)
    assert rates.failed <= 0.10 + slack(0.10, 2000)


@pytest.mark.parametrize(("speedup", "size"), [(1.6, 101), (2.5, 123), (3.0, 37)])
def test_speedups_are_found_and_refuted(speedup: float, size: int) -> None:
    random = np.random.default_rng(54)
    rates = run_all(lambda: PairedSpeedup(2.0), (durations(random, speedup, 3000) for _ in range(1000)))
    assert rates.at_most(1.05 * size)
    assert (rates.passed if speedup > 2 else rates.failed) >= 0.99


def test_a_run_that_never_ends_is_slow_whoever_made_it() -> None:
    evidence = PairedSpeedup(2.0)
    evidence.update(np.array([[np.nan, 1.0], [np.nan, np.nan], [1.0, np.nan], [1.0, 3.0], [1.0, 1.5]]))
    assert (evidence.n, evidence.bad) == (5, 3)
    assert PairedSpeedup(2.0).update(np.tile([1.0, 2.0], (50, 1))) is Decision.PASS


@pytest.mark.parametrize("pairs", [[1.0, 2.0], [[1.0, 2.0, 3.0]]])
def test_what_is_not_pairs_is_refused(pairs: list[float]) -> None:
    for evidence in (PairedNonInferiority(), PairedSpeedup(2.0)):
        with pytest.raises(UsageError, match="pairs"):
            evidence.update(np.array(pairs))


def test_odd_numbers_are_refused() -> None:
    with pytest.raises(UsageError, match="outside"):
        PairedNonInferiority().update(np.array([[0.5, 1.5]]))
    with pytest.raises(UsageError, match="outside"):
        PairedNonInferiority().update(np.array([[np.nan, 0.5]]))
    with pytest.raises(UsageError, match="margin"):
        PairedNonInferiority(0.0)
    with pytest.raises(UsageError, match="speed-up"):
        PairedSpeedup(-1.0)
