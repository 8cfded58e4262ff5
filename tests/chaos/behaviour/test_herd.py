from __future__ import annotations

import pytest

from seatrial.chaos.behaviour.herd import no_thundering_herd
from seatrial.core.outcome import Outcome
from seatrial.faults.recorder import Attempt
from seatrial.policy.aspects import Aspect
from tests.chaos.behaviour.recordings import INJECTED, NOTHING, REVERTED, good, recording

USUAL = [good(f"before-{number}", INJECTED - 5 + 0.05 * number) for number in range(100)]
CALLS = [REVERTED + 0.05 * number for number in range(80)]


def back(a_second: int, seconds: float = 1.0) -> list[Attempt]:
    """So many attempts a second from one second after the return on."""
    return [good(f"after-{n}", REVERTED + 1 + n / a_second) for n in range(int(a_second * seconds))]


@pytest.mark.parametrize(
    ("a_second", "outcome"),
    [(20, Outcome.PASSED), (120, Outcome.FAILED), (400, Outcome.FAILED)],
)
def test_the_busiest_second_after_the_return(a_second: int, outcome: Outcome) -> None:
    found = no_thundering_herd(recording([*USUAL, *back(a_second)], sent=CALLS), NOTHING)
    assert found.outcome is outcome, found.reason
    assert found.numbers["times"] == pytest.approx(a_second / 20.2, rel=0.05)


def test_a_herd_behind_the_first_trial_is_seen() -> None:
    trial = [good("trial", REVERTED + 0.5)]
    found = no_thundering_herd(recording([*USUAL, *trial, *back(300)], sent=CALLS), NOTHING)
    assert found.outcome is Outcome.FAILED


def test_a_herd_that_slows_the_calls_is_seen_by_their_number() -> None:
    few = [REVERTED + 0.5 * number for number in range(8)]
    found = no_thundering_herd(recording([*USUAL, *back(40)], sent=few), NOTHING)
    assert (found.outcome, found.numbers["calls"]) == (Outcome.FAILED, 2)
    assert found.numbers["times"] < 3


def test_the_policy_says_how_much_is_too_much() -> None:
    aspect = Aspect(aspect="no-thundering-herd", at_most=12)
    found = no_thundering_herd(recording([*USUAL, *back(120)], sent=CALLS), aspect)
    assert found.outcome is Outcome.PASSED, found.reason


@pytest.mark.parametrize(
    ("before", "after", "ended", "said"),
    [
        (USUAL[:5], [REVERTED + 1], REVERTED + 5, "only 5 attempts before the fault"),
        (USUAL, [], REVERTED + 5, "not asked again"),
        (USUAL, [REVERTED + 1], REVERTED + 1.5, "ends too soon"),
    ],
)
def test_what_cannot_be_compared(before: list[Attempt], after: list[float], ended: float, said: str) -> None:
    came = [good(f"after-{time}", time) for time in after]
    found = no_thundering_herd(recording([*before, *came], ended=ended), NOTHING)
    assert (found.outcome, said in found.reason) == (Outcome.INCONCLUSIVE, True), found.reason
