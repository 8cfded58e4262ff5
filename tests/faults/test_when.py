"""Tests of which requests a fault hits."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from seatrial.faults.message import Request, key_hash
from seatrial.faults.when import Chooser, When, chance


def request(
    number: int = 1, path: str = "/v1/chat/completions", model: str = "small", tenant: str | None = None
) -> Request:
    return Request(number, "POST", f"{path}?x=1", (), b'{"model": "%b"}' % model.encode(), tenant=tenant)


def hits(when: When, toxicity: float = 1.0, count: int = 12, seed: int = 1, name: str = "t") -> list[int]:
    chooser = Chooser(when, toxicity, (seed, "p", name))
    return [number for number in range(1, count + 1) if chooser.hits(request(number), 0.0)]


def test_without_conditions_every_request_is_hit() -> None:
    assert hits(When(), count=3) == [1, 2, 3]


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({"every": 3}, [3, 6, 9, 12]),
        ({"first": 2}, [1, 2]),
        ({"first": 6, "every": 3}, [3, 6]),
        ({"path": "/v1/*"}, [*range(1, 13)]),
        ({"path": "/v2/*"}, []),
        ({"model": "sm?ll"}, [*range(1, 13)]),
        ({"model": "large"}, []),
        ({"tenant": "blue"}, []),
        ({"from": "1s"}, []),
        ({"until": "1s"}, [*range(1, 13)]),
    ],
)
def test_conditions(conditions: dict[str, object], expected: list[int]) -> None:
    assert hits(When.model_validate(conditions)) == expected


def test_counts_are_of_requests_that_match() -> None:
    chooser = Chooser(When(every=2, model="large"), 1.0, (1,))
    asked = [("small", 1), ("large", 2), ("small", 3), ("large", 4)]
    assert [chooser.hits(request(number, model=model), 0.0) for model, number in asked] == [False] * 3 + [
        True
    ]


def test_a_window_of_time() -> None:
    when = When.model_validate({"from": "1s", "until": "2s"})
    assert [when.matches(request(), at) for at in (0.0, 0.999, 1.0, 1.999, 2.0)] == [
        False,
        False,
        True,
        True,
        False,
    ]


def test_tenants_are_matched_by_name_and_by_hash_of_their_key() -> None:
    mine = key_hash("Bearer sk-1")
    assert mine == key_hash("sk-1") != key_hash("sk-2")
    assert When(tenant=mine).matches(request(tenant=mine), 0.0)
    assert When(tenant="blue*").matches(request(tenant="blue-team"), 0.0)
    assert not When(tenant="blue*").matches(request(tenant=mine), 0.0)
    assert not When(tenant="blue*").matches(request(), 0.0)


def test_draws_are_a_function_of_seed_names_and_number_alone() -> None:
    drawn = hits(When(), 0.5, 1000)
    assert drawn == hits(When(), 0.5, 1000)
    assert 400 < len(drawn) < 600
    assert drawn != hits(When(), 0.5, 1000, seed=2)
    assert drawn != hits(When(), 0.5, 1000, name="u")
    alone = Chooser(When(), 0.5, (1, "p", "t"))
    assert [number for number in range(500, 1001) if alone.draw(number)] == [n for n in drawn if n >= 500]
    assert hits(When(), 0.0) == []


def test_chances_are_even() -> None:
    values = [chance(1, "x", number) for number in range(2000)]
    assert 0 <= min(values) < 0.01
    assert 0.99 < max(values) < 1
    assert 0.47 < sum(values) / len(values) < 0.53


@pytest.mark.parametrize("wrong", [{"every": 0}, {"first": 0}, {"from": "soon"}, {"evry": 2}, {"until": 5}])
def test_what_is_no_condition_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        When.model_validate(wrong)
