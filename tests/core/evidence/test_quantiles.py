"""Quantiles with bounds: coverage, infinities, design effect."""

from __future__ import annotations

import math

import numpy as np
import pytest

from seatrial.core.errors import UsageError
from seatrial.core.evidence.difference import paired_difference
from seatrial.core.evidence.quantiles import quantile_interval


@pytest.mark.parametrize(("n", "share"), [(50, 0.5), (200, 0.95), (40, 0.95), (301, 0.25)])
def test_coverage(n: int, share: float) -> None:
    rng = np.random.default_rng(n)
    above = below = 0
    for _ in range(800):
        _, lower, upper = quantile_interval(rng.random(n), share)
        above += upper < share
        below += lower > share
    assert above / 800 <= 0.065  # 5 % nominal
    assert below / 800 <= 0.12  # 10 % nominal


def test_too_few_values_have_no_bound() -> None:
    assert quantile_interval(np.array([1.0]), 0.5) == (1.0, -math.inf, math.inf)
    assert quantile_interval(np.arange(20.0), 0.95)[2] == math.inf


def test_what_never_came_is_the_longest() -> None:
    values = np.array([1.0] * 60 + [np.inf] * 40)
    assert quantile_interval(values, 0.5) == (1.0, 1.0, 1.0) or quantile_interval(values, 0.5)[0] == 1.0
    assert quantile_interval(values, 0.9)[0] == math.inf


def test_a_design_effect_widens() -> None:
    values = np.arange(1000.0)
    narrow, wide = (quantile_interval(values, 0.5, deff=deff) for deff in (1.0, 9.0))
    assert wide[0] == narrow[0]
    assert wide[1] < narrow[1]
    assert wide[2] > narrow[2]
    assert quantile_interval(values[:20], 0.5, deff=20.0)[1:] == (-math.inf, math.inf)


def test_what_is_no_sample() -> None:
    for values in ([], [1.0, math.nan]):
        with pytest.raises(UsageError, match="no quantile"):
            quantile_interval(np.array(values), 0.5)


@pytest.mark.parametrize(
    ("counts", "lower", "upper"),
    [
        # Newcombe 1998 (pairs), table IV, method 10, 95 % two-sided.
        ((36, 12, 2, 0), 0.0569, 0.3404),
        ((20, 12, 2, 16), 0.0562, 0.3292),
    ],
)
def test_published_examples_of_pairs(counts: tuple[int, int, int, int], lower: float, upper: float) -> None:
    both, one, other, neither = counts
    found = paired_difference(both, other, one, neither, confidence=0.975, power=0.975)
    assert found == pytest.approx((0.2, lower, upper), abs=0.0001)


def test_pairs_that_agree_say_more() -> None:
    agree = paired_difference(80, 5, 5, 110)
    apart = paired_difference(35, 50, 50, 65)
    assert agree[2] - agree[1] < (apart[2] - apart[1]) / 2
    assert paired_difference(0, 0, 0, 100)[2] < 0.03
