from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from seatrial.load.search import Finding, Search

H, B, U, G = Finding.HOLDS, Finding.BREAKS, Finding.UNDECIDED, Finding.BOUND


def climbed(search: Search, finds: Callable[[float], Finding]) -> list[float]:
    rates = []
    while (rate := search.next()) is not None:
        rates.append(rate)
        search.took(rate, finds(rate))
    return rates


@pytest.mark.parametrize("truth", [11.0, 60.0, 137.5, 950.0])
def test_it_closes_in_on_the_truth(truth: float) -> None:
    search = Search(10, 1000, 0.1)
    rates = climbed(search, lambda rate: H if rate <= truth else B)
    assert search.holds is not None
    assert search.breaks is not None
    assert search.holds <= truth < search.breaks
    assert search.breaks / search.holds <= 1.1
    assert len(rates) <= search.levels


def test_all_levels_hold() -> None:
    search = Search(10, 75, 0.1)
    assert climbed(search, lambda rate: H) == [10, 20, 40, 75]
    assert (search.holds, search.breaks) == (75, None)


def test_not_even_the_first_level_holds() -> None:
    search = Search(10, 75, 0.1)
    assert climbed(search, lambda rate: B) == [10]
    assert (search.holds, search.breaks) == (None, 10)


def test_what_is_not_decided_moves_neither_end_and_is_closed_in_on_from_both_sides() -> None:
    search = Search(10, 1000, 0.1)
    climbed(search, lambda rate: H if rate < 50 else B if rate > 75 else U)
    assert search.holds is not None
    assert search.breaks is not None
    assert 40 < search.holds < 50
    assert 75 < search.breaks < 92


def test_a_first_level_that_is_not_decided_does_not_end_the_search() -> None:
    search = Search(10, 1000, 0.1)
    climbed(search, lambda rate: U if rate < 15 else H if rate < 60 else B)
    assert search.holds is not None
    assert search.holds > 50


def test_nothing_above_a_generator_that_is_the_limit_is_tried() -> None:
    search = Search(10, 1000, 0.1)
    rates = climbed(search, lambda rate: H if rate < 100 else G)
    assert max(rates) == 160
    assert search.breaks is None
    assert search.bound is not None
    assert search.holds is not None
    assert search.bound / search.holds <= 1.1


def test_a_target_that_decides_nothing_is_left_after_a_bounded_number_of_levels() -> None:
    search = Search(1, 1e6, 0.001)
    assert len(climbed(search, lambda rate: U if math.floor(math.log2(rate)) % 2 else H)) <= search.levels
