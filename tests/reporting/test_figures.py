from __future__ import annotations

import math

import pytest

from seatrial.reporting import figures


@pytest.mark.parametrize(
    ("lower", "upper", "wanted"),
    [
        (0.006, 0.039, "0.6 … 3.9 %"),
        (0.9931, 1.0, "99.31 … 100 %"),
        (0.0, 0.5, "0 … 50 %"),
        (0.0, 1e-5, "0 … 0.001 %"),
    ],
)
def test_share_range(lower: float, upper: float, wanted: str) -> None:
    assert figures.share_range(lower, upper) == wanted


def test_an_end_is_never_rounded_onto_the_limit_it_misses() -> None:
    assert figures.share_range(0.9395, 0.98980, 0.99) == "93.95 … 98.98 %"
    assert figures.share_range(0.0503, 0.0944, 0.05) == "5.03 … 9.44 %"
    assert figures.share_range(0.0, 0.05, 0.05) == "0 … 5 %"


def test_one_more_decimal_at_the_most() -> None:
    assert figures.share_range(0.0, 0.0499998, 0.05) == "0 … 5 %"
    assert figures.share_range(0.0, 1.0 - 0.990003) == "0 … 1 %"


def test_plural_and_listed() -> None:
    assert figures.plural(1, "objective") == "1 objective"
    assert figures.plural(9412, "request") == "9,412 requests"
    assert figures.listed([]) == ""
    assert figures.listed(["a"]) == "a"
    assert figures.listed(["a", "b"]) == "a and b"
    assert figures.listed(["a", "b", "c", "d"]) == "a, b and 2 more"


@pytest.mark.parametrize("upper", [1e-4, 0.034, 0.7, 1.0, 3.7, 42.0, 9999.0, 1e6])
def test_ticks_are_round_few_and_inside(upper: float) -> None:
    places = figures.ticks(upper)
    assert places[0] == 0
    assert places[-1] <= upper * (1 + 1e-9)
    assert 3 <= len(places) <= 11
    step = places[1]
    mantissa = step / 10 ** math.floor(math.log10(step) + 1e-9)
    assert any(mantissa == pytest.approx(wanted) for wanted in (1, 2, 2.5, 5, 10))


@pytest.mark.parametrize("upper", [0.0, -1.0, math.nan, math.inf])
def test_ticks_of_no_axis(upper: float) -> None:
    assert figures.ticks(upper) == [0.0]
