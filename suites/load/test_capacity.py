"""Suite `load` (R11): the highest rate at which every objective holds, and how long it will be enough."""

from __future__ import annotations

from typing import Any

from seatrial.pytest.outcomes import not_applicable

from .ruling import settle


def test_capacity(measured_capacity: Any, trial: Any, request: Any) -> None:
    """The highest rate at which every objective holds."""
    found = measured_capacity()
    reason = f"{found.interval}: {found.reason}"
    settle(trial, request.node.nodeid, found.outcome, reason, found.exchanges)


def test_callers_are_sent_away(measured_overload: Any, trial: Any, request: Any) -> None:
    """Beyond its capacity the target sends callers away and lets no queue grow without end."""
    found = measured_overload()
    settle(trial, request.node.nodeid, found.outcome, found.reason, found.exchanges)


def test_demand(measured_capacity: Any, demand_scenario: str, trial: Any, request: Any) -> None:
    """Capacity suffices for projected demand."""
    if trial.loaded.spec.capacity is None or trial.loaded.spec.capacity.demand is None:
        not_applicable("the policy asks for no projection of demand: spec.capacity.demand")
    capacity = measured_capacity()
    found = next(each for each in capacity.demand if each.scenario == demand_scenario)
    settle(trial, request.node.nodeid, found.outcome, found.reason, capacity.exchanges)
