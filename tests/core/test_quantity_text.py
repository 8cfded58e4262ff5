# ruff: noqa: E501 - texts stand as people read them
"""Quantities for people, and as a policy writes them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.core import quantity_text as text_of
from seatrial.core import units
from seatrial.core.quantity import Money, Quantity

POSITIVE = st.floats(min_value=1e-9, max_value=1e9, allow_subnormal=False)


@given(POSITIVE)
def test_durations_come_back(seconds: float) -> None:
    assert units.parse_duration(text_of.spell_duration(seconds)) == seconds


@given(st.integers(0, 2**40))
def test_sizes_come_back(size: int) -> None:
    assert units.parse_size(text_of.spell_size(size)) == size


@given(st.floats(0, 1))
def test_shares_are_written_near_the_truth(share: float) -> None:
    shown = units.parse_share(text_of.format_share(share))
    assert abs(shown - share) <= 0.006 * min(share, 1 - share) + 1e-10


@given(st.floats(1e-9, 59))
def test_durations_are_written_near_the_truth(seconds: float) -> None:
    assert units.parse_duration(text_of.format_duration(seconds)) == pytest.approx(seconds, rel=0.006)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"), (5e-7, "500 ns"), (0.35, "350 ms"), (0.9999, "1 s"), (0.0009999, "1 ms"), (1.234, "1.23 s"),
        (12.345, "12.3 s"), (59.9999, "1 min"), (90, "1 min 30 s"), (3600, "1 h"), (90061, "1 d 1 h"),
        (2592000, "30 d"), (-2, "−2 s"), (math.nan, "–"), (math.inf, "–"),
    ],
)  # fmt: skip
def test_durations_for_people(seconds: float, text: str) -> None:
    assert text_of.format_duration(seconds) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (text_of.format_share(0.99), "99 %"), (text_of.format_share(0.99987), "99.987 %"), (text_of.format_share(0.001), "0.1 %"),
        (text_of.format_share(0), "0 %"), (text_of.format_share(1), "100 %"), (text_of.format_share(0.0123456), "1.23 %"),
        (text_of.format_share(math.nan), "–"), (text_of.format_rate(200), "200/s"), (text_of.format_rate(0.5), "30/min"),
        (text_of.format_rate(0.0001), "0.36/h"), (text_of.format_size(64 * 2**20), "64 MiB"), (text_of.format_size(512), "512 B"),
        (text_of.format_size(3 * 2**30), "3 GiB"), (text_of.format_money(0.15), "$0.15"), (text_of.format_money(0.00042), "$0.00042"),
        (text_of.format_money(Money(1234.5, "EUR")), "€1,234.50"), (text_of.format_money(Money(3, "CHF")), "3.00 CHF"),
        (text_of.format_count(8000), "8,000"), (text_of.format_count(0.5), "0.5"),
    ],
)  # fmt: skip
def test_others_for_people(text: str, shown: str) -> None:
    assert text == shown


@pytest.mark.parametrize(
    ("quantity", "shown"),
    [
        (Quantity(0.5, "duration"), "500 ms"), (Quantity(2, "rate"), "2/s"), (Quantity(1024, "size"), "1 KiB"),
        (Quantity(1, "money", "EUR"), "€1.00"), (Quantity(0.5, "share"), "50 %"), (Quantity(12, "count"), "12"),
        (Quantity(0.85, "score"), "0.85"),
    ],
)  # fmt: skip
def test_quantities_for_people(quantity: Quantity, shown: str) -> None:
    assert text_of.format_quantity(quantity) == shown
