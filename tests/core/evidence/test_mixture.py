"""The e-processes and their tables: exact values, martingale property, and that no table hides a crossing."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import integrate, stats  # noqa: TID253 - the oracle

from seatrial.core.evidence.mixture import CHUNK, Boundary, Mixture, boundary

LIMITS = [0.0005, 0.01, 0.05, 0.3, 0.5, 0.9]


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize(("n", "k"), [(0, 0), (1, 0), (1, 1), (20, 3), (60, 0), (7.5, 1.25)])
def test_e_values_are_the_mixtures_they_claim_to_be(limit: float, n: float, k: float) -> None:
    prior = stats.beta(1.0, 0.5 / limit)

    def ratio(share: float) -> float:
        log_ratio = k * math.log(share / limit) + (n - k) * (math.log1p(-share) - math.log1p(-limit))
        return float(prior.pdf(share)) * math.exp(log_ratio)

    below = integrate.quad(ratio, 0.0, limit)[0] / prior.cdf(limit)
    above = integrate.quad(ratio, limit, 1.0, limit=200)[0] / prior.sf(limit)
    log_pass, log_fail = Mixture(limit).log_e(n, k)
    assert math.exp(log_pass) == pytest.approx(below, rel=1e-6)
    assert math.exp(log_fail) == pytest.approx(above, rel=1e-5)


@pytest.mark.parametrize("limit", LIMITS)
def test_they_are_martingales_at_the_limit_and_shrink_within_their_hypothesis(limit: float) -> None:
    mixture = Mixture(limit)

    def expected(n: int, k: int, share: float, side: int) -> float:
        now = mixture.log_e(n, k)[side]
        bad, good = mixture.log_e(n + 1, k + 1)[side] - now, mixture.log_e(n + 1, k)[side] - now
        return share * math.exp(bad) + (1 - share) * math.exp(good)

    for n, k in ((0, 0), (10, 2), (200, 30), (5000, 4)):
        for side in (0, 1):
            assert expected(n, k, limit, side) == pytest.approx(1.0, abs=1e-9)
        assert expected(n, k, min(1.0, 1.1 * limit), 0) < 1.0
        assert expected(n, k, 0.9 * limit, 1) < 1.0


@pytest.mark.parametrize("deff", [1.0, 2.7, 9.0])
@pytest.mark.parametrize("limit", LIMITS)
def test_the_tables_hide_no_crossing(limit: float, deff: float) -> None:
    edge = Boundary(limit, math.log(20.0), math.log(10.0), deff)
    for k in (0, 1, 2, 3, 10, 100, CHUNK - 1, CHUNK, 3 * CHUNK + 7):
        first, last = (table[k % CHUNK] for table in edge.table(k))
        passing, failing = edge.pass_at(k), edge.fail_at(k)
        assert first <= passing
        assert failing <= last or failing == 0
        assert edge.passes(passing, k)
        assert passing == k or not edge.passes(passing - 1, k)
        assert not edge.fails(max(failing + 1, k), k)
        assert failing == 0 or edge.fails(failing, k)


@pytest.mark.parametrize("deff", [1.0, 9.0])
@pytest.mark.parametrize("limit", [0.01, 0.05, 0.5])
def test_candidates_are_a_superset_and_seldom_larger(limit: float, deff: float) -> None:
    edge = Boundary(limit, math.log(20.0), math.log(10.0), deff)
    random = np.random.default_rng(1)
    n = random.integers(1, 20_000, 3000).astype(float)
    k = random.binomial(n.astype(int), limit * random.uniform(0.3, 1.8, 3000).clip(0, 1 / limit)).astype(
        float
    )
    truth = np.array([edge.log_e(int(a), int(b)) for a, b in zip(n, k, strict=True)])
    for found, exact in (
        (edge.may_have_passed(n, k), np.flatnonzero(truth[:, 0] >= edge.log_pass)),
        (edge.may_have_failed(n, k), np.flatnonzero(truth[:, 1] >= edge.log_fail)),
    ):
        assert exact.size > 100
        assert set(exact) <= set(found)
        assert found.size <= 1.03 * exact.size


def test_the_floor_without_a_single_failure() -> None:
    assert boundary(0.05, 0.95, 0.9, 1.0).pass_at(0) == 85
    assert boundary(0.05, 0.95, 0.9, 9.0).pass_at(0) == 761


def test_equal_questions_share_one_boundary() -> None:
    assert boundary(0.05, 0.95, 0.9, 1.0) is boundary(0.05, 0.95, 0.9, 1.0)
    assert boundary(0.05, 0.95, 0.9, 1.0) is not boundary(0.05, 0.95, 0.9, 2.0)
