from __future__ import annotations

import math

import numpy as np
import pytest

from seatrial.load.scalability import fit, knee

FLYING = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0]


def law(n: float, gamma: float, sigma: float, kappa: float) -> float:
    return gamma * n / (1 + sigma * (n - 1) + kappa * n * (n - 1))


@pytest.mark.parametrize(
    ("gamma", "sigma", "kappa"), [(20.0, 0.05, 0.001), (5.0, 0.2, 0.0), (100.0, 0.0, 0.0)]
)
def test_it_finds_the_law_behind_exact_figures(gamma: float, sigma: float, kappa: float) -> None:
    found = fit(FLYING, [law(n, gamma, sigma, kappa) for n in FLYING])
    assert found is not None
    assert found.gamma == pytest.approx(gamma, rel=1e-3)
    assert found.sigma == pytest.approx(sigma, abs=1e-3)
    assert found.kappa == pytest.approx(kappa, abs=1e-5)
    assert max(map(abs, found.residuals)) < 1e-3
    assert not found.warning


def test_peak_and_most() -> None:
    found = fit(FLYING, [law(n, 20.0, 0.05, 0.001) for n in FLYING])
    assert found is not None
    assert found.peak == pytest.approx(math.sqrt(0.95 / 0.001), rel=0.01)
    assert found.most == pytest.approx(found.throughput(found.peak or 0.0))
    contended = fit(FLYING, [law(n, 20.0, 0.25, 0.0) for n in FLYING])
    assert contended is not None
    assert contended.most == pytest.approx(80.0, rel=0.05)
    assert found.to_dict()["most"] == found.most


def test_noise_is_averaged() -> None:
    random = np.random.default_rng(1)
    noisy = [law(n, 20.0, 0.05, 0.001) * random.normal(1, 0.03) for n in FLYING * 3]
    found = fit(FLYING * 3, noisy)
    assert found is not None
    assert found.sigma == pytest.approx(0.05, abs=0.02)


def test_a_system_that_follows_another_law_gets_a_warning() -> None:
    found = fit(FLYING, [20.0, 40.0, 80.0, 30.0, 200.0, 40.0, 300.0])
    assert found is not None
    assert "do not extrapolate" in found.warning


def test_too_few_levels_are_no_fit() -> None:
    assert fit([1.0, 2.0, 4.0], [1.0, 2.0, 3.0]) is None
    assert fit([1.0, 1.0, 1.0, 1.0], [1.0, 2.0, 3.0, 4.0]) is None
    assert fit([1.0, math.nan, 4.0, 8.0], [1.0, 2.0, 3.0, 4.0]) is None


def test_the_knee_is_where_throughput_over_response_time_is_largest() -> None:
    assert knee([10.0, 20.0, 40.0, 60.0, 61.0], [0.05, 0.05, 0.06, 0.2, 1.0]) == 2
    assert knee([], []) is None


def test_there_is_no_knee_where_nothing_beyond_was_seen() -> None:
    assert knee([10.0], [0.05]) is None
    assert knee([10.0, 20.0, 40.0], [0.05, 0.05, 0.05]) is None
    assert knee([10.0, 20.0, math.nan], [0.05, 0.05, math.nan]) is None
    assert knee([10.0, 10.5], [0.05, 0.5]) == 0
    assert knee([math.nan, 10.0], [0.1, math.nan]) is None
