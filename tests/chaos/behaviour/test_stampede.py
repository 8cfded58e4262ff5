from __future__ import annotations

from typing import Any

import pytest

from seatrial.chaos.behaviour.calls import Recording
from seatrial.chaos.behaviour.stampede import no_stampede
from seatrial.core.outcome import Outcome
from seatrial.faults.recorder import Attempt
from seatrial.policy.aspects import Aspect
from tests.chaos.behaviour.recordings import INJECTED, NOTHING, good, recording

WAVES = 20
CALLERS = 8
EVERY, LONG = 0.4, 0.1


def waves(attempts: int, *, alike: bool = True, own_bodies: bool = False, **more: Any) -> Recording:
    """Waves of callers who ask the same (or not) at once, with so many attempts at once for each wave.

    Args:
        own_bodies: the target changes each attempt's body.
    """
    sent, questions, made = [], [], []
    for wave in range(WAVES):
        start = INJECTED + wave * EVERY
        sent += [start + 0.001 * number for number in range(CALLERS)]
        questions += [f"{wave}" if alike else f"{wave}-{number}" for number in range(CALLERS)]
        made += [_attempt(wave, number, start, own_bodies) for number in range(attempts)]
    done = [time + LONG for time in sent]
    return recording((), made, **{"sent": sent, "done": done, "questions": questions, **more})


def _attempt(wave: int, number: int, start: float, own_bodies: bool) -> Attempt:
    body = f"{wave}-{number}" if own_bodies else f"{wave}"
    return good(body, start + 0.002 * number, duration=LONG / 2)


@pytest.mark.parametrize(
    ("attempts", "outcome", "attempts_a_call"),
    [(1, Outcome.PASSED, 0.125), (2, Outcome.PASSED, 0.25), (8, Outcome.FAILED, 1.0)],
)
def test_attempts_at_once_for_who_asks_the_same(
    attempts: int, outcome: Outcome, attempts_a_call: float
) -> None:
    found = no_stampede(waves(attempts), NOTHING)
    assert found.outcome is outcome, found.reason
    assert (found.numbers["most"], found.numbers["attempts_a_call"]) == (attempts, attempts_a_call)


def test_the_policy_says_how_many_are_too_many() -> None:
    five = Aspect(aspect="no-stampede", at_most=5)
    assert no_stampede(waves(5), five).outcome is Outcome.PASSED
    assert no_stampede(waves(5), NOTHING).outcome is Outcome.FAILED


def test_one_after_the_other_is_no_stampede() -> None:
    after = [
        good(f"{wave}", INJECTED + wave * EVERY + number * 0.06, duration=0.05)
        for wave in range(WAVES)
        for number in range(4)
    ]
    base = waves(1)
    found = no_stampede(
        recording((), after, sent=base.sent, done=base.done, questions=base.questions), NOTHING
    )
    assert (found.outcome, found.numbers["most"]) == (Outcome.PASSED, 1), found.reason


def test_bodies_that_differ_hide_nothing() -> None:
    assert no_stampede(waves(8, own_bodies=True), NOTHING).outcome is Outcome.FAILED
    assert no_stampede(waves(1, own_bodies=True), NOTHING).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (waves(8, alike=False), "never more than 2 callers asked the same at once"),
        (waves(8, questions=()), "never more than 2 callers asked the same at once"),
        (waves(0), "no provider was asked under the fault"),
        (waves(8, order=("tertiary",)), "no provider was asked under the fault"),
        (waves(8, injected=INJECTED + 1000), "never more than 2 callers"),
    ],
)
def test_what_shows_nothing(record: Recording, said: str) -> None:
    found = no_stampede(record, NOTHING)
    assert (found.outcome, said in found.reason) == (Outcome.INCONCLUSIVE, True), found.reason


def test_few_callers_are_no_proof() -> None:
    few = waves(1)
    short = recording(
        (), few.others[:2], sent=few.sent[:16], done=few.done[:16], questions=few.questions[:16]
    )
    assert no_stampede(short, NOTHING).outcome is Outcome.INCONCLUSIVE
