"""Traffic."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from seatrial.policy.traffic import BudgetSpec, TrafficSpec


def test_what_is_left_out() -> None:
    traffic = TrafficSpec.model_validate({"name": "steady"})
    assert (traffic.concurrency, traffic.stream, traffic.warmup, traffic.prompts) == (
        4,
        False,
        8,
        "bundled/chat-short",
    )
    assert (traffic.budget.requests, traffic.budget.duration, traffic.budget.cost) == (10_000, 300, None)
    assert TrafficSpec.model_validate(traffic.model_dump(mode="json")) == traffic


def test_a_budget_has_a_limit() -> None:
    with pytest.raises(ValidationError, match="a budget without a limit"):
        BudgetSpec.model_validate({})
    budget = BudgetSpec.model_validate({"cost": "$2"})
    assert budget.requests is None
    assert budget.cost is not None
    assert budget.cost.amount == 2
