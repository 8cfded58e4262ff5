"""Suite `load` (R12): auto-scaling, judged from outside by a step of load up and down again."""

from __future__ import annotations

from typing import Any

from .ruling import settle


def test_recovers_after_the_step(measured_scaling: Any, trial: Any, request: Any) -> None:
    """Every objective holds again in time after the load stepped up."""
    found = measured_scaling()
    settle(trial, request.node.nodeid, found.recovery.outcome, found.recovery.reason, found.exchanges)


def test_scales_back(measured_scaling: Any, trial: Any, request: Any) -> None:
    """What was added for the peak is given back in time."""
    found = measured_scaling()
    settle(trial, request.node.nodeid, found.back.outcome, found.back.reason, found.exchanges)
