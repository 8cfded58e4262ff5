"""Tolerances for the probes of an experiment. Whatever they are given, they answer; chaostoolkit's own
``range`` crashes on a value that is no number, and takes the journal with it.

In an experiment: ``tolerance: {type: probe, name: ..., provider: {type: python, module:
seatrial.chaos.toolkit.tolerances, func: passed, arguments: {}}}``.
"""

from __future__ import annotations

import math
from typing import Any

__all__ = ["at_least", "at_most", "passed"]


def passed(value: Any = None) -> bool:
    """The value is a verdict of seatrial, and it is PASSED: what was not proven is not within."""
    return isinstance(value, dict) and value.get("outcome") == "PASSED"


def at_least(limit: float, value: Any = None) -> bool:
    """The value is a number and at least the limit."""
    number = _number(value)
    return number is not None and number >= limit


def at_most(limit: float, value: Any = None) -> bool:
    """The value is a number and at most the limit."""
    number = _number(value)
    return number is not None and number <= limit


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or math.isnan(value):
        return None
    return float(value)
