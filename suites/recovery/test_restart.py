"""Suite `recovery` (R08, R45): the target is killed; who supervises it starts it again, without a person."""

from __future__ import annotations

from typing import Any

from seatrial.chaos import restart


def test_comes_back(trial_component: Any) -> None:
    """Each component is back within its recovery time objective."""
    trial_component.found(restart.came_back(trial_component.crash, trial_component.spec))
