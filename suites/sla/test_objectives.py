"""Suite `sla`: every objective of the policy is a test item (R01, R02)."""

from typing import Any


def test_objective(trial_objective: Any, trial: Any) -> None:
    """The objective is shown to hold, at the policy's confidence."""
    assert trial_objective.judge(trial.stream(trial_objective))
