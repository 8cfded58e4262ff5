"""What an expectation comes to: never green on what nobody could have seen."""

from __future__ import annotations

import pytest

from seatrial.chaos.gameday.script import Expect
from seatrial.chaos.signals.judging import Fires, Found, judge_signal
from seatrial.chaos.signals.watch import State
from seatrial.core.outcome import Outcome


def expect(state: str = "active") -> Expect:
    return Expect.model_validate({"signal": "pager", "within": "10s", "state": state})


def seen(*readings: tuple[float, bool], trouble: str = "") -> State:
    return State(list(readings), looked=readings[-1][0] if readings else None, trouble=trouble, told="told")


def came(outcome: Outcome, state: State, now: float = 20.0, wanted: str = "active") -> Found:
    found = judge_signal(expect(wanted), state, 5.0, now)
    assert found is not None
    assert found.outcome is outcome, found.reason
    return found


def test_a_signal_in_time_passes_with_its_delay() -> None:
    found = came(Outcome.PASSED, seen((0.0, False), (8.0, True)), now=8.0)
    assert found.seconds == 3.0
    assert found.reason == "fired after 3 s (limit 10 s)"


def test_a_signal_too_late_fails_and_tells_by_how_much() -> None:
    assert "10 s were allowed" in came(Outcome.FAILED, seen((0.0, False), (17.0, True))).reason


def test_a_signal_that_never_came_fails_when_time_is_up() -> None:
    assert judge_signal(expect(), seen((0.0, False)), 5.0, 14.9) is None
    assert "did not fire within 10 s" in came(Outcome.FAILED, seen((0.0, False)), now=15.0).reason


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (seen((0.0, True)), "active already"),
        (seen((6.0, True)), "nobody knows"),
        (State(trouble="refused"), "could never be looked at: refused"),
        (seen((0.0, False), trouble="status 500"), "could not be looked at: status 500"),
    ],
)
def test_what_proves_nothing_is_not_proven(state: State, said: str) -> None:
    assert said in came(Outcome.INCONCLUSIVE, state).reason


def test_a_signal_that_stops_had_to_be_there() -> None:
    found = came(Outcome.PASSED, seen((0.0, False), (3.0, True), (9.0, False)), wanted="quiet")
    assert found.seconds == 4.0
    came(Outcome.PASSED, seen((0.0, False), (7.0, True), (9.0, False)), wanted="quiet")
    came(Outcome.FAILED, seen((0.0, True)), wanted="quiet")
    assert "never active" in came(Outcome.INCONCLUSIVE, seen((0.0, False)), wanted="quiet").reason
    stopped = seen((0.0, True), (2.0, False))
    assert "had stopped already" in came(Outcome.INCONCLUSIVE, stopped, wanted="quiet").reason
    assert judge_signal(expect("quiet"), seen((0.0, False)), 5.0, 6.0) is None


def test_no_script_is_needed() -> None:
    found = judge_signal(Fires(2.0), seen((0.0, False), (8.0, True)), 5.0, 9.0)
    assert found is not None
    assert (found.outcome, found.seconds) == (Outcome.FAILED, 3.0)
