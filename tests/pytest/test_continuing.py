from __future__ import annotations

from typing import Any

import pytest

from seatrial.pytest.outcomes import NOT_PROVEN

SLA = ("--trial-suite", "sla", "-k", "availability")


def run(repo: Any, out: str, *arguments: str) -> pytest.RunResult:
    options = ("--trial-policy", "policy.yaml", "--trial-out", out, "-p", "no:cacheprovider", *SLA)
    return repo.pytester.runpytest_subprocess(*options, *arguments, timeout=100)


@pytest.fixture
def strict(trial_repo: Any) -> Any:
    """A policy that needs more requests than one run's budget holds: about 430 at 99 %."""
    text = (trial_repo.folder / "policy.yaml").read_text()
    text = text.replace("target: 95%", "target: 99%", 1).replace("requests: 3000", "requests: 300")
    (trial_repo.folder / "policy.yaml").write_text(text)
    return trial_repo


def journal(repo: Any, out: str) -> Any:
    (repo.folder / "out").mkdir(exist_ok=True)
    (repo.folder / "out" / "journal.ndjson").write_text((repo.folder / out / "journal.ndjson").read_text())
    return repo


def test_a_retry_goes_on_where_the_last_run_stopped(strict: Any) -> None:
    assert run(strict, "one").ret == NOT_PROVEN
    first = journal(strict, "one").last("verdict")["verdict"]
    assert (first["outcome"], first["n"]) == ("INCONCLUSIVE", 300)
    assert run(strict, "two", "--trial-continue", "one/journal.ndjson").ret == 0
    second = journal(strict, "two").last("verdict")["verdict"]
    assert second["outcome"] == "PASSED"
    assert 300 < second["n"] <= 600
    assert next(event for event in strict.events if event["event"] == "run")["continues"]
    continued = [event for event in strict.events if event["event"] == "exchanges" and event.get("continued")]
    assert sum(len(event["intended"]) for event in continued) == 300
    assert strict.last("finish")["requests"] < 400


def test_a_failure_cannot_be_retried_away(trial_for: Any, gateway: Any, trial_repo: Any) -> None:
    trial_repo.policy(value="1ms")
    options = (
        "--trial-policy",
        "policy.yaml",
        "--trial-suite",
        "sla",
        "-k",
        "latency",
        "-p",
        "no:cacheprovider",
    )
    trial_repo.pytester.runpytest_subprocess(*options, "--trial-out", "one")
    again = trial_repo.pytester.runpytest_subprocess(
        *options, "--trial-out", "two", "--trial-continue", "one/journal.ndjson"
    )
    assert again.ret == 1
    assert journal(trial_repo, "two").last("finish")["requests"] < 20, "it is decided by what is there"


def test_another_policys_evidence_is_refused(strict: Any) -> None:
    run(strict, "one")
    strict.policy(value="2s")
    result = run(strict, "two", "--trial-continue", "one/journal.ndjson")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "by another policy" in result.stderr.str()


def test_a_changed_targets_evidence_is_refused(strict: Any) -> None:
    run(strict, "one")
    path = strict.folder / "one" / "journal.ndjson"
    path.write_text(path.read_text().replace("fp_", "fq_"))
    result = run(strict, "two", "--trial-continue", "one/journal.ndjson")
    assert result.ret != 0
    assert "system_fingerprint changed" in result.stdout.str() + result.stderr.str()
