from __future__ import annotations

import pytest

from seatrial.chaos.behaviour.breaker import breaker_closes, breaker_half_opens, breaker_opens
from seatrial.chaos.behaviour.calls import Recording
from seatrial.core.outcome import Outcome
from seatrial.faults.recorder import Attempt
from seatrial.policy.aspects import Aspect
from tests.chaos.behaviour.recordings import INJECTED, NOTHING, REVERTED, attempt, good, recording

BEFORE = [INJECTED - 5 + 0.1 * number for number in range(40)]
UNDER = [INJECTED + 0.1 * number for number in range(100)]
AFTER = [REVERTED + 0.1 * number for number in range(40)]
TIMES = [*BEFORE, *UNDER, *AFTER]
USUAL = [good(f"before-{number}", time) for number, time in enumerate(BEFORE)]


def asked(times: list[float], name: str = "under") -> list[Attempt]:
    return [attempt(f"{name}-{number}", time) for number, time in enumerate(times)]


def seen(*attempts: list[Attempt], **more: object) -> Recording:
    return recording([each for group in (USUAL, *attempts) for each in group], sent=TIMES, **more)


FIRST_FIVE = asked(UNDER[:5])
PROBES = asked([INJECTED + 6, INJECTED + 8.5], "probe")


@pytest.mark.parametrize(
    ("under", "outcome"),
    [
        (FIRST_FIVE, Outcome.PASSED),
        ([*FIRST_FIVE, *PROBES], Outcome.PASSED),
        (asked(UNDER), Outcome.FAILED),
        (asked(UNDER[::2]), Outcome.FAILED),
        (asked(UNDER, "hang"), Outcome.FAILED),
    ],
)
def test_an_open_breaker_lets_few_calls_pass(under: list[Attempt], outcome: Outcome) -> None:
    found = breaker_opens(seen(under), NOTHING)
    assert found.outcome is outcome, found.reason


def test_how_few_is_the_policys_to_say() -> None:
    third = seen(asked(UNDER[::3]))
    assert breaker_opens(third, Aspect(aspect="breaker-opens", at_most=0.6)).outcome is Outcome.PASSED
    assert breaker_opens(third, NOTHING).outcome is Outcome.FAILED


def test_a_dependency_that_nobody_asks_has_no_breaker_to_look_at() -> None:
    assert breaker_opens(recording(sent=TIMES), NOTHING).outcome is Outcome.INCONCLUSIVE
    assert breaker_opens(recording(FIRST_FIVE, sent=UNDER[:8]), NOTHING).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    ("under", "limits", "outcome"),
    [
        ([*FIRST_FIVE, *PROBES], {}, Outcome.PASSED),
        (FIRST_FIVE, {"within": "5s"}, Outcome.FAILED),
        (FIRST_FIVE, {"within": "20s"}, Outcome.INCONCLUSIVE),
        ([*FIRST_FIVE, *asked([INJECTED + 7 + 0.01 * n for n in range(8)], "flood")], {}, Outcome.FAILED),
        (asked(UNDER), {}, Outcome.INCONCLUSIVE),  # it never opened
    ],
)
def test_a_half_open_breaker_tries_by_single_calls(
    under: list[Attempt], limits: dict[str, str], outcome: Outcome
) -> None:
    aspect = Aspect.model_validate({"aspect": "breaker-half-opens", **limits})
    found = breaker_half_opens(seen(under), aspect)
    assert found.outcome is outcome, found.reason


def test_it_closes_when_the_dependency_is_back() -> None:
    back = [good(f"after-{number}", time) for number, time in enumerate(AFTER) if number >= 10]
    found = breaker_closes(seen(FIRST_FIVE, back), NOTHING)
    assert found.outcome is Outcome.PASSED, found.reason
    assert 1.0 < found.numbers["seconds"] < 3.0


def test_a_breaker_that_stays_open_is_told_once_its_time_is_over() -> None:
    probe = [good("probe", REVERTED + 1)]
    patient = breaker_closes(seen(FIRST_FIVE, probe), NOTHING)
    assert patient.outcome is Outcome.INCONCLUSIVE, patient.reason
    strict = Aspect.model_validate({"aspect": "breaker-closes", "within": "4s"})
    assert breaker_closes(seen(FIRST_FIVE, probe), strict).outcome is Outcome.FAILED


def test_a_dependency_that_was_not_in_use_need_not_come_back() -> None:
    idle = recording(FIRST_FIVE, sent=TIMES)
    assert breaker_closes(idle, NOTHING).outcome is Outcome.NOT_APPLICABLE
