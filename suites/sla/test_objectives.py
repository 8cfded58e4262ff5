"""Suite `sla`: every objective of the policy is a test item (R01, R02)."""


def test_objective(trial_objective, traffic):
    """The objective is shown to hold, at the policy's confidence."""
    assert trial_objective.judge(traffic(trial_objective.traffic))
