"""The search for capacity and projected demand, as a policy writes them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from seatrial.policy.loader import LoadedPolicy

Load = Callable[..., LoadedPolicy]
Refused = Callable[..., list[str]]

CAPACITY = """\
  capacity:
    from: 10/s
    to: 1000/s
    precision: 5%
    at_least: 40/s
    level: {duration: 20s, requests: 4000}
    demand:
      now: 20/s
      month: 2026-11
      growth: 1.15
      season: {11: 1.2, 12: 1.3}
      lasts: 6
      scenarios: {base: {}, stress: {surge: 3, lasts: 2}}
"""
RISK = "  risk: {confidence: 0.95, power: 0.9}\n"


def with_capacity(text: str = CAPACITY) -> tuple[str, str]:
    return RISK, RISK + text


def test_what_is_written_is_what_is_searched(load: Load) -> None:
    found = load(with_capacity()).spec.capacity
    assert found is not None
    assert (found.from_, found.to, found.precision, found.at_least) == (10.0, 1000.0, 0.05, 40.0)
    assert (found.level.duration, found.level.requests, found.level.warmup) == (20.0, 4000, 2.0)
    assert found.demand is not None
    assert found.demand.season == {11: 1.2, 12: 1.3}
    assert found.demand.scenarios["stress"].surge == 3.0
    assert load().spec.capacity is None
    assert load(with_capacity("  capacity: {}\n")).spec.capacity is not None


def test_a_season_may_be_all_twelve_months(load: Load) -> None:
    twelve = CAPACITY.replace("{11: 1.2, 12: 1.3}", "[1, 1, 1, 1, 1, 1, 0.8, 0.8, 1, 1, 1.2, 1.3]")
    found = load(with_capacity(twelve)).spec.capacity
    assert found is not None
    assert found.demand is not None
    assert found.demand.season is not None
    assert (found.demand.season[7], found.demand.season[12]) == (0.8, 1.3)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("to: 1000/s", "to: 5/s", "the search goes up"),
        ("from: 10/s", "from: 10", "it has no unit"),
        ("from: 10/s", "from: 0/s", "more than 0"),
        ("precision: 5%", "precision: 0%", "more than 0"),
        ("at_least: 40/s", "at_least: 4000/s", "beyond the highest level"),
        ("duration: 20s", "duration: 2s", "lasts at least longer than at the most"),
        ("month: 2026-11", "month: November", "is no month"),
        ("growth: 1.15", "growth: 0", "a factor is more than 0"),
        ("growth: 1.15", "growht: 1.15", "growht"),
        ("11: 1.2", "13: 1.2", "13"),
        ("{11: 1.2, 12: 1.3}", "[1, 2]", "2 factors where a year has 12 months"),
        ("{11: 1.2, 12: 1.3}", "summer", "twelve factors, or months"),
        ("lasts: 6", "lasts: 60", "longer than is looked ahead"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(refused: Refused, old: str, new: str, said: str) -> None:
    problems = refused(with_capacity(CAPACITY.replace(old, new)))
    assert any(said in problem and "policy.yaml:" in problem for problem in problems), problems


def test_its_traffic_exists_is_clear_and_has_an_objective(refused: Refused) -> None:
    other = CAPACITY.replace("from: 10/s", "traffic: stedy\n    from: 10/s")
    assert "did you mean" in refused(with_capacity(other))[0]
    second = ("  risk:", "    - {name: night, budget: {requests: 10}}\n  risk:")
    two = refused(with_capacity(), second)
    assert any("more than one traffic, and none is named" in problem for problem in two)
    named = CAPACITY.replace("from: 10/s", "traffic: night\n    from: 10/s")
    bare = refused(with_capacity(named), second)
    assert any("'night' has no objective" in problem for problem in bare)
