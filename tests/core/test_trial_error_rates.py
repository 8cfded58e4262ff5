"""False passes of whole running verdicts: sequential test, estimated dependence and replays together."""

from __future__ import annotations

import numpy as np
import pytest

from seatrial.core.outcome import Outcome
from seatrial.core.risk import Risk
from tests.core.test_trial import AVAILABILITY, Recording

RUNS = 300
SIZE = 4000
LIMIT = 0.01
SLACK = 3 * (0.05 * 0.95 / RUNS) ** 0.5


def bursts(random: np.random.Generator, length: float) -> np.ndarray:
    """Failures at exactly the limit, in geometric bursts of a mean length."""
    stay = 1 - 1 / length
    start = LIMIT * (1 - stay) / (1 - LIMIT)
    bad, state = np.zeros(SIZE, bool), bool(random.random() < LIMIT)
    draws = random.random(SIZE)
    for index in range(SIZE):
        state = draws[index] < (stay if state else start)
        bad[index] = state
    return bad


def false_passes(declared: int | None, length: float) -> float:
    random = np.random.default_rng(20261120)
    risk = Risk(bursts_up_to=declared, min_duration=0, segments=1)
    calm = np.full(SIZE, 0.1)
    outcomes = [
        AVAILABILITY.judge(Recording(calm, bursts(random, length), risk, each=50)).outcome
        for _ in range(RUNS)
    ]
    return outcomes.count(Outcome.PASSED) / RUNS


@pytest.mark.parametrize("length", [1, 3, 5])
def test_at_the_limit_no_more_pass_than_the_confidence_allows(length: float) -> None:
    assert false_passes(5, length) <= 0.05 + SLACK


def test_without_the_declaration_bursts_would_break_it() -> None:
    """The test above could fail: that is what it costs to call bursts independent."""
    assert false_passes(None, 5) > 0.10
