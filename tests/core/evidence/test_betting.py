"""Means of bounded scores: error rates when polled, sizes, and the bounds that belong to them."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from seatrial.core.errors import UsageError
from seatrial.core.evidence import BettingMean, Decision, Evidence

from .simulations import run_all, slack

Array = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], Array]


def beta_scores(random: np.random.Generator, size: int) -> Array:
    return random.beta(7.0, 3.0, size)


def coin(random: np.random.Generator, size: int) -> Array:
    return (random.random(size) < 0.7).astype(float)


def rare_disasters(random: np.random.Generator, size: int) -> Array:
    """Mean 0.7, though nearly every score says more: what a normal approximation would certify."""
    return np.where(random.random(size) < 0.02, 0.0, 0.7 / 0.98)


@pytest.mark.parametrize("draw", [beta_scores, coin, rare_disasters])
@pytest.mark.parametrize("direction", ["gte", "lte"])
def test_at_the_limit_errors_stay_within_their_levels(draw: Draw, direction: str) -> None:
    random = np.random.default_rng(41)
    scores = (draw(random, 600) for _ in range(2000))
    rates = run_all(lambda: BettingMean(0.7, direction=direction), scores)  # type: ignore[arg-type]
    assert rates.passed <= 0.05 + slack(0.05, 2000)
    assert rates.failed <= 0.10 + slack(0.10, 2000)


def test_a_coin_polled_against_a_plain_interval_would_break_the_level() -> None:
    random = np.random.default_rng(42)
    tosses = random.random((1000, 600)) < 0.7
    means = np.cumsum(tosses, axis=1) / np.arange(1, 601)
    errors = np.sqrt(means * (1 - means) / np.arange(1, 601))
    naive = (means - 1.645 * errors >= 0.7)[:, 20:].any(axis=1).mean()
    assert naive > 0.15


@pytest.mark.parametrize(("mean", "size"), [(0.80, 160), (0.75, 620)])
def test_good_scores_pass_soon_and_bad_ones_fail(mean: float, size: int) -> None:
    random = np.random.default_rng(43)
    good = [(random.random(4000) < mean).astype(float) for _ in range(300)]
    bad = [(random.random(4000) < 1.4 - mean).astype(float) for _ in range(300)]
    passing, failing = run_all(lambda: BettingMean(0.7), good), run_all(lambda: BettingMean(0.7), bad)
    assert passing.passed >= 0.95
    assert failing.failed >= 0.95
    assert passing.at_most(size)
    assert failing.at_most(size)


def test_rare_events_take_about_what_the_reference_betting_took() -> None:
    random = np.random.default_rng(44)
    rates = run_all(
        lambda: BettingMean(0.01, direction="lte"),
        ((random.random(20_000) < 0.02).astype(float) for _ in range(300)),
    )
    assert rates.at_most(1050)
    assert rates.failed >= 0.99


@given(
    st.integers(0, 2**32 - 1),
    st.lists(st.integers(0, 900), max_size=8),
    st.sampled_from([0.6, 0.7, 0.8]),
    st.sampled_from(["gte", "lte"]),
    st.sampled_from([1.0, 4.0]),
)
@settings(max_examples=50, deadline=None, derandomize=True)
def test_any_split_gives_the_same(
    seed: int, cuts: list[int], limit: float, direction: str, deff: float
) -> None:
    scores = np.random.default_rng(seed).beta(7, 3, 900)
    whole = BettingMean(limit, direction=direction, deff=deff)  # type: ignore[arg-type]
    pieces = BettingMean(limit, direction=direction, deff=deff)  # type: ignore[arg-type]
    whole.update(scores)
    for piece in np.split(scores, sorted(cuts)):
        pieces.update(piece)
    assert (pieces.n, pieces.decision) == (whole.n, whole.decision)
    assert pieces.bounds() == pytest.approx(whole.bounds())
    assert np.allclose(pieces.trail, whole.trail)


@given(st.integers(0, 2**32 - 1), st.floats(0.05, 0.95), st.sampled_from(["gte", "lte"]))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_bounds_lie_around_the_estimate_and_agree_with_the_decision(
    seed: int, mean: float, direction: str
) -> None:
    scores = np.random.default_rng(seed).beta(5 * mean, 5 * (1 - mean), 400)
    evidence = BettingMean(0.5, direction=direction)  # type: ignore[arg-type]
    decision = evidence.update(scores)
    lower, upper = evidence.bounds()
    assert 0.0 <= lower <= evidence.estimate() <= upper <= 1.0
    if decision is not None:
        above = (decision is Decision.PASS) == (direction == "gte")
        assert lower >= 0.5 if above else upper <= 0.5
    else:
        assert lower <= 0.5 <= upper


def test_bounds_hold_the_truth_when_polled() -> None:
    random = np.random.default_rng(45)
    missed = 0
    for _ in range(100):
        evidence = BettingMean(0.5, direction="gte", allow_pass=False, power=0.999999)
        scores = random.beta(7, 3, 300)
        out = False
        for piece in np.split(scores, 6):
            evidence.update(piece)
            out = out or evidence.bounds()[0] > 0.7
        missed += out
    assert missed / 100 <= 0.05 + slack(0.05, 100)


def test_stars_are_scores_too() -> None:
    stars, unit = BettingMean(4.0, 1.0, 5.0), BettingMean(0.75)
    values = np.random.default_rng(46).integers(3, 6, 500).astype(float)
    stars.update(values, may_pass=False)
    unit.update((values - 1) / 4, may_pass=False)
    assert stars.log_e() == pytest.approx(unit.log_e())
    assert stars.bounds() == pytest.approx([1 + 4 * bound for bound in unit.bounds()])


def test_many_distinct_scores_are_binned_to_the_safe_side() -> None:
    scores = np.random.default_rng(47).random(20_000)
    evidence = BettingMean(0.25, allow_pass=False)
    evidence.update(scores)
    lower, upper = evidence.bounds()
    assert 0.48 < lower < scores.mean() < upper < 0.52


def test_withheld_passing_and_the_design_effect() -> None:
    scores = np.full(400, 0.9)
    evidence = BettingMean(0.7)
    assert evidence.update(scores, may_pass=False) is None
    assert evidence.n == 400
    assert evidence.with_deff(4.0).deff == 4.0
    assert evidence.update(np.array([])) is Decision.PASS
    plain, discounted = BettingMean(0.7), BettingMean(0.7, deff=4.0)
    plain.update(scores)
    discounted.update(scores)
    assert plain.decision is discounted.decision is Decision.PASS
    assert discounted.n > 2 * plain.n
    assert plain.with_deff(9.0).deff == 1.0


def test_needed_and_the_face_of_evidence() -> None:
    evidence = BettingMean(0.7)
    assert isinstance(evidence, Evidence)
    assert math.isnan(evidence.estimate())
    assert evidence.bounds() == (0.0, 1.0)
    assert evidence.needed() is None
    evidence.update(np.tile([1.0, 1.0, 0.8, 0.6], 5))
    needed = evidence.needed()
    assert needed is not None
    assert 1 <= needed <= 100
    assert evidence.update(np.tile([1.0, 1.0, 0.8, 0.6], 100)) is Decision.PASS
    assert evidence.needed() is None


@pytest.mark.parametrize("scores", [[1.2], [-0.1], [math.nan], [[0.5]]])
def test_odd_scores_are_refused(scores: list[float]) -> None:
    with pytest.raises(UsageError):
        BettingMean(0.7).update(np.array(scores))


@pytest.mark.parametrize(
    "options", [{"limit": 1.0}, {"limit": math.nan}, {"direction": "eq"}, {"upper": math.inf}]
)
def test_odd_limits_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        BettingMean(**{"limit": 0.7, **options})  # type: ignore[arg-type]
