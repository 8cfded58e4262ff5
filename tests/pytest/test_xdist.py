from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("xdist", reason="pytest-xdist is not installed")


def test_one_worker_runs_all_of_a_trial_and_the_others_the_rest(trial_repo: Any) -> None:
    own = "import pytest\n@pytest.mark.parametrize('n', range(20))\ndef test_own(n):\n    pass\n"
    trial_repo.pytester.makepyfile(test_own=own)
    result = trial_repo.run("-n", "2", "--trial-suite", "sla", "--trial-suite", "identity", "test_own.py")
    assert result.ret == 0
    result.assert_outcomes(passed=24)
    assert len(trial_repo.items()) == 4
    workers = {event.get("worker") for event in trial_repo.events if event["event"] == "item"}
    assert len(workers) == 1
    assert workers <= {"gw0", "gw1"}
    assert trial_repo.last("finish")["outcome"] == "PASSED"
    assert [event["when"] for event in trial_repo.events if event["event"] == "fingerprint"] == [
        "before",
        "after",
    ]
    assert (
        sum(event["event"] in ("journal", "run", "collected", "finish") for event in trial_repo.events) == 4
    )


def test_a_failure_in_a_worker_is_a_failure(trial_repo: Any) -> None:
    trial_repo.policy(value="1ms")
    result = trial_repo.run("-n", "2", "--trial-suite", "sla")
    assert result.ret == 1
    result.assert_outcomes(passed=1, failed=1)
    assert trial_repo.last("finish")["exit_code"] == 1
