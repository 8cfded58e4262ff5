from __future__ import annotations

from seatrial.chaos.behaviour.fallback import fallback_order
from seatrial.core.outcome import Outcome
from seatrial.faults.recorder import Attempt
from tests.chaos.behaviour.recordings import INJECTED, NOTHING, calls, good, recording

DEAD = calls([[]] * 5)


def took(proxy: str, count: int) -> list[Attempt]:
    return [good(f"{proxy}-{number}", INJECTED + 0.09 * number, proxy=proxy) for number in range(count)]


def test_the_next_in_order_takes_over() -> None:
    found = fallback_order(recording(DEAD, took("secondary", 100)), NOTHING)
    assert (found.outcome, found.numbers["reached"]) == (Outcome.PASSED, {"secondary": 100, "tertiary": 0})


def test_nobody_takes_over() -> None:
    assert fallback_order(recording(DEAD), NOTHING).outcome is Outcome.FAILED


def test_the_third_is_asked_before_the_second() -> None:
    assert fallback_order(recording(DEAD, took("tertiary", 100)), NOTHING).outcome is Outcome.FAILED
    both = [*took("secondary", 100), *took("tertiary", 60)]
    found = fallback_order(recording(DEAD, both), NOTHING)
    assert (found.outcome, "although 'secondary' was whole" in found.reason) == (Outcome.FAILED, True)


def test_a_single_provider_has_no_fallback() -> None:
    assert fallback_order(recording(DEAD, order=("primary",)), NOTHING).outcome is Outcome.NOT_APPLICABLE
