"""Numbers with a dimension."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.core.quantity import Money, Quantity, shortest
from seatrial.core.units import parse_money

POSITIVE = st.floats(min_value=1e-9, max_value=1e9, allow_subnormal=False)


@given(POSITIVE, st.sampled_from(["USD", "EUR", "CHF"]))
def test_money_comes_back(amount: float, currency: str) -> None:
    assert parse_money(str(Money(amount, currency))) == Money(amount, currency)


@pytest.mark.parametrize(
    ("quantity", "text"),
    [
        (Quantity(0.35, "duration"), "0.35s"),
        (Quantity(200, "rate"), "200/s"),
        (Quantity(512, "size"), "512B"),
        (Quantity(0.15, "money", "USD"), "0.15 USD"),
        (Quantity(0.99, "share"), "0.99"),
    ],
)
def test_exact_text(quantity: Quantity, text: str) -> None:
    assert str(quantity) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_shortest_digits_are_the_very_number(value: float) -> None:
    assert float(shortest(value)) == value
