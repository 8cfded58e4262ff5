"""What an expectation comes to: never green on what nobody could have seen."""

from __future__ import annotations

from seatrial.chaos.gameday.journey import Moment
from seatrial.chaos.gameday.judging import judge_recovery, steady_after
from seatrial.chaos.gameday.pulse import Pulse
from seatrial.chaos.signals.judging import Found
from seatrial.core.outcome import Outcome
from tests.chaos.gameday.test_pulse import filled


def recovery(
    pulse: Pulse, *, acted: float | None = 2.0, limit: float = 4.0, now: float = 30.0
) -> Found | None:
    return judge_recovery(pulse, Moment(2.0, 2), acted, 3, limit, now)


def judged(pulse: Pulse, **given: float | None) -> Found:
    found = recovery(pulse, **given)  # type: ignore[arg-type]
    assert found is not None
    return found


def test_recovery_is_the_first_of_enough_good_requests() -> None:
    found = judged(filled("++--+++"))
    assert (found.outcome, found.seconds) == (Outcome.PASSED, 2.0)
    assert found.reason == "3 good requests in a row from 2 s on (limit 4 s)"


def test_recovery_too_late_fails() -> None:
    found = judged(filled("++------+++"))
    assert (found.outcome, found.seconds) == (Outcome.FAILED, 6.0)


def test_no_recovery_fails_when_time_is_up() -> None:
    pulse = filled("++------")
    assert recovery(pulse, now=5.0) is None
    assert judged(pulse).reason == "no 3 good requests in a row within 4 s: 6 of 6 were bad"


def test_nobody_noticed() -> None:
    found = judged(filled("++++++++"))
    assert (found.outcome, found.seconds) == (Outcome.PASSED, 0.0)
    assert "no caller noticed" in found.reason


def test_what_went_well_before_the_fault_acted_shows_nothing() -> None:
    """Good requests between the injection and the first hit are no recovery."""
    pulse = filled("+++++++---")
    assert steady_after(pulse, Moment(2.0, 2), None, 3) is None
    assert steady_after(pulse, Moment(2.0, 2), 7.0, 3) is None
    assert judged(pulse, acted=7.0).outcome is Outcome.FAILED
    assert "did not act" in judged(pulse, acted=None).reason
    assert judged(pulse, acted=None).outcome is Outcome.INCONCLUSIVE


def test_too_few_requests_are_not_proven() -> None:
    assert recovery(filled("++++"), now=7.0) is None, "the row may have begun, and needs more requests"
    assert judged(filled("++++")).outcome is Outcome.INCONCLUSIVE
    assert judged(filled("++")).reason == "no request came to its end: nothing was measured"
