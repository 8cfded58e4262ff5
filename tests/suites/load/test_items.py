"""The items on capacity and auto-scaling, as pytest runs them: green and red."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.load.finite import Apart

POLICY = """\
apiVersion: seatrial/v1alpha1
kind: ReleasePolicy
metadata: {{name: load}}
spec:
  targets: [{{name: bot, uri: "{uri}", model: small}}]
  traffic: [{{name: steady, budget: {{duration: 20s}}}}]
  risk: {{dependence: independent}}
  objectives:
    - {{name: in-time, traffic: steady, indicator: operation.duration, op: lte, value: 1s, target: 80%}}
{more}
"""
CAPACITY = """\
  capacity:
    from: 100/s
    to: 100/s
    precision: 50%
    level: {duration: 4s, warmup: 200ms, least: 200ms}
    at_least: 100/s
    demand: {now: 20/s, growth: 1.2, month: 2026-11, scenarios: {base: {lasts: 2}, stress: {surge: 9}}}
"""
SCALING = "  scaling: {rate: 40/s, peak: 400/s, before: 1s, lasting: 3s, after: 1s, recover_within: 2s}\n"


@pytest.fixture(scope="module")
def target() -> Iterator[Apart]:
    """Serves 200 a second."""
    with Apart(2, 0.01) as server:
        yield server


def ran(folder: Path, uri: str, more: str, *items: str) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """The items by what stands behind the file's name, and the kinds of events."""
    (folder / "policy.yaml").write_text(POLICY.format(uri=uri, more=more), "utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--trial-policy", "policy.yaml"]
    command += ["--trial-suite", "load", "--trial-out", "out", "--trial-seed", "5", "-k", " or ".join(items)]
    subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=100, check=False)
    lines = (folder / "out" / "journal.ndjson").read_text("utf-8").splitlines()
    events = [json.loads(line) for line in lines]
    found = {event["id"].rpartition("::")[2]: event for event in events if event["event"] == "item"}
    return found, [event["event"] for event in events]


def unless_busy(*items: dict[str, Any]) -> None:
    """Skip where this machine was too busy to send on time: the product itself says that it knows nothing."""
    for item in items:
        if "the generator fell behind" in item["reason"]:
            pytest.skip(item["reason"])


def test_capacity_and_demand(tmp_path: Path, target: Apart) -> None:
    items, kinds = ran(tmp_path, target.uri, CAPACITY, "test_capacity", "test_demand", "step", "back")
    assert kinds.count("capacity") == 1, "one search for all items"
    assert kinds.count("level") == 1
    unless_busy(*items.values())
    told = {name: (item["outcome"], item["reason"]) for name, item in items.items()}
    assert told["test_capacity"][0] == "PASSED", told
    assert "100/s must be shown to hold" in told["test_capacity"][1]
    assert told["test_demand[base]"][0] == "PASSED"
    assert told["test_demand[stress]"][0] == "NOT_APPLICABLE", "nobody said how long"
    assert told["test_recovers_after_the_step"][0] == "NOT_APPLICABLE"
    assert next(iter(items)) == "test_recovers_after_the_step", "a step of load comes before any other"
    assert items["test_capacity"]["title"] == "The highest rate at which every objective holds"
    assert items["test_demand[base]"]["exchanges"] > 100


def test_what_the_policy_asks_nothing_of_does_not_apply_and_proves_nothing(
    tmp_path: Path, target: Apart
) -> None:
    asked = ("test_capacity", "test_callers", "test_demand", "step", "back", "test_soak")
    items, kinds = ran(tmp_path, target.uri, "", *asked)
    assert len(items) == len(asked)
    assert {item["outcome"] for item in items.values()} == {"NOT_APPLICABLE"}
    assert all(
        item["reason"].startswith("the policy asks for no")
        for name, item in items.items()
        if "soak" not in name
    )
    assert "spec.capacity.demand" in items["test_demand[none]"]["reason"]
    assert "exchanges" not in kinds
    end = json.loads((tmp_path / "out" / "journal.ndjson").read_text("utf-8").splitlines()[-1])
    assert (end["outcome"], end["exit_code"]) == ("INCONCLUSIVE", 2)
    assert "nothing was measured: no check sent a request" in end["reasons"]


def test_a_target_that_does_not_scale(tmp_path: Path, target: Apart) -> None:
    items, kinds = ran(tmp_path, target.uri, SCALING, "test_recovers", "test_scales", "test_capacity")
    assert kinds.count("scaling") == 1
    unless_busy(*items.values())
    assert items["test_recovers_after_the_step"]["outcome"] == "FAILED", items
    assert items["test_scales_back"]["outcome"] == "NOT_APPLICABLE"
    assert items["test_capacity"]["outcome"] == "NOT_APPLICABLE"
