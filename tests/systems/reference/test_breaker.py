from __future__ import annotations

import random

import pytest

from seatrial.systems.reference.breaker import Breaker
from seatrial.systems.reference.defects import Defects
from seatrial.systems.reference.settings import Breaking

POLICY = Breaking(share=0.05, window=50, least=20, consecutive=5, rest=5.0, ramp=4)
RESTED = 1.2 * POLICY.rest


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def make(clock: Clock, *defects: str) -> Breaker:
    return Breaker(POLICY, clock, random.Random(0), Defects(defects))


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return make(clock)


def state(breaker: Breaker) -> str:
    return breaker.state.name


def ticket(breaker: Breaker) -> int:
    found = breaker.admit()
    assert found is not None
    return found


def fail(breaker: Breaker) -> None:
    breaker.failed(ticket(breaker))


def succeed(breaker: Breaker) -> None:
    breaker.succeeded(ticket(breaker))


def opened(breaker: Breaker) -> Breaker:
    for _ in range(POLICY.consecutive):
        fail(breaker)
    return breaker


def test_it_is_closed_while_calls_succeed(breaker: Breaker) -> None:
    for _ in range(100):
        succeed(breaker)
    assert state(breaker) == "CLOSED"
    assert breaker.wait == 0


def test_failures_in_a_row_open_it(breaker: Breaker) -> None:
    assert state(opened(breaker)) == "OPEN"
    assert breaker.admit() is None
    assert 0.8 * POLICY.rest <= breaker.wait <= RESTED


def test_a_share_of_failures_opens_it_but_not_before_enough_calls(breaker: Breaker) -> None:
    for _ in range(3):
        fail(breaker)
        for _ in range(4):
            succeed(breaker)
    assert state(breaker) == "CLOSED"
    for _ in range(5):
        succeed(breaker)
    assert state(breaker) == "CLOSED"
    fail(breaker)
    assert state(breaker) == "OPEN"


def test_old_failures_leave_the_window(breaker: Breaker) -> None:
    fail(breaker)
    fail(breaker)
    for _ in range(POLICY.window):
        succeed(breaker)
    fail(breaker)
    assert state(breaker) == "CLOSED"


def test_after_its_rest_one_call_goes_through_then_two_then_four(breaker: Breaker, clock: Clock) -> None:
    opened(breaker)
    clock.now += RESTED
    assert state(breaker) == "HALF_OPEN"
    for allowed in (1, 2, 4):
        tickets = [ticket(breaker) for _ in range(allowed)]
        assert breaker.admit() is None
        assert state(breaker) == "HALF_OPEN"
        breaker.succeeded(tickets[0])
        for spare in tickets[1:]:
            breaker.abandoned(spare)
    assert state(breaker) == "CLOSED"
    assert breaker.closed(ticket(breaker))


def test_a_failure_in_the_half_open_state_opens_it_again(breaker: Breaker, clock: Clock) -> None:
    opened(breaker)
    clock.now += RESTED
    fail(breaker)
    assert state(breaker) == "OPEN"
    assert breaker.admit() is None


def test_an_abandoned_trial_makes_room_for_the_next(breaker: Breaker, clock: Clock) -> None:
    opened(breaker)
    clock.now += RESTED
    breaker.abandoned(ticket(breaker))
    assert breaker.admit()


def test_news_from_before_it_opened_are_no_news(breaker: Breaker, clock: Clock) -> None:
    late = [ticket(breaker) for _ in range(3)]
    opened(breaker)
    assert not breaker.closed(late[0])
    clock.now += RESTED
    breaker.succeeded(late[0])
    breaker.failed(late[1])
    breaker.abandoned(late[2])
    assert state(breaker) == "HALF_OPEN"
    ticket(breaker)
    assert breaker.admit() is None


def test_an_asked_for_wait_is_kept_for_everybody_and_never_shortened(breaker: Breaker, clock: Clock) -> None:
    breaker.hold(2.0)
    breaker.hold(1.0)
    clock.now += 1.99
    assert breaker.admit() is None
    clock.now += 0.21
    assert breaker.admit()


def test_the_defects_break_it(clock: Clock) -> None:
    assert state(opened(make(clock, "breaker-never-opens"))) == "CLOSED"
    stuck, flooded = (
        opened(make(clock, "breaker-never-closes")),
        opened(make(clock, "breaker-half-open-floods")),
    )
    clock.now += RESTED
    assert stuck.admit() is None
    assert [flooded.admit() for _ in range(9)] == [2] * 9
