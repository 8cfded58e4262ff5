from __future__ import annotations

from typing import Any

from seatrial.chaos.behaviour.billing import no_double_billing
from seatrial.core.outcome import Outcome
from seatrial.faults.recorder import Attempt
from tests.chaos.behaviour.recordings import INJECTED, NOTHING, calls, good, recording

CUT: dict[str, Any] = {"status": 200, "outcome": "reset"}


def elsewhere(count: int, prefix: str = "call-", **more: Any) -> list[Attempt]:
    return [
        good(f"{prefix}{number}", INJECTED + 0.005 + 0.01 * number, proxy="secondary", **more)
        for number in range(count)
    ]


def test_a_cut_call_may_be_made_once_more() -> None:
    assert no_double_billing(recording(calls([[]] * 80, **CUT), elsewhere(80)), NOTHING).outcome is (
        Outcome.PASSED
    )
    assert no_double_billing(recording(calls([[0.1]] * 80, **CUT)), NOTHING).outcome is Outcome.PASSED


def test_twice_at_one_provider_and_once_at_the_next_is_once_too_often() -> None:
    found = no_double_billing(recording(calls([[0.1]] * 5, **CUT), elsewhere(5)), NOTHING)
    assert (found.outcome, found.numbers["most"]) == (Outcome.FAILED, 3)


def test_other_bodies_at_the_next_provider_are_counted_too() -> None:
    found = no_double_billing(recording(calls([[0.1]] * 5, **CUT), elsewhere(5, "renamed-")), NOTHING)
    assert found.outcome is Outcome.FAILED


def test_what_the_provider_never_got_is_not_billed() -> None:
    refused = elsewhere(5, status=0, outcome="refused")
    assert no_double_billing(recording(calls([[0.1]] * 5, **CUT), refused), NOTHING).outcome is Outcome.PASSED
    errors = calls([[0.1, 0.1, 0.1]] * 80, status=503)
    found = no_double_billing(recording(errors), NOTHING)
    assert (found.outcome, found.reason) == (Outcome.INCONCLUSIVE, "no call was accepted and then cut")


def test_a_key_makes_many_attempts_one_bill() -> None:
    keyed = calls([[0.1, 0.1, 0.1]] * 5, idempotency_key="key-1", **CUT)
    assert no_double_billing(recording(keyed), NOTHING).outcome is Outcome.PASSED
    keyless = calls([[0.1, 0.1, 0.1]] * 5, **CUT)
    assert no_double_billing(recording(keyless), NOTHING).outcome is Outcome.FAILED
