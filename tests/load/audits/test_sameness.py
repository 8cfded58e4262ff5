"""A band around no change: kept, broken on either side, not shown."""

from __future__ import annotations

import numpy as np
import pytest

from seatrial.core.outcome import Outcome
from seatrial.load.audits.sameness import judge_band


@pytest.mark.parametrize(
    ("factor", "outcome"),
    [(1.0, Outcome.PASSED), (1.01, Outcome.PASSED), (0.5, Outcome.FAILED), (1.5, Outcome.FAILED)],
)
def test_a_factor(factor: float, outcome: Outcome) -> None:
    alone = np.random.default_rng(1).uniform(20, 60, 64)
    found = judge_band("lengths", alone, factor * alone)
    assert found.outcome is outcome
    assert found.n == 64
    assert found.numbers["change"] == pytest.approx((factor - 1) / max(factor, 1), abs=1e-9)


def test_too_few_pairs_prove_nothing() -> None:
    assert judge_band("lengths", [10.0] * 15, [10.0] * 15).outcome is Outcome.INCONCLUSIVE
    assert judge_band("lengths", [], []).outcome is Outcome.INCONCLUSIVE


def test_a_change_at_the_limit_is_not_passed() -> None:
    rng = np.random.default_rng(5)
    passed = 0
    for _ in range(100):
        alone = rng.uniform(20, 60, 64)
        loaded = alone * np.where(rng.random(64) < 0.5, 1.0, 0.8)  # 10 % shorter on average
        passed += judge_band("lengths", alone, loaded).outcome is Outcome.PASSED
    assert passed <= 10


def test_noise_without_a_change_hardly_ever_fails() -> None:
    rng = np.random.default_rng(6)
    outcomes = []
    for _ in range(100):
        alone, loaded = rng.uniform(20, 60, (2, 64))
        outcomes.append(judge_band("lengths", alone, loaded).outcome)
    assert outcomes.count(Outcome.FAILED) <= 10


def test_nothing_at_all_is_no_change() -> None:
    assert judge_band("lengths", [0.0] * 64, [0.0] * 64).outcome is Outcome.PASSED
    assert judge_band("lengths", [10.0] * 64, [0.0] * 64).outcome is Outcome.FAILED
