"""The estimated design effect: it must see bursts and must not see what is not there."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from seatrial.core.evidence import estimate_deff

from .simulations import bursty


def autoregressive(random: np.random.Generator, rho: float, runs: int, size: int) -> NDArray[np.float64]:
    """Log-normal latencies whose logarithms are AR(1)."""
    noise = random.standard_normal((runs, size))
    series = np.empty((runs, size))
    series[:, 0] = noise[:, 0]
    for index in range(1, size):
        series[:, index] = rho * series[:, index - 1] + math.sqrt(1 - rho * rho) * noise[:, index]
    return np.exp(0.5 * series)


@pytest.mark.parametrize("size", [50, 500, 5000])
@pytest.mark.parametrize("share", [0.5, 0.05, 0.005])
def test_independent_events_hardly_ever_look_dependent(size: int, share: float) -> None:
    random = np.random.default_rng(31)
    found = np.array([estimate_deff(random.random(size) < share) for _ in range(1000)])
    assert np.mean(found > 1.3) <= 0.01
    assert np.median(found) == 1.0


@pytest.mark.parametrize("size", [50, 500, 5000])
def test_independent_latencies_hardly_ever_look_dependent_even_with_heavy_tails(size: int) -> None:
    random = np.random.default_rng(32)
    light = np.array([estimate_deff(random.lognormal(0, 0.5, size)) for _ in range(600)])
    heavy = np.array([estimate_deff(random.standard_exponential(size) ** 4) for _ in range(600)])
    assert np.mean(light > 1.3) <= 0.01
    assert np.mean(heavy > 1.3) <= 0.02


@pytest.mark.parametrize(("burst", "size"), [(3, 1000), (5, 1000), (10, 1000), (10, 4000), (30, 10_000)])
def test_bursts_are_seen_and_about_rightly_measured(burst: int, size: int) -> None:
    random = np.random.default_rng(33)
    found = np.array([estimate_deff(bursty(random, 0.05, burst, size)) for _ in range(200)])
    truth = 2 * burst - 1
    assert np.mean(found > 1.3) >= 0.95
    assert 0.5 * truth <= np.median(found) <= 1.6 * truth


@pytest.mark.parametrize("rho", [0.6, 0.9])
def test_autocorrelated_latencies_are_seen(rho: float) -> None:
    series = autoregressive(np.random.default_rng(34), rho, runs=100, size=2000)
    found = np.array([estimate_deff(row) for row in series])
    truth = (1 + rho) / (1 - rho)
    assert np.mean(found > 1.3) == 1.0
    assert 0.7 * truth <= np.median(found) <= 1.6 * truth


def test_a_single_burst_is_seen_however_rare_the_events() -> None:
    series = np.zeros(4000, dtype=bool)
    series[1001:1007] = True
    assert estimate_deff(series) > 3
    series[:] = False
    series[::700] = True
    assert estimate_deff(series) == 1.0


def test_an_outlier_does_not_hide_dependence() -> None:
    series = autoregressive(np.random.default_rng(35), 0.9, runs=1, size=3000)[0]
    plain = estimate_deff(series)
    series[17] = 1e9
    assert estimate_deff(series) == pytest.approx(plain, rel=0.1)


def test_indicators_may_come_as_bools_integers_or_floats() -> None:
    series = bursty(np.random.default_rng(36), 0.005, 5, 20_000)
    assert estimate_deff(series) > 2
    assert estimate_deff(series.astype(int)) == pytest.approx(estimate_deff(series))
    assert estimate_deff(series.astype(float)) == pytest.approx(estimate_deff(series))


def test_missing_and_endless_latencies() -> None:
    series = autoregressive(np.random.default_rng(37), 0.8, runs=1, size=2000)[0]
    with_gaps = np.insert(series, np.arange(0, 2000, 20), np.nan)
    assert estimate_deff(with_gaps) == pytest.approx(estimate_deff(series), rel=0.3)
    ends = series > np.quantile(series, 0.95)
    assert estimate_deff(np.where(ends, np.inf, series)) > 3
    assert estimate_deff(np.full(100, np.nan)) == 1.0
    assert estimate_deff(np.full(100, np.inf)) == 1.0


@pytest.mark.parametrize("series", [[], [1.0], [0.1] * 1000, [True] * 500, [False] * 500, [3] * 100])
def test_what_does_not_vary_tells_nothing(series: list[float]) -> None:
    assert estimate_deff(np.array(series)) == 1.0


def test_tiny_variation_on_a_large_offset_is_still_variation() -> None:
    steps = np.repeat(np.random.default_rng(38).random(200), 10)
    assert estimate_deff(1e6 + 1e-3 * steps) == pytest.approx(estimate_deff(steps), rel=0.01)


def test_slow_drift_is_left_to_the_segments_where_asked() -> None:
    """A median that wanders by a tenth over 16,000 requests, as every system's does."""
    random = np.random.default_rng(11)
    drift = 1 + 0.1 * np.sin(np.arange(16_000) / 16_000 * 6 * np.pi)
    latencies = drift * random.lognormal(0, 0.25, 16_000)
    assert estimate_deff(latencies) > 60
    assert estimate_deff(latencies, 128) < 20
    bursty = np.repeat(random.lognormal(0, 0.5, 800), 20)
    assert estimate_deff(bursty, 128) > 15
