from __future__ import annotations

import random

import pytest

from seatrial.chaos.behaviour.backoff import backoff_bounded, backoff_grows, backoff_jitter
from seatrial.core.outcome import Outcome
from seatrial.policy.aspects import Aspect
from tests.chaos.behaviour.recordings import NOTHING, calls, recording

DRAW = random.Random(7)
FULL = [[DRAW.uniform(0, 0.1), DRAW.uniform(0, 0.2)] for _ in range(70)]
EQUAL = [[0.05 + DRAW.uniform(0, 0.05), 0.1 + DRAW.uniform(0, 0.1)] for _ in range(70)]
DOUBLING = [[0.1 + DRAW.uniform(0, 0.002), 0.2 + DRAW.uniform(0, 0.002)] for _ in range(70)]
CONSTANT = [[0.1 + DRAW.uniform(0, 0.002), 0.1 + DRAW.uniform(0, 0.002)] for _ in range(70)]
AT_ONCE = [[DRAW.uniform(0, 0.001), DRAW.uniform(0, 0.001)] for _ in range(70)]
ONCE = [[DRAW.uniform(0, 0.1)] for _ in range(70)]
NEVER: list[list[float]] = [[] for _ in range(70)]


@pytest.mark.parametrize(
    ("waits", "outcome"),
    [
        (FULL, Outcome.PASSED),
        (EQUAL, Outcome.PASSED),
        (DOUBLING, Outcome.PASSED),
        (CONSTANT, Outcome.FAILED),
        (AT_ONCE, Outcome.FAILED),
        (FULL[:3], Outcome.INCONCLUSIVE),
        (ONCE, Outcome.NOT_APPLICABLE),
        (NEVER, Outcome.NOT_APPLICABLE),
        ([], Outcome.INCONCLUSIVE),
    ],
)
def test_the_second_wait_is_longer(waits: list[list[float]], outcome: Outcome) -> None:
    found = backoff_grows(recording(calls(waits)), NOTHING)
    assert found.outcome is outcome, found.reason


@pytest.mark.parametrize(
    ("waits", "outcome"),
    [
        (FULL, Outcome.PASSED),
        (EQUAL, Outcome.PASSED),
        (DOUBLING, Outcome.FAILED),
        (CONSTANT, Outcome.FAILED),
        (AT_ONCE, Outcome.FAILED),
        (NEVER, Outcome.NOT_APPLICABLE),
        ([], Outcome.INCONCLUSIVE),
    ],
)
def test_waits_differ_from_call_to_call(waits: list[list[float]], outcome: Outcome) -> None:
    found = backoff_jitter(recording(calls(waits)), NOTHING)
    assert found.outcome is outcome, found.reason


def test_a_few_retries_at_once_are_not_called_a_habit() -> None:
    assert backoff_jitter(recording(calls(AT_ONCE[:3])), NOTHING).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    ("waits", "limits", "outcome"),
    [
        (FULL, {}, Outcome.PASSED),
        (NEVER, {}, Outcome.PASSED),
        ([[3.0, 9.0]] * 10, {"within": "2s"}, Outcome.FAILED),
        ([[3.0]] * 70, {"within": "4s"}, Outcome.PASSED),
        ([[0.01] * 12] * 10, {}, Outcome.FAILED),
        ([[0.01] * 12] * 70, {"attempts": 13}, Outcome.PASSED),
        ([], {}, Outcome.INCONCLUSIVE),
    ],
)
def test_waits_and_attempts_have_an_end(
    waits: list[list[float]], limits: dict[str, object], outcome: Outcome
) -> None:
    aspect = Aspect.model_validate({"aspect": "backoff-bounded", **limits})
    found = backoff_bounded(recording(calls(waits)), aspect)
    assert found.outcome is outcome, found.reason
