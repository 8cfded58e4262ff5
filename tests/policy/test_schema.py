"""The published JSON Schema."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from seatrial.bundled import bundled
from seatrial.policy.extends import bundled_policies
from seatrial.policy.schema import FILE, as_text, json_schema


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    schema = json_schema()
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def test_what_is_published_is_what_the_models_say() -> None:
    published = (bundled("reports") / FILE).read_text(encoding="utf-8")
    assert published == as_text(), f"write reports/{FILE} anew: seatrial.policy.schema.as_text()"


def test_it_accepts_the_sample(validator: Draft202012Validator, sample: str) -> None:
    validator.validate(yaml.safe_load(sample))


@pytest.mark.parametrize("name", sorted(bundled_policies()))
def test_it_accepts_the_bundled_policies(validator: Draft202012Validator, name: str) -> None:
    validator.validate(yaml.safe_load(bundled_policies()[name].read_text(encoding="utf-8")))


def _spec(**changes: Any) -> dict[str, Any]:
    heading = {"apiVersion": "seatrial/v1alpha1", "kind": "ReleasePolicy", "metadata": {"name": "x"}}
    return {**heading, "spec": changes}


def test_short_forms_are_accepted(validator: Draft202012Validator) -> None:
    objective = {"name": "a", "traffic": "t", "indicator": "i", "target": "9%"}
    validator.validate(
        _spec(
            extends="tiers/basic",
            checklists=["one", {"name": "two", "mode": "manual"}],
            objectives=[
                {"openslo": "a.yaml", "traffic": "steady"},
                {**objective, "pass": [{"criteria": ["<=1s"]}], "warning": {"target": 0.5}},
                {**objective, "indicator": {"spec": {"thresholdMetric": {"spec": {"metric": "m"}}}}},
            ],
            risk={"dependence": "independent"},
            targets=[{"name": "t"}],
        )
    )


@pytest.mark.parametrize(
    "spec",
    [
        {"objectve": []},
        {"risk": {"min_duration": 5}},
        {"risk": {"min_duration": "5"}},
        {"risk": {"min_duration": "<5s"}},
        {"risk": {"confidence": 95}},
        {"risk": {"dependence": "none"}},
        {"traffic": [{"name": "a b"}]},
        {"traffic": [{"name": "a", "budget": {"cost": "5"}}]},
        {"targets": [{"name": "t", "uri": "http://h", "apikey": "x"}]},
        {"targets": [{"name": "t", "maxBody": "5 mb"}]},
        {"objectives": [{"name": "a"}]},
        {"waivers": [{"control_id": "a"}]},
    ],
)
def test_what_it_refuses(validator: Draft202012Validator, spec: dict[str, Any]) -> None:
    assert not validator.is_valid(_spec(**spec))


def test_every_field_says_something(validator: Draft202012Validator) -> None:
    silent = {
        f"{name}.{key}"
        for name, part in json_schema()["$defs"].items()
        for key, field in part.get("properties", {}).items()
        if "description" not in str(field) and "$ref" not in str(field)
    }
    assert not {
        key for key in silent if key.startswith(("TargetSpec.uri", "TrafficSpec.concurrency", "Validity"))
    }
