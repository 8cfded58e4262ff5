# ruff: noqa: E501 - texts stand as people read them
"""Quantities with units, read and written."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.core import units
from seatrial.core.errors import UsageError
from seatrial.core.quantity import Dimension, Money, Quantity

POSITIVE = st.floats(min_value=1e-9, max_value=1e9, allow_subnormal=False)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("500ms", 0.5), ("100ms", 0.1), ("0.1s", 0.1), ("1.5 h", 5400), ("30d", 2592000), ("5m", 300), ("5 min", 300),
        ("20us", 2e-5), ("20µs", 2e-5), ("20μs", 2e-5), ("7ns", 7e-9), (".5s", 0.5), ("1e3ms", 1), ("0", 0), (0, 0),
        ("1_000ms", 1),
    ],
)  # fmt: skip
def test_durations(text: str | int, seconds: float) -> None:
    assert units.parse_duration(text) == seconds


@pytest.mark.parametrize(
    ("parse", "text", "value"),
    [
        (units.parse_rate, "200/s", 200), (units.parse_rate, "90/m", 1.5), (units.parse_rate, "36/h", 0.01),
        (units.parse_size, "64MiB", 64 * 2**20), (units.parse_size, "1.5 kB", 1500), (units.parse_size, "512 B", 512),
        (units.parse_size, "2GB", 2 * 10**9), (units.parse_size, "1KiB", 1024), (units.parse_size, "1GiB", 2**30),
        (units.parse_money, "$0.15", Money(0.15)), (units.parse_money, "0.15 USD", Money(0.15)),
        (units.parse_money, "€1", Money(1, "EUR")), (units.parse_money, "£ 2", Money(2, "GBP")), (units.parse_money, 0, Money(0)),
        (units.parse_share, "99%", 0.99), (units.parse_share, 0.99, 0.99), (units.parse_share, "0.1%", 0.001),
        (units.parse_share, "99.99 %", 0.9999), (units.parse_share, 1, 1), (units.parse_share, "100%", 1),
        (units.parse_count, 8000, 8000), (units.parse_count, "8_000", 8000), (units.parse_count, 3.0, 3),
        (units.parse_score, "0.85", 0.85), (units.parse_score, -1, -1), (units.parse_score, "85%", 0.85),
    ],
)  # fmt: skip
def test_other_kinds(parse: object, text: str | float, value: object) -> None:
    assert parse(text) == value  # type: ignore[operator]


DURATION = "write a number with one of the units ns, us, ms, s, m, h, d, such as 500ms"


@pytest.mark.parametrize(
    ("parse", "text", "said"),
    [
        (units.parse_duration, "5%", f"'5%' is not a duration: it is a share\n  {DURATION}"),
        (units.parse_duration, 5, f"5 is not a duration: it has no unit\n  {DURATION}"),
        (units.parse_duration, "<600ms", f"'<600ms' is not a duration\n  {DURATION}"),
        (units.parse_duration, "600ms or so", f"'600ms or so' is not a duration\n  {DURATION}"),
        (units.parse_duration, "600ms\n2s", f"'600ms\\n2s' is not a duration\n  {DURATION}"),
        (units.parse_duration, "5 sec", f"'5 sec' is not a duration\n  {DURATION}"),
        (units.parse_duration, "-5s", f"'-5s' is not a duration\n  {DURATION}"),
        (units.parse_duration, "1e999s", f"'1e999s' is not a duration\n  {DURATION}"),
        (units.parse_duration, "٣s", f"'٣s' is not a duration\n  {DURATION}"),
        (units.parse_duration, "9" * 41 + "s", f"'{'9' * 41}s' is not a duration\n  {DURATION}"),
        (units.parse_duration, True, f"True is not a duration\n  {DURATION}"),
        (units.parse_rate, "5s", "'5s' is not a rate: it is a duration\n  write a number with one of the units /s, /m, /h, such as 200/s"),
        (units.parse_size, "5MB/s", "'5MB/s' is not a size\n  write a number with one of the units B, kB, MB, GB, KiB, MiB, GiB, such as 64MiB"),
        (units.parse_size, "1.5B", "'1.5B' is not a size: that is not a whole number of bytes\n  write a number with one of the units B, kB, MB, GB, KiB, MiB, GiB, such as 64MiB"),
        (units.parse_money, 1, "1 is not an amount of money: it has no currency\n  write an amount with its currency, such as $0.15 or 0.15 USD"),
        (units.parse_money, "$1 USD", "'$1 USD' is not an amount of money\n  write an amount with its currency, such as $0.15 or 0.15 USD"),
        (units.parse_share, 99, "99 is not a share: more than 1; is 99% meant?\n  write a percentage such as 99% or a number from 0 to 1 such as 0.99"),
        (units.parse_share, "101%", "'101%' is not a share: more than everything\n  write a percentage such as 99% or a number from 0 to 1 such as 0.99"),
        (units.parse_share, "1s", "'1s' is not a share: it is a duration\n  write a percentage such as 99% or a number from 0 to 1 such as 0.99"),
        (units.parse_share, math.nan, "nan is not a share\n  write a percentage such as 99% or a number from 0 to 1 such as 0.99"),
        (units.parse_count, 8.5, "8.5 is not a count\n  write a whole number such as 8000"),
        (units.parse_count, "5%", "'5%' is not a count: it is a share\n  write a whole number such as 8000"),
        (units.parse_score, math.inf, "inf is not a score\n  write a plain number such as 0.85"),
    ],
)  # fmt: skip
def test_refused(parse: object, text: str | float, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text)  # type: ignore[operator]
    assert str(caught.value) == said
    assert caught.value.exit_code == 3


@given(st.text(max_size=12))
def test_any_text_is_read_or_refused(text: str) -> None:
    for dimension in units.DIMENSIONS:
        try:
            quantity = units.parse_quantity(text, dimension)
        except UsageError:
            continue
        assert math.isfinite(quantity.value)
        assert any(character.isdigit() for character in text)


@given(POSITIVE, st.sampled_from(units.DIMENSIONS))
def test_quantities_come_back(value: float, dimension: Dimension) -> None:
    if dimension in ("count", "size"):
        value = float(round(value))
    if dimension == "share":
        value /= 1e9
    quantity = Quantity(value, dimension, "EUR" if dimension == "money" else "")
    assert units.parse_quantity(str(quantity), dimension) == quantity


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [(0.8, "s", 0.8), ("800", "ms", 0.8), ("800ms", "ms", 0.8), ("1s", None, 1)],
)
def test_a_unit_beside_its_number(text: str | float, unit: str | None, value: float) -> None:
    assert units.parse_quantity(text, "duration", unit) == Quantity(value, "duration")


def test_two_units_are_refused() -> None:
    with pytest.raises(UsageError, match="'1s' has a unit of its own beside unit 'ms'"):
        units.parse_quantity("1s", "duration", "ms")
    with pytest.raises(UsageError, match="it is a share"):
        units.parse_quantity(5, "duration", "%")


def test_the_dimension_a_text_tells() -> None:
    told = [
        units.dimension_of(text) for text in ("5%", "5s", "5/s", "5MB", "$5", "5 EUR", "5", 5, "five", "5 zz")
    ]
    assert told == ["share", "duration", "rate", "size", "money", "money", None, None, None, None]
