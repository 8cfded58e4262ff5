"""Automated remediation: alert, steps, resolved; else a person is called. Each loop is exercised once."""

from __future__ import annotations

from typing import Any

from seatrial.chaos.remediation import judge


def test_no_false_alarm(trial_remediation: Any) -> None:
    """No signal fires while nothing is wrong."""
    trial_remediation.came_to(judge.calm)


def test_alerted(trial_remediation: Any) -> None:
    """The monitoring notices the fault in time."""
    trial_remediation.came_to(judge.alerted)


def test_steps_are_taken(trial_remediation: Any) -> None:
    """Automation does something about it, and knows when to stop."""
    trial_remediation.came_to(judge.stepped)


def test_repaired(trial_remediation: Any) -> None:
    """Callers are served again in time, without a person and while the fault is not taken back by us."""
    trial_remediation.came_to(judge.repaired)


def test_resolved_is_true(trial_remediation: Any) -> None:
    """It is announced as resolved when it is, and not before."""
    trial_remediation.came_to(judge.announced)


def test_escalated(trial_remediation: Any) -> None:
    """A person is called in time where automation cannot help, and is left alone where it can."""
    trial_remediation.came_to(judge.escalated)
