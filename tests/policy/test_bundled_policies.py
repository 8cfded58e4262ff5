"""The policies that ship with seatrial."""

from __future__ import annotations

import pytest

from seatrial.load.capacity import traffic_of
from seatrial.load.levels import objectives
from seatrial.policy.loader import LoadedPolicy, load_policy

URL = "http://127.0.0.1:9/v1"


def _load(name: str) -> LoadedPolicy:
    return load_policy(name, target=URL, environ={"SEATRIAL_DEMO_KEY": "k-canary"})


@pytest.mark.parametrize(
    ("tier", "available", "seconds"),
    [("enterprise", 0.9999, 1.0), ("business", 0.999, 2.0), ("basic", 0.99, 5.0)],
)
def test_tiers(tier: str, available: float, seconds: float) -> None:
    loaded = _load(f"tiers/{tier}")
    assert loaded.objective("availability").share == available
    latency = loaded.objective("latency-p95")
    assert (latency.threshold, latency.share, latency.op) == (seconds, 0.95, "lte")
    assert loaded.risk.bursts_up_to == 5


def test_the_demo() -> None:
    loaded = _load("demo")
    assert {objective.indicator for objective in loaded.objectives()} == {
        "availability", "complete_answers", "operation.duration", "time_to_first_chunk",
    }  # fmt: skip
    assert loaded.spec.suites == ("sla", "contract", "identity")
    assert [(ref.name, ref.mode) for ref in loaded.spec.checklists] == [("production-readiness", "automated")]
    assert loaded.risk.min_duration == 6
    assert loaded.target().uri == URL


def test_the_real_model() -> None:
    loaded = _load("demo-llm")
    traffic = loaded.traffic("steady")
    assert (traffic.concurrency, traffic.max_tokens, traffic.budget.duration) == (2, 16, 90)
    assert loaded.objective("availability").share == 0.95


def test_the_capacity_of_the_real_model() -> None:
    loaded = _load("capacity-llm")
    search = loaded.spec.capacity
    assert search is not None
    assert (search.from_, search.to, search.precision) == (2, 32, 0.4)
    assert traffic_of(loaded, search.traffic) == "steady"
    assert [each.name for each in objectives(loaded, "steady")] == ["availability", "ttfc-p90", "latency-p90"]
