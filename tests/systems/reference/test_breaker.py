from __future__ import annotations

import pytest

from seatrial.systems.reference.breaker import Breaker
from seatrial.systems.reference.settings import Breaking

POLICY = Breaking(share=0.05, window=50, least=20, consecutive=5, rest=5.0)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker(POLICY, clock)


def state(breaker: Breaker) -> str:
    return breaker.state.name


def opened(breaker: Breaker) -> Breaker:
    for _ in range(POLICY.consecutive):
        assert breaker.admit()
        breaker.failed()
    return breaker


def test_it_is_closed_while_calls_succeed(breaker: Breaker) -> None:
    for _ in range(100):
        assert breaker.admit()
        breaker.succeeded()
    assert state(breaker) == "CLOSED"


def test_failures_in_a_row_open_it(breaker: Breaker) -> None:
    assert state(opened(breaker)) == "OPEN"
    assert not breaker.admit()


def test_a_share_of_failures_opens_it_but_not_before_enough_calls(breaker: Breaker) -> None:
    for _ in range(3):
        breaker.failed()
        for _ in range(4):
            breaker.succeeded()
    assert state(breaker) == "CLOSED"
    for _ in range(5):
        breaker.succeeded()
    assert state(breaker) == "CLOSED"
    breaker.failed()
    assert state(breaker) == "OPEN"


def test_old_failures_leave_the_window(breaker: Breaker) -> None:
    breaker.failed()
    breaker.failed()
    for _ in range(POLICY.window):
        breaker.succeeded()
    breaker.failed()
    assert state(breaker) == "CLOSED"


def test_after_its_rest_one_call_goes_through_and_a_success_closes_it(breaker: Breaker, clock: Clock) -> None:
    opened(breaker)
    clock.now += POLICY.rest
    assert state(breaker) == "HALF_OPEN"
    assert breaker.admit()
    assert not breaker.admit()
    breaker.succeeded()
    assert state(breaker) == "CLOSED"
    assert breaker.admit()
    assert breaker.admit()


def test_a_failure_in_the_half_open_state_opens_it_again(breaker: Breaker, clock: Clock) -> None:
    opened(breaker)
    clock.now += POLICY.rest
    assert breaker.admit()
    breaker.failed()
    assert state(breaker) == "OPEN"
    assert not breaker.admit()


def test_an_abandoned_trial_makes_room_for_the_next(breaker: Breaker, clock: Clock) -> None:
    opened(breaker)
    clock.now += POLICY.rest
    assert breaker.admit()
    breaker.abandoned()
    assert breaker.admit()
