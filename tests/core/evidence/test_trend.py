"""Trends: found where they are, bounds that hold under dependence."""

from __future__ import annotations

import numpy as np
import pytest

from seatrial.core.errors import UsageError
from seatrial.core.evidence.trend import theil_sen


def series(rng: np.random.Generator, n: int, phi: float) -> np.ndarray:
    noise = rng.normal(size=n + 50)
    for at in range(1, n + 50):
        noise[at] += phi * noise[at - 1]
    return noise[50:]


def test_agrees_with_a_textbook_where_points_are_independent() -> None:
    from scipy import stats

    rng = np.random.default_rng(2)
    times = np.sort(rng.uniform(0, 100, 80))
    values = 5 + 0.3 * times + rng.standard_t(3, 80)
    found = theil_sen(times, values, confidence=0.975, power=0.975)
    expected = stats.theilslopes(values, times, 0.95)
    assert found is not None
    assert found.slope == pytest.approx(expected.slope)
    assert found.inflation < 1.5
    assert found.lower == pytest.approx(expected.low_slope, abs=0.01)
    assert found.upper == pytest.approx(expected.high_slope, abs=0.01)
    assert found.level == pytest.approx(5 + 0.3 * times[0], abs=0.7)


@pytest.mark.parametrize(("n", "phi"), [(20, 0.0), (20, 0.6), (60, 0.3), (100, 0.6), (100, 0.85)])
def test_bounds_hold_under_dependence(n: int, phi: float) -> None:
    rng = np.random.default_rng(n)
    times = np.arange(n, dtype=float)
    above = below = 0
    for _ in range(400):
        found = theil_sen(times, series(rng, n, phi) + 0.05 * times)
        assert found is not None
        above += found.upper < 0.05
        below += found.lower > 0.05
    assert above / 400 <= 0.1  # 5 % nominal, and the dependence is estimated
    assert below / 400 <= 0.16  # 10 % nominal


def test_a_constant_series_has_no_trend() -> None:
    found = theil_sen(np.arange(30.0), np.full(30, 12.0))
    assert found is not None
    assert (found.slope, found.lower, found.upper, found.level) == (0.0, 0.0, 0.0, 12.0)


def test_outliers_do_not_make_a_trend() -> None:
    values = np.full(60, 10.0)
    values[[17, 44]] = 1e9
    found = theil_sen(np.arange(60.0), values)
    assert found is not None
    assert found.lower <= 0 <= found.upper < 1


def test_a_staircase_is_a_trend() -> None:
    found = theil_sen(np.arange(60.0), np.floor(np.arange(60) / 10))
    assert found is not None
    assert 0.05 < found.lower <= 0.1 <= found.upper < 0.15


def test_few_points_say_nothing_and_too_many_are_refused() -> None:
    assert theil_sen(np.arange(9.0), np.arange(9.0)) is None
    with pytest.raises(UsageError, match="up to 1024"):
        theil_sen(np.arange(1025.0), np.arange(1025.0))
    with pytest.raises(UsageError, match="one length"):
        theil_sen(np.arange(20.0), np.arange(21.0))
