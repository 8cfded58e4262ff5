from __future__ import annotations

import pytest

from seatrial.core.exchange import Exchange, Usage
from seatrial.load.budget import Budget, Prices


@pytest.mark.parametrize(
    ("budget", "told"),
    [
        (Budget(), None),
        (Budget(requests=101, duration=11, cost=2), None),
        (Budget(requests=100), "the budget of 100 requests is spent"),
        (Budget(duration=10), "the budget of 10 s is spent"),
        (Budget(cost=1), "the budget of $1 is spent"),
    ],
)
def test_the_first_limit_that_is_reached_ends_it(budget: Budget, told: str | None) -> None:
    assert budget.spent(100, 10.0, 1.0) == told


def test_tokens_are_charged_as_reported() -> None:
    prices = Prices(input=2.0, output=3.0)
    assert prices.of(Exchange(0, 0, 0, 1, usage=Usage(10, 5), received=999)) == 35.0


def test_without_usage_a_byte_is_charged_as_a_token() -> None:
    assert Prices(input=2.0, output=3.0).of(Exchange(0, 0, 0, 1, received=7)) == 21.0
    assert not Prices()
