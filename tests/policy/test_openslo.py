# ruff: noqa: E501 - texts stand as people read them
"""OpenSLO documents as objectives."""

from __future__ import annotations

from pathlib import Path

import pytest

from seatrial.policy.effective import digest_of
from tests.policy.conftest import Load, Refused

SLO = """\
apiVersion: openslo/v1
kind: SLO
metadata: {name: fast}
spec:
  service: support-bot
  description: answers in time
  indicatorRef: latency
  timeWindow: [{duration: 28d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives:
    - {displayName: most, op: lte, value: 1.5, target: 0.95}
    - {displayName: nearly all, op: lt, value: 4, targetPercent: 99.5}
---
apiVersion: openslo/v1
kind: SLI
metadata: {name: latency}
spec:
  thresholdMetric:
    metricSource: {metricSourceRef: here, spec: {metric: gen_ai.client.operation.duration, unit: s}}
---
apiVersion: openslo/v1
kind: DataSource
metadata: {name: here}
spec: {type: seatrial, connectionDetails: {}}
"""
ENTRY = ("  objectives:\n", "  objectives:\n    - {openslo: slo.yaml, traffic: steady, weight: 3}\n")


def _slo(*changes: tuple[str, str]) -> None:
    text = SLO
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    Path("slo.yaml").write_text(text)


def test_a_document_becomes_objectives(load: Load) -> None:
    _slo()
    loaded = load(ENTRY)
    assert [spec.name for spec in loaded.spec.objectives][:2] == ["fast-1", "fast-2"]
    first, second = loaded.objectives()[:2]
    assert (first.op, first.threshold, first.share, first.weight, first.traffic) == (
        "lte",
        1.5,
        0.95,
        3,
        "steady",
    )
    assert (second.op, second.threshold, second.share) == ("lt", 4, 0.995)
    assert first.sli.name == "operation.duration"
    assert (first.where, second.where) == ("slo.yaml:11", "slo.yaml:12")
    assert loaded.where("spec", "objectives", 0, "weight") == "policy.yaml:11"


def test_the_digest_covers_the_document(load: Load) -> None:
    _slo()
    load(ENTRY)
    before = digest_of("policy.yaml")
    _slo(("value: 1.5", "value: 1.6"))
    assert digest_of("policy.yaml") != before


def test_a_ratio(load: Load) -> None:
    Path("slo.yaml").write_text(
        "apiVersion: openslo/v1\nkind: SLO\nmetadata: {name: up}\nspec:\n  indicator:\n    spec:\n      ratioMetric:\n"
        "        counter: true\n        good: {metricSource: {type: seatrial, spec: {metric: requests.complete}}}\n"
        "        total: {metricSource: {type: seatrial, spec: {metric: requests.all}}}\n"
        "  objectives: [{target: 0.999}]\n"
    )
    objective = load(ENTRY).objective("up")
    assert (objective.indicator, objective.share) == ("availability", 0.999)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("type: seatrial", "type: prometheus", "the thresholdMetric is read from 'prometheus'; only what seatrial itself measures is judged"),
        ("value: 1.5", "valeu: 1.5", "slo.yaml:11 valeu: unknown key 'valeu', did you mean 'value'?"),
        ("Occurrences", "Timeslices", "slo.yaml:9 budgetingMethod: budgetingMethod 'Timeslices' cannot be judged in a trial"),
        ("indicatorRef: latency", "indicatorRef: latencey", "slo.yaml:7 indicatorRef: there is no SLI 'latencey' in the file, did you mean 'latency'?"),
        ("  indicatorRef: latency\n", "", "slo.yaml:4 indicator: an SLO has an indicator, or an indicatorRef"),
        ("kind: SLI", "kind: SLL", "slo.yaml:15 kind: unknown kind 'SLL', did you mean 'SLO'?"),
        ("openslo/v1\nkind: SLO", "openslo/v2\nkind: SLO", "slo.yaml:1 apiVersion: 'openslo/v2' is not 'openslo/v1'"),
        (", unit: s", "", "slo.yaml:11 spec.objectives[0].value: operation.duration: 1.5 is not a duration: it has no unit"),
        ("gen_ai.client.operation.duration", "gen_ai.client.duration", "spec.objectives[0].indicator: unknown indicator 'gen_ai.client.duration'"),
        ("op: lte", "op: le", "slo.yaml:11 spec.objectives[0].op: 'le' is not known here, did you mean 'lte'?"),
    ],
)  # fmt: skip
def test_refused(refused: Refused, old: str, new: str, said: str) -> None:
    _slo((old, new))
    assert any(said in problem for problem in refused(ENTRY))


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{openslo: none.yaml, traffic: steady}", "policy.yaml:11 spec.objectives[0].openslo: there is no file 'none.yaml'"),
        ("{openslo: [a], traffic: steady}", "policy.yaml:11 spec.objectives[0].openslo: the name of a file is expected"),
        ("{openslo: slo.yaml, name: x, traffic: steady}", "policy.yaml:11 spec.objectives[0].name: one name for the 2 objectives of 'slo.yaml': leave it out"),
        ("{openslo: slo.yaml}", "slo.yaml:11 spec.objectives[0]: an objective is judged on traffic or on a dataset"),
        ("{openslo: slo.yaml, traffic: steady, wieght: 2}", "policy.yaml:11 spec.objectives[0].wieght: unknown key 'wieght', did you mean 'weight'?"),
    ],
)  # fmt: skip
def test_entries_that_are_refused(refused: Refused, entry: str, said: str) -> None:
    _slo()
    assert any(said in problem for problem in refused((ENTRY[0], f"{ENTRY[0]}    - {entry}\n")))


def test_a_file_without_an_slo(refused: Refused) -> None:
    Path("slo.yaml").write_text("apiVersion: openslo/v1\nkind: SLI\nmetadata: {name: a}\nspec: {}\n")
    assert refused(ENTRY) == [
        "policy.yaml:11 spec.objectives[0].openslo: there is no SLO of openslo/v1 in 'slo.yaml'"
    ]
    Path("slo.yaml").write_text("apiVersion: openslo/v1\nkind: SLO\nmetadata: {name: a}\n")
    assert refused(ENTRY) == ["slo.yaml:1 spec: an SLO has a spec"]
    Path("slo.yaml").write_text(
        "apiVersion: openslo/v1\nkind: SLO\nmetadata: {name: a}\nspec: {service: x}\n"
    )
    assert refused(ENTRY) == ["slo.yaml:4 objectives: an SLO has objectives"]
