from __future__ import annotations

from typing import Any

import pytest

from seatrial.core.outcome import Outcome
from seatrial.load.demand import Projection, project
from seatrial.policy.capacity import DemandSpec

SEED: dict[str, Any] = {"now": "100/s", "growth": 1.15, "usage": 1.08, "efficiency": 0.95, "months": 24}
"""The factors of the seed document, each month."""


def projected(lower: float | None, upper: float | None, **changes: Any) -> dict[str, Projection]:
    spec = DemandSpec.model_validate(SEED | changes)
    return {each.scenario: each for each in project(spec, "2026-11", lower, upper, tokens=30.0)}


def test_growth_usage_and_efficiency_every_month() -> None:
    base = projected(1e9, None)["base"]
    assert base.months[:3] == ("2026-11", "2026-12", "2027-01")
    assert base.rates[0] == 100.0
    assert base.rates[1] == pytest.approx(100 * 1.15 * 1.08 * 0.95, rel=1e-4)
    assert base.rates[12] == pytest.approx(100 * (1.15 * 1.08 * 0.95) ** 12, rel=1e-4)
    assert base.tokens is not None
    assert base.tokens[0] == 3000.0
    assert base.runs_out is None
    assert base.outcome is Outcome.NOT_APPLICABLE


def test_the_season_of_today_is_in_today_already() -> None:
    flat = {"growth": 1.0, "usage": 1.0, "efficiency": 1.0, "season": {11: 1.2, 12: 1.5}}
    base = projected(120.0, 130.0, **flat)["base"]
    assert base.rates[:3] == pytest.approx((100.0, 125.0, 83.3333))
    assert (base.runs_out, base.breaks) == ("2026-12", None)


def test_scenarios_take_what_they_leave_out_from_the_demand() -> None:
    scenarios = {
        "base": {},
        "optimistic": {"growth": 1.3},
        "pessimistic": {"growth": 1.0},
        "stress": {"surge": 3},
    }
    found = projected(500.0, 550.0, scenarios=scenarios)
    assert {name: each.runs_out for name, each in found.items()} == {
        "base": "2027-09",
        "optimistic": "2027-05",
        "pessimistic": None,
        "stress": "2027-03",
    }
    assert found["stress"].rates[0] == 300.0


def test_what_must_last_is_judged_by_the_interval() -> None:
    assert projected(150.0, 170.0, lasts=4)["base"].outcome is Outcome.FAILED
    assert projected(300.0, 330.0, lasts=4)["base"].outcome is Outcome.PASSED
    open_one = projected(150.0, 400.0, lasts=4)["base"]
    assert open_one.outcome is Outcome.INCONCLUSIVE
    assert "runs out in 2027-02" in open_one.reason
    assert "4 months" in open_one.reason
    assert projected(None, None, lasts=4)["base"].outcome is Outcome.INCONCLUSIVE
    assert projected(None, 90.0, lasts=1)["base"].outcome is Outcome.FAILED


def test_demand_of_today_may_be_too_much_already() -> None:
    found = projected(50.0, 60.0, lasts=1, scenarios={"base": {}, "stress": {"surge": 3, "lasts": 2}})
    assert found["base"].runs_out == found["base"].breaks == "2026-11"
    assert "demand of today" in found["stress"].reason
    assert found["stress"].outcome is Outcome.FAILED


def test_a_policy_may_say_when_now_is() -> None:
    assert projected(1e9, None, month="2025-12")["base"].months[:2] == ("2025-12", "2026-01")
    assert projected(1e9, None)["base"].to_dict()["outcome"] == "NOT_APPLICABLE"
