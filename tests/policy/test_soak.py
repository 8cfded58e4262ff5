"""Soak in a policy: defaults, units, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from seatrial.policy.soak import SoakSpec
from seatrial.policy.traffic import TrafficSpec


def test_defaults_are_two_hours_at_two_a_second() -> None:
    spec = TrafficSpec.model_validate({"name": "steady", "soak": {}}).soak
    assert spec is not None
    assert (spec.duration, spec.rate, spec.settle, spec.checkpoints) == (7200.0, 2.0, 0.1, 120)
    assert (spec.growth.latency, spec.growth.errors, spec.growth.memory, spec.growth.files) == (
        0.1,
        0.01,
        0.1,
        0.1,
    )


def test_units() -> None:
    told = {"duration": "30m", "rate": "2/s", "horizon": "7d", "growth": {"memory": "5%"}, "settle": "20%"}
    told["gauges"] = [{"name": "heap", "metric": "heap_bytes", "labels": {"area": "old"}}]
    spec = SoakSpec.model_validate(told)
    assert (spec.duration, spec.rate, spec.horizon) == (1800.0, 2.0, 604800.0)
    assert spec.gauges[0].page == "/metrics"
    assert SoakSpec.model_validate(spec.model_dump(mode="json")) == spec


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"checkpoints": 10}, "checkpoints"),
        ({"checkpoints": 1000}, "checkpoints"),
        ({"settle": "60%"}, "more than half"),
        ({"rate": "0/s"}, "more than 0"),
        ({"growth": {"memory": 0}}, "more than 0"),
        ({"gauges": [{"name": "memory", "metric": "x"}]}, "two figures of one name"),
        ({"gauges": [{"name": "a", "metric": "x"}, {"name": "a", "metric": "y"}]}, "two figures of one name"),
        ({"gauges": [{"name": "a", "metric": "no metric"}]}, "pattern"),
    ],
)
def test_what_is_refused(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=r"soak|Soak") as refused:
        TrafficSpec.model_validate({"name": "steady", "soak": wrong})
    assert told in str(refused.value)
