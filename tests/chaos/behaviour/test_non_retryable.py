from __future__ import annotations

import pytest

from seatrial.chaos.behaviour.non_retryable import non_retryable_not_retried
from seatrial.core.outcome import Outcome
from tests.chaos.behaviour.recordings import NOTHING, calls, recording


@pytest.mark.parametrize("status", [400, 401, 404, 422])
@pytest.mark.parametrize(
    ("waits", "outcome"),
    [([[]] * 100, Outcome.PASSED), ([[0.1]] * 3, Outcome.FAILED), ([[]] * 5, Outcome.PASSED)],
)
def test_what_was_refused_is_not_brought_again(
    status: int, waits: list[list[float]], outcome: Outcome
) -> None:
    found = non_retryable_not_retried(recording(calls(waits, status=status)), NOTHING)
    assert found.outcome is outcome, found.reason


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_what_may_be_tried_again_is_none_of_its_business(status: int) -> None:
    found = non_retryable_not_retried(recording(calls([[0.1]] * 100, status=status)), NOTHING)
    assert found.outcome is Outcome.INCONCLUSIVE
