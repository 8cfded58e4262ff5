"""OpenSLO's forms of an indicator."""

from __future__ import annotations

from typing import Any

import pytest

from seatrial.policy.openslo_indicator import counters, indicator_name
from tests.policy.conftest import Load, Refused


def _ratio(good: str, total: str) -> dict[str, Any]:
    return {
        "spec": {"ratioMetric": {"good": {"spec": {"metric": good}}, "total": {"spec": {"metric": total}}}}
    }


@pytest.mark.parametrize(
    ("indicator", "name"),
    [
        ("availability", "availability"),
        (_ratio("requests.complete", "requests.all"), "availability"),
        (_ratio("answers.complete", "answers.begun"), "complete_answers"),
        (_ratio("availability.good", "availability.total"), "availability"),
        (_ratio("availability", "availability"), "availability"),
        ({"spec": {"thresholdMetric": {"spec": {"metric": "operation.duration"}}}}, "operation.duration"),
        ({"thresholdMetric": {"metricSource": {"type": "seatrial", "spec": {"metric": "x"}}}}, "x"),
    ],
)
def test_names(indicator: Any, name: str) -> None:
    assert indicator_name(indicator) == name


def test_counters_lead_back() -> None:
    for name in ("availability", "complete_answers"):
        assert indicator_name(_ratio(*counters(name))) == name


@pytest.mark.parametrize(
    ("indicator", "said"),
    [
        ("{spec: {}}", "an indicator has either a ratioMetric or a thresholdMetric"),
        ("{spc: {}}", "this is no OpenSLO indicator"),
        ("{spec: {ratioMetric: {bad: {}, total: {}}}}", "a ratioMetric has good and total"),
        (
            "{spec: {ratioMetric: {good: {spec: {metric: a}}, total: {spec: {metric: b}}}}}",
            "no indicator counts a of b",
        ),
        ("{spec: {thresholdMetric: {spec: {query: up}}}}", "the thresholdMetric names no metric"),
        ("{spec: {thresholdMetric: {type: prometheus}}}", "the thresholdMetric is read from 'prometheus'"),
        ("[a]", "a text is expected, not a list"),
    ],
)
def test_refused(refused: Refused, indicator: str, said: str) -> None:
    (told,) = refused(("indicator: operation.duration", f"indicator: {indicator}"))
    assert told.startswith(f"policy.yaml:12 spec.objectives[1].indicator: {said}")


def test_in_a_policy(load: Load) -> None:
    form = "{spec: {thresholdMetric: {spec: {metric: gen_ai.client.operation.duration}}}}"
    loaded = load(
        (
            "indicator: operation.duration, op: lte, value: 1s",
            f"indicator: {form}, op: lte, value: 0.8, unit: s",
        )
    )
    objective = loaded.objective("latency-p95")
    assert (objective.indicator, objective.threshold) == ("operation.duration", 0.8)
