from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from seatrial.core.errors import UsageError
from seatrial.load.resumed import Part
from seatrial.pytest.continuing import Earlier
from seatrial.pytest.outcomes import NOT_PROVEN
from tests.load.comparison.journals import Made, times

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


class Flow:
    """A traffic that keeps what it is given."""

    def __init__(self, name: str) -> None:
        self.name = name

    def resume(self, parts: Sequence[Part]) -> None:
        self.parts = parts


def earlier(folder: Path, *more: dict[str, Any]) -> Earlier:
    made = Made("one", times(1, 40), extra=list(more)).write(folder)
    return Earlier(made / "journal.ndjson", "sha256:policy")


def test_evidence_that_lost_a_part_of_itself_is_refused(tmp_path: Path) -> None:
    assert earlier(tmp_path).run == "one"
    lost = {"event": "lost", "traffic": "steady", "what": "worker 2 was killed: 7 exchanges are lost"}
    with pytest.raises(UsageError, match=r"lost some of what it sent \(worker 2 was killed"):
        earlier(tmp_path, lost | {"count": 7, "sent": 47})


def test_what_others_sent_is_no_evidence(tmp_path: Path) -> None:
    users = {"event": "traffic", "name": "users", "locust": {"file": "chat.py", "digest": "sha256:a"}}
    found = earlier(tmp_path, users)
    found.hand_on(Flow("users"), "sha256:a")
    for digest in (None, "sha256:b"):
        with pytest.raises(UsageError, match=r"was sent by the locustfile chat\.py as it was"):
            found.hand_on(Flow("users"), digest)
    with pytest.raises(UsageError, match="was sent by our own engine"):
        found.hand_on(Flow("steady"), "sha256:a")
    flow = Flow("steady")
    found.hand_on(flow)
    assert [len(part.exchanges) for part in flow.parts] == [40]
