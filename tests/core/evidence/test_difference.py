"""Differences of shares: Newcombe's published examples, coverage, design effect."""

from __future__ import annotations

import numpy as np
import pytest

from seatrial.core.errors import UsageError
from seatrial.core.evidence.difference import Sample, difference


@pytest.mark.parametrize(
    ("one", "other", "lower", "upper"),
    [
        # Newcombe 1998, table II, method 10, 95 % two-sided: 56/70 - 48/80, 9/10 - 3/10, 5/56 - 0/29.
        ((48, 80), (56, 70), 0.0524, 0.3339),
        ((3, 10), (9, 10), 0.1705, 0.8090),
        ((0, 29), (5, 56), -0.0381, 0.1926),
    ],
)
def test_published_examples(one: tuple[int, int], other: tuple[int, int], lower: float, upper: float) -> None:
    found = difference(Sample(*one), Sample(*other), confidence=0.975, power=0.975)
    assert found[0] == pytest.approx(other[0] / other[1] - one[0] / one[1])
    assert found[1:] == pytest.approx((lower, upper), abs=0.0001)


def test_the_two_sides_mirror_each_other() -> None:
    one, other = Sample(3, 200), Sample(9, 150)
    forth = difference(one, other, confidence=0.95, power=0.9)
    back = difference(other, one, confidence=0.9, power=0.95)
    assert forth == pytest.approx((-back[0], -back[2], -back[1]))


@pytest.mark.parametrize(("first", "second"), [(0.01, 0.01), (0.02, 0.07), (0.5, 0.4)])
def test_coverage(first: float, second: float) -> None:
    rng = np.random.default_rng(4)
    runs = 1000
    above = below = 0
    for one, other in zip(rng.binomial(300, first, runs), rng.binomial(200, second, runs), strict=True):
        _, lower, upper = difference(Sample(one, 300), Sample(other, 200))
        above += upper < second - first
        below += lower > second - first
    assert above / runs <= 0.075  # 5 % nominal
    assert below / runs <= 0.125  # 10 % nominal


def test_a_design_effect_widens_and_no_evidence_is_never_narrow() -> None:
    narrow = difference(Sample(5, 500), Sample(8, 500))
    wide = difference(Sample(5, 500, 9.0), Sample(8, 500, 9.0))
    assert wide[0] == narrow[0]
    assert wide[1] < narrow[1]
    assert wide[2] > narrow[2]
    assert difference(Sample(0, 3), Sample(0, 3))[2] > 0.4


@pytest.mark.parametrize(("bad", "n"), [(1, 0), (-1, 5), (6, 5), (0, 0)])
def test_what_is_no_sample(bad: int, n: int) -> None:
    with pytest.raises(UsageError, match="no sample"):
        Sample(bad, n)
