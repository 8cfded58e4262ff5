"""Objectives as a policy writes them."""

from __future__ import annotations

import operator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.core.errors import UsageError
from seatrial.core.units import Quantity
from seatrial.policy.objective import Bar, ObjectiveSpec, Op

BASE = {
    "name": "a",
    "traffic": "t",
    "indicator": "operation.duration",
    "op": "lte",
    "value": "1s",
    "target": "95%",
}


def _spec(**changes: Any) -> ObjectiveSpec:
    return ObjectiveSpec.model_validate({**BASE, **changes})


def _bar(op: Op, value: float, target: float) -> Bar:
    return Bar(op, Quantity(value, "duration"), target)


def test_the_objective_that_judges() -> None:
    objective = _spec(nanStrategy="remove", weight=2, key_sli=False).objective("policy.yaml:3")
    assert (objective.threshold, objective.share, objective.op) == (1.0, 0.95, "lte")
    assert (objective.missing, objective.weight, objective.key_sli) == ("ignored", 2, False)
    assert (objective.where, objective.traffic) == ("policy.yaml:3", "t")
    assert _spec().objective().missing == "bad"


def test_keptns_criteria() -> None:
    spec = _spec(
        op=None, value=None, **{"pass": [{"criteria": ["<600ms"]}]}, warning=[{"criteria": ["<= 0.8 s"]}]
    )
    assert spec.bar == _bar("lt", 0.6, 0.95)
    assert spec.looser == _bar("lte", 0.8, 0.95)
    assert spec.objective(warning=True).threshold == 0.8
    share = _spec(
        indicator="availability", op=None, value=None, target=None, **{"pass": [{"criteria": [">=99.9%"]}]}
    )
    assert share.bar == Bar(None, None, 0.999)


@pytest.mark.parametrize(
    ("criteria", "said"),
    [
        ([{"criteria": ["<600ms", ">1ms"]}], "2 criteria where one is expected"),
        ([], "0 criteria where one is expected"),
        ([{"criteria": ["600ms"]}], "'600ms' is no criterion"),
        ([{"criteria": ["=600ms"]}], "'=600ms' is no criterion"),
        ([{"criteria": ["<=<600ms"]}], "'<=<600ms' is no criterion"),
        ([{"criteria": "<600ms"}], "criteria is a list of texts"),
        ([{"criterion": ["<600ms"]}], "a list of {criteria: [...]} is expected"),
        ([{"criteria": ["<=-10%"]}], "'<=-10%' is relative to a baseline"),
    ],
)
def test_criteria_that_are_refused(criteria: Any, said: str) -> None:
    with pytest.raises(ValueError, match="policy") as caught:
        _spec(op=None, value=None, **{"pass": criteria})
    assert said in str(caught.value)


def test_a_warning_takes_over_what_it_leaves_out() -> None:
    assert _spec(warning={"target": "90%"}).looser == _bar("lte", 1, 0.9)
    assert _spec(warning={"value": "2s"}).looser == _bar("lte", 2, 0.95)
    assert _spec().looser is None
    share = _spec(indicator="availability", op=None, value=None, target="99%", warning={"target": "98%"})
    assert share.looser == Bar(None, None, 0.98)


def test_names_of_opentelemetry() -> None:
    spec = _spec(indicator="gen_ai.client.operation.time_to_first_chunk")
    assert spec.objective().indicator == "time_to_first_chunk"
    with pytest.raises(UsageError, match="unknown indicator 'latency'"):
        _ = _spec(indicator="latency").sli


OPS = st.sampled_from(["lt", "lte", "gt", "gte"])
BARS = st.builds(_bar, OPS, st.integers(1, 4).map(float), st.sampled_from([0.05, 0.5, 0.6, 0.95]))
LATENCIES = st.lists(st.sampled_from([0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5]), min_size=1, max_size=40)


def _met(bar: Bar, values: list[float]) -> bool:
    assert bar.value is not None
    limit = bar.value.value
    good = {"lt": operator.lt, "lte": operator.le, "gt": operator.gt, "gte": operator.ge}[str(bar.op)]
    return sum(bool(good(value, limit)) for value in values) >= bar.target * len(values) - 1e-9


@given(BARS, BARS, LATENCIES)
def test_contradictions_and_strictness_are_true_of_every_system(
    one: Bar, other: Bar, values: list[float]
) -> None:
    if one.contradicts(other):
        assert not (_met(one, values) and _met(other, values))
        assert other.contradicts(one)
    if one.at_least_as_strict_as(other) and _met(one, values):
        assert _met(other, values)


@pytest.mark.parametrize(
    ("one", "other", "contradict"),
    [
        (_bar("lte", 1, 0.95), _bar("gte", 2, 0.5), True),
        (_bar("lte", 1, 0.95), _bar("gte", 2, 0.05), False),
        (_bar("lte", 1, 0.95), _bar("gte", 1, 0.5), False),
        (_bar("lt", 1, 0.95), _bar("gte", 1, 0.5), True),
        (_bar("lte", 1, 0.95), _bar("gt", 1, 0.5), True),
        (_bar("lte", 3, 0.95), _bar("gte", 2, 0.95), False),
        (_bar("lte", 1, 0.95), _bar("lte", 2, 0.99), False),
        (Bar(None, None, 0.9), Bar(None, None, 0.9), False),
    ],
)
def test_pairs(one: Bar, other: Bar, contradict: bool) -> None:
    assert one.contradicts(other) is contradict
