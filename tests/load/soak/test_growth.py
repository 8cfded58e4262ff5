"""Growth: shown, excluded, or neither; of figures and of errors."""

from __future__ import annotations

import json

import numpy as np
import pytest

from seatrial.core.outcome import Outcome
from seatrial.core.risk import Risk
from seatrial.load.soak.growth import judge_errors, judge_series

RISK = Risk(bursts_up_to=None)
TIMES = np.arange(100) * 60.0
HOUR = 3600.0


def noise(scale: float, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, scale, 100)


@pytest.mark.parametrize(
    ("values", "outcome"),
    [
        (200 + noise(2), Outcome.PASSED),
        (200 * (1 + 0.3 * TIMES / HOUR) + noise(2), Outcome.FAILED),
        (200 + noise(90), Outcome.INCONCLUSIVE),
        (200 * (1 + 0.1 * TIMES / HOUR) + noise(2), Outcome.INCONCLUSIVE),
        (200 * (1 - 0.3 * TIMES / HOUR) + noise(2), Outcome.PASSED),
        (np.full(100, 12.0), Outcome.PASSED),
        (np.zeros(100), Outcome.PASSED),
        (12 + np.floor(TIMES / 300), Outcome.FAILED),
        (TIMES / 60, Outcome.INCONCLUSIVE),
    ],
    ids=[
        "flat",
        "grows",
        "noisy",
        "at-the-limit",
        "shrinks",
        "constant",
        "nothing",
        "staircase",
        "from-nothing",
    ],
)
def test_a_figure(values: np.ndarray, outcome: Outcome) -> None:
    found = judge_series("memory", list(TIMES), list(values), limit=0.1, horizon=HOUR, risk=RISK)
    assert found.outcome is outcome, found.reason
    assert json.dumps(found.to_dict(), allow_nan=False)


def test_the_horizon_counts() -> None:
    values = list(200 * (1 + 0.02 * TIMES / HOUR) + noise(0.5))
    outcomes = [
        judge_series("memory", list(TIMES), values, limit=0.1, horizon=hours * HOUR, risk=RISK).outcome
        for hours in (1, 24)
    ]
    assert outcomes == [Outcome.PASSED, Outcome.FAILED]


def test_a_slope_is_told_by_the_hour() -> None:
    values = list(200 * (1 + 0.3 * TIMES / HOUR) + noise(1))
    told = judge_series("memory", list(TIMES), values, limit=0.1, horizon=2 * HOUR, risk=RISK).to_dict()
    assert told["slope"] == pytest.approx(30, abs=1)
    assert told["growth"][0] == pytest.approx(0.6, abs=0.02)
    assert (told["unit"], told["limit"]) == ("%", 10.0)


def test_a_saw_tooth_is_no_growth() -> None:
    values = list(200 + 40 * (np.arange(100) % 13) / 13)
    found = judge_series("memory", list(TIMES), values, limit=0.2, horizon=HOUR, risk=RISK)
    assert found.outcome is Outcome.PASSED, found.reason


def test_figures_that_could_not_be_read_prove_nothing() -> None:
    values = np.full(100, 12.0)
    values[::5] = np.nan
    found = judge_series("files", list(TIMES), list(values), limit=0.1, horizon=HOUR, risk=RISK)
    assert found.outcome is Outcome.INCONCLUSIVE
    assert "80 of 100" in found.reason
    few = judge_series("files", [1.0, 2.0], [1.0, 1.0], limit=0.1, horizon=HOUR, risk=RISK)
    assert few.outcome is Outcome.INCONCLUSIVE


def test_looking_often_makes_a_failure_harder() -> None:
    values = list(200 * (1 + 0.2 * TIMES / HOUR) + noise(60, 3))
    once, often = (
        judge_series("memory", list(TIMES), values, limit=0.05, horizon=HOUR, risk=RISK, looks=looks)
        for looks in (1, 8)
    )
    assert once.lower is not None
    assert often.lower is not None
    assert often.lower < once.lower
    assert often.upper == once.upper


def test_false_failures_are_rare_though_neighbours_depend() -> None:
    rng = np.random.default_rng(8)
    outcomes = []
    for _ in range(200):
        values = rng.normal(0, 4, 100)
        for at in range(1, 100):
            values[at] += 0.6 * values[at - 1]
        found = judge_series("m", list(TIMES), list(200 + values), limit=0.001, horizon=HOUR, risk=RISK)
        outcomes.append(found.outcome)
    assert outcomes.count(Outcome.FAILED) <= 30  # 10 % are accepted at the limit


@pytest.mark.parametrize(
    ("early", "late", "outcome"),
    [(0, 0, Outcome.PASSED), (0, 5, Outcome.FAILED), (5, 5, Outcome.PASSED), (5, 0, Outcome.PASSED)],
)
def test_errors(early: int, late: int, outcome: Outcome) -> None:
    failed = [early] * 50 + [late] * 50
    assert judge_errors(failed, [100] * 100, limit=0.01, risk=RISK).outcome is outcome


def test_too_few_answers_say_nothing_about_errors() -> None:
    assert judge_errors([0] * 100, [1] * 100, limit=0.01, risk=RISK).outcome is Outcome.INCONCLUSIVE
    assert judge_errors([0] * 5, [100] * 5, limit=0.01, risk=RISK).outcome is Outcome.INCONCLUSIVE
    bursts = Risk(bursts_up_to=50)
    assert judge_errors([0] * 100, [100] * 100, limit=0.01, risk=bursts).outcome is Outcome.INCONCLUSIVE
