"""Simulated error rates and sample sizes of the sequential test, polled after every exchange.

The expected sizes were simulated apart (the same e-process, α = 0.05, β = 0.1, 20,000 runs each).
"""

from __future__ import annotations

import numpy as np
import pytest

from seatrial.core.evidence import SequentialProportion

from .simulations import bursty, independent, run_all, slack, stops

ALPHA, BETA = 0.05, 0.10
CAPS = {0.05: 10_000, 0.01: 50_000, 0.001: 500_000}


@pytest.mark.parametrize("limit", list(CAPS))
def test_at_the_limit_false_passes_stay_within_alpha_and_false_fails_within_beta(limit: float) -> None:
    rates = independent(limit, limit, CAPS[limit], runs=4000, seed=21)
    assert rates.passed <= ALPHA + slack(ALPHA, 4000)
    assert rates.failed <= BETA + slack(BETA, 4000)
    assert rates.passed > 0.02, "a test that never passes would hold any level"
    assert rates.failed > 0.03


@pytest.mark.parametrize("limit", list(CAPS))
def test_beyond_the_limit_false_passes_become_rare(limit: float) -> None:
    assert independent(1.2 * limit, limit, CAPS[limit], runs=2000, seed=22).passed <= 0.02
    assert independent(2.0 * limit, limit, CAPS[limit], runs=2000, seed=23).passed <= 0.002


@pytest.mark.parametrize(
    ("limit", "ratio", "size", "passed"),
    [
        (0.01, 0.5, 2_230, 0.997),
        (0.01, 0.8, 18_009, 0.942),
        (0.01, 2.0, 769, 0.0),
        (0.001, 0.5, 22_434, 0.997),
        (0.001, 0.8, 181_378, 0.940),
        (0.001, 2.0, 7_786, 0.0),
    ],
)
def test_no_more_exchanges_than_the_recommended_method(
    limit: float, ratio: float, size: int, passed: float
) -> None:
    rates = independent(ratio * limit, limit, CAPS[limit], runs=3000, seed=24)
    assert rates.at_most(1.05 * size)
    assert rates.mean_n >= 0.9 * size, "far fewer would mean another test than the one we think it is"
    assert rates.passed == pytest.approx(passed, abs=0.005 + slack(max(passed, 0.002), 3000))


@pytest.mark.parametrize(("ratio", "size"), [(0.5, 90), (0.8, 248), (2.0, 8)])
def test_sizes_for_a_95th_percentile_of_lognormal_latencies(ratio: float, size: int) -> None:
    random = np.random.default_rng(25)
    median = ratio * 2.0 / np.exp(0.5 * 1.6448536)
    latencies = (random.lognormal(np.log(median), 0.5, 6000) for _ in range(2000))
    rates = run_all(lambda: SequentialProportion(0.05), (latency > 2.0 for latency in latencies))
    assert rates.at_most(1.05 * size)
    assert rates.mean_n >= 0.85 * size
    assert (rates.passed if ratio < 1 else rates.failed) >= 0.995


def test_a_95th_percentile_at_its_limit_is_passed_no_more_often_than_alpha() -> None:
    random = np.random.default_rng(26)
    median = 2.0 / np.exp(0.5 * 1.6448536)
    latencies = (random.lognormal(np.log(median), 0.5, 6000) for _ in range(2000))
    rates = run_all(lambda: SequentialProportion(0.05), (latency > 2.0 for latency in latencies))
    assert rates.passed <= ALPHA + slack(ALPHA, 2000)
    assert rates.failed <= BETA + slack(BETA, 2000)


def test_the_simulation_over_gaps_is_the_test_itself() -> None:
    random = np.random.default_rng(27)
    bad_at = np.cumsum(random.geometric(0.05, size=(150, 400)), axis=1)
    passed, failed, lengths = stops(bad_at.astype(float), 4000, 0.05)
    for row, *expected in zip(bad_at, passed, failed, lengths, strict=True):
        series = np.zeros(4000, dtype=bool)
        series[row[row <= 4000] - 1] = True
        evidence = SequentialProportion(0.05)
        decision = evidence.update(series)
        name = decision.value if decision else None
        assert [name == "pass", name == "fail", evidence.n] == expected


@pytest.mark.parametrize("burst", [1, 2, 3, 4, 5])
def test_declared_bursts_of_up_to_five_hold_alpha_for_every_shorter_burst(burst: int) -> None:
    random = np.random.default_rng(100 + burst)
    series = (bursty(random, 0.05, burst, 12_000) for _ in range(2000))
    rates = run_all(lambda: SequentialProportion(0.05, deff=9.0), series)
    assert rates.passed <= ALPHA


def test_without_a_design_effect_bursts_of_three_break_the_level() -> None:
    random = np.random.default_rng(103)
    series = (bursty(random, 0.05, 3, 6000) for _ in range(600))
    assert run_all(lambda: SequentialProportion(0.05), series).passed > 6 * ALPHA


def test_what_the_declared_bursts_cost_a_healthy_system() -> None:
    random = np.random.default_rng(104)
    series = [random.random(20_000) < 0.01 for _ in range(2000)]
    plain = run_all(lambda: SequentialProportion(0.05), series)
    discounted = run_all(lambda: SequentialProportion(0.05, deff=9.0), series)
    assert plain.at_most(1.05 * 144)
    assert discounted.at_most(1.05 * 1355)
    assert discounted.passed >= 0.999


def test_simulated_bursts_are_what_they_should_be() -> None:
    series = bursty(np.random.default_rng(105), 0.05, 5, 2_000_000)
    starts = np.count_nonzero(series[1:] & ~series[:-1])
    assert series.mean() == pytest.approx(0.05, rel=0.02)
    assert series.sum() / starts == pytest.approx(5.0, rel=0.02)
