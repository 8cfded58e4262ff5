from __future__ import annotations

from typing import Any

import pytest

from seatrial.core.demands import unmet

POLICY = {
    "effective": {
        "spec": {
            "suites": ["sla", "contract"],
            "objectives": [{"name": "availability"}, {"name": "latency-p95"}],
        }
    },
    "checklists": [
        {"name": "production-readiness", "mode": "automated"},
        {"name": "./lists/ours.checklist.yaml"},
    ],
}


def events() -> list[dict[str, Any]]:
    return [
        {"event": "run", "policy": POLICY, "suites": ["sla", "contract"]},
        {"event": "verdict", "objective": {"name": "availability"}},
        {"event": "verdict", "objective": {"name": "latency-p95"}},
        {"event": "control", "checklist": "production-readiness", "id": "rdy-pre-01"},
        {"event": "control", "checklist": "ours", "id": "our-01"},
    ]


def test_a_scenario_that_nothing_tried() -> None:
    spec = {"resilience": [{"name": "dies"}, {"scenario": "provider-hang"}]}
    run = {"event": "run", "policy": {"effective": {"spec": spec}}, "suites": []}
    looked = {"event": "finding", "scenario": "dies", "aspect": "recovers"}
    assert unmet([run, looked]) == ["the policy demands the scenario provider-hang, and nothing tried it"]
    assert unmet([run, looked, {**looked, "scenario": "provider-hang"}]) == []


def test_a_run_that_looked_at_everything() -> None:
    assert unmet(events()) == []


@pytest.mark.parametrize(
    ("without", "said"),
    [
        (1, "the objective availability"),
        (2, "the objective latency-p95"),
        (3, "the checklist production-readiness"),
        (4, "the checklist ./lists/ours.checklist.yaml"),
    ],
)
def test_what_nothing_looked_at_is_named(without: int, said: str) -> None:
    happened = events()
    del happened[without]
    (found,) = unmet(happened)
    assert said in found


def test_a_suite_that_was_left_out_is_named() -> None:
    happened = events()
    happened[0] = happened[0] | {"suites": ["sla"]}
    assert unmet(happened) == ["the policy demands the suites contract, which were not run"]


@pytest.mark.parametrize("run", [{}, {"policy": None}, {"policy": {}}, {"policy": {"effective": None}}])
def test_a_policy_that_demands_nothing(run: dict[str, Any]) -> None:
    assert unmet([{"event": "run"} | run]) == []
    assert unmet([]) == []
