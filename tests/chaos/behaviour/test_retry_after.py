from __future__ import annotations

import pytest

from seatrial.chaos.behaviour.retry_after import retry_after_honoured
from seatrial.core.outcome import Outcome
from tests.chaos.behaviour.recordings import FAULT, INJECTED, NOTHING, REVERTED, call, calls, recording

ASKED = {FAULT: {"status": 429, "retry_after": "2s"}}
DATE = {FAULT: {"status": 429, "retry_after": "2s", "retry_after_form": "date"}}


@pytest.mark.parametrize("faults", [ASKED, DATE], ids=["seconds", "date"])
@pytest.mark.parametrize(
    ("waits", "outcome"),
    [
        ([[2.1]] * 20, Outcome.PASSED),
        ([[1.97]] * 20, Outcome.PASSED),  # within the tolerance of two clocks
        ([[]] * 20, Outcome.PASSED),  # never came back
        ([[0.1]] * 3, Outcome.FAILED),
        ([[2.1, 0.1]] * 20, Outcome.FAILED),  # the second time it was asked to wait too
        ([[1.5]] * 4, Outcome.FAILED),
    ],
)
def test_who_is_asked_to_wait_waits(
    faults: dict[str, dict[str, str]], waits: list[list[float]], outcome: Outcome
) -> None:
    found = retry_after_honoured(recording(calls(waits, status=429), faults=faults), NOTHING)
    assert found.outcome is outcome, found.reason


def test_one_clumsy_call_of_hundreds_is_no_habit() -> None:
    waits = [[2.1]] * 400 + [[0.1]]
    found = retry_after_honoured(recording(calls(waits, status=429), faults=ASKED), NOTHING)
    assert (found.outcome, found.bad, found.n) == (Outcome.PASSED, 1, 401)
    assert found.numbers["shortest_wait_seconds"] == pytest.approx(0.1)


def test_a_record_that_ends_before_the_time_shows_only_who_came_too_early() -> None:
    late = call("late", REVERTED - 0.1, status=429)
    assert retry_after_honoured(recording(late, faults=ASKED, ended=REVERTED), NOTHING).outcome is (
        Outcome.INCONCLUSIVE
    )
    early = [each for number in range(3) for each in call(str(number), REVERTED - 0.5, [0.1], status=429)]
    assert retry_after_honoured(recording(early, faults=ASKED, ended=REVERTED), NOTHING).outcome is (
        Outcome.FAILED
    )


def test_a_fault_that_asks_for_nothing_shows_nothing() -> None:
    found = retry_after_honoured(recording(call("a", INJECTED, [0.1])), NOTHING)
    assert (found.outcome, "asks to retry later" in found.reason) == (Outcome.INCONCLUSIVE, True)
