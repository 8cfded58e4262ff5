from __future__ import annotations

import pytest

from seatrial.chaos.behaviour.amplification import amplification
from seatrial.core.outcome import Outcome
from seatrial.policy.aspects import Aspect
from tests.chaos.behaviour.recordings import INJECTED, attempt, calls, recording

TWO = Aspect(aspect="amplification", at_most=2)


@pytest.mark.parametrize(
    ("waits", "sent", "outcome"),
    [
        ([[0.1]] * 100, 100, Outcome.PASSED),
        ([[0.1, 0.1]] * 100, 100, Outcome.FAILED),
        ([[0.1, 0.1]] + [[0.1]] * 199, 200, Outcome.PASSED),
        ([[0.1]] * 5, 100, Outcome.PASSED),  # a breaker opened: the other calls never came
        ([[0.1] * 9] * 3, 500, Outcome.FAILED),  # ... and hides nothing
        ([[0.1]] * 5, 20, Outcome.INCONCLUSIVE),
        ([], 100, Outcome.INCONCLUSIVE),
    ],
)
def test_attempts_a_call(waits: list[list[float]], sent: int, outcome: Outcome) -> None:
    found = amplification(recording(calls(waits), sent=sent), TWO)
    assert found.outcome is outcome, found.reason


def test_three_attempts_are_allowed_where_the_policy_says_nothing() -> None:
    three = recording(calls([[0.1, 0.1]] * 100))
    assert amplification(three, Aspect(aspect="amplification")).outcome is Outcome.PASSED


def test_attempts_that_share_no_body_are_counted_against_the_calls() -> None:
    storm = [attempt(f"body-{number}", INJECTED + 0.01 * number) for number in range(500)]
    found = amplification(recording(storm, sent=50), TWO)
    assert (found.outcome, "stand for 10.0 attempts each" in found.reason) == (Outcome.FAILED, True)
