"""Objectives written as OpenSLO documents."""

from __future__ import annotations

from pathlib import Path

import yaml

from seatrial.policy.openslo_export import export
from tests.policy.conftest import Load


def test_one_slo_for_each_objective(load: Load) -> None:
    documents = list(yaml.safe_load_all(export(load())))
    assert [document["metadata"]["name"] for document in documents] == [
        "availability",
        "latency-p95",
        "ttfc-p95",
    ]
    assert {document["apiVersion"] for document in documents} == {"openslo/v1"}
    latency = documents[1]["spec"]
    assert latency["objectives"] == [
        {"displayName": "latency-p95", "op": "lte", "value": 1.0, "target": 0.95}
    ]
    assert latency["timeWindow"] == [{"duration": "30d", "isRolling": True}]
    assert latency["indicator"]["spec"]["thresholdMetric"]["metricSource"]["spec"] == {
        "metric": "operation.duration",
        "unit": "s",
    }
    assert documents[0]["spec"]["indicator"]["spec"]["ratioMetric"]["good"]["metricSource"]["spec"] == {
        "metric": "requests.complete"
    }


def test_what_is_exported_comes_back_the_same(load: Load) -> None:
    counted = (
        "    - {name: words, traffic: steady, indicator: output_tokens, op: gt, value: 3, target: 90%}\n"
    )
    loaded = load(("  objectives:\n", "  objectives:\n" + counted))
    Path("slo.yaml").write_text(export(loaded))
    text = Path("policy.yaml").read_text()
    head = text[: text.index("  objectives:")]
    again = load(text=head + "  objectives:\n    - {openslo: slo.yaml, traffic: steady}\n")
    assert [spec.bar for spec in again.spec.objectives] == [spec.bar for spec in loaded.spec.objectives]
    assert [spec.name for spec in again.spec.objectives] == [spec.name for spec in loaded.spec.objectives]


def test_zero_tolerance_is_left_out_and_said(load: Load) -> None:
    text = export(load(("target: 99%", "target: 100%")))
    assert text.startswith("# availability is left out: OpenSLO has no target of 100 %\n")
    assert len([document for document in yaml.safe_load_all(text) if document]) == 2
