from __future__ import annotations

import pytest

from seatrial.chaos.behaviour.herd import no_thundering_herd
from seatrial.core.outcome import Outcome
from seatrial.policy.aspects import Aspect
from tests.chaos.behaviour.recordings import INJECTED, NOTHING, REVERTED, good, recording

USUAL = [good(f"before-{number}", INJECTED - 5 + 0.05 * number) for number in range(100)]


@pytest.mark.parametrize(
    ("a_second", "outcome"),
    [(20, Outcome.PASSED), (35, Outcome.PASSED), (120, Outcome.FAILED), (400, Outcome.FAILED)],
)
def test_the_first_second_after_the_return(a_second: int, outcome: Outcome) -> None:
    back = [good(f"after-{n}", REVERTED + 1 + n / a_second) for n in range(a_second)]
    found = no_thundering_herd(recording([*USUAL, *back]), NOTHING)
    assert found.outcome is outcome, found.reason
    assert found.numbers["times"] == pytest.approx(a_second / 20.2, rel=0.05)


def test_the_policy_says_how_much_is_too_much() -> None:
    back = [good(f"after-{n}", REVERTED + n / 120) for n in range(120)]
    aspect = Aspect(aspect="no-thundering-herd", at_most=9)
    assert no_thundering_herd(recording([*USUAL, *back]), aspect).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("before", "after", "ended", "said"),
    [
        (USUAL[:5], [REVERTED + 1], REVERTED + 5, "only 5 attempts before the fault"),
        (USUAL, [], REVERTED + 5, "not asked again"),
        (USUAL, [REVERTED + 1], REVERTED + 1.1, "ends too soon"),
    ],
)
def test_what_cannot_be_compared(before: list[object], after: list[float], ended: float, said: str) -> None:
    back = [good(f"after-{time}", time) for time in after]
    found = no_thundering_herd(recording([*before, *back], ended=ended), NOTHING)  # type: ignore[list-item]
    assert (found.outcome, said in found.reason) == (Outcome.INCONCLUSIVE, True), found.reason
