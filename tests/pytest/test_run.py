from __future__ import annotations

from typing import Any

import pytest

from seatrial.core.outcome import Outcome

SLA = "seatrial/suites/sla/test_objectives.py::test_objective"


def test_every_objective_becomes_an_item(trial_repo: Any) -> None:
    result = trial_repo.run("--trial-suite", "sla")
    assert result.ret == 0
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(
        [
            "sea trial: test *seed 7*",
            "✓ passed *availability*proven after*",
            "✓ passed * the whole policy",
            "journal: *",
        ]
    )
    assert set(trial_repo.items()) == {f"{SLA}[availability]", f"{SLA}[latency]"}
    assert trial_repo.last("finish")["outcome"] == "PASSED"
    events = [event["event"] for event in trial_repo.events]
    assert events[:2] == ["journal", "run"]
    assert events[-1] == "finish"
    assert [event["when"] for event in trial_repo.events if event["event"] == "fingerprint"] == [
        "before",
        "after",
    ]
    run = next(event for event in trial_repo.events if event["event"] == "run")
    assert run["purpose"] == "session", "no certificate is made here"
    policy = run["policy"]
    assert policy["digest"].startswith("sha256:")
    assert policy["effective"]["spec"]["targets"][0]["apiKey"] == "${env:BOT_KEY}"


def test_a_broken_limit_fails_its_item_alone(trial_repo: Any) -> None:
    trial_repo.policy(value="1ms")
    result = trial_repo.run("--trial-suite", "sla")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(passed=1, failed=1)
    item = trial_repo.items()[f"{SLA}[latency]"]
    assert item["outcome"] == Outcome.FAILED
    assert "the limit is broken" in item["reason"]
    assert trial_repo.last("finish")["exit_code"] == 1
    whole = [event for event in trial_repo.events if event["event"] == "exchange"]
    assert {event["objective"] for event in whole} == {"latency"}
    assert whole[0]["exchange"]["asked"]


def test_the_key_stays_out_of_every_file(trial_repo: Any, gateway: Any) -> None:
    trial_repo.run("--trial-suite", "sla", "--trial-suite", "contract", "--junitxml", "out/pytest.xml")
    key = gateway.api_key
    files = [path for path in (trial_repo.folder / "out").rglob("*") if path.is_file()]
    assert len(files) >= 2
    assert not [path for path in files if key in path.read_text(errors="replace")]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--trial-suite", "sal"], "did you mean 'sla'"),
        (["--trial-policy", "nowhere.yaml"], "nowhere.yaml"),
        (["--trial-target", "ftp://x"], "ftp://x"),
    ],
)
def test_what_cannot_be_run_is_refused_before_a_request(
    trial_repo: Any, arguments: list[str], message: str
) -> None:
    result = trial_repo.run("--trial-suite", "sla", *arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert message in result.stderr.str() + result.stdout.str()


def test_a_suite_without_a_policy_is_refused(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_subprocess("--trial-suite", "sla")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--trial-suite needs --trial-policy*"])


def test_a_run_never_continues_anothers_journal(trial_repo: Any) -> None:
    assert trial_repo.run("--trial-suite", "sla", "-k", "availability").ret == 0
    result = trial_repo.run("--trial-suite", "sla")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "there is a journal already" in result.stderr.str()


def test_an_unreachable_target_is_told(trial_repo: Any) -> None:
    result = trial_repo.run("--trial-suite", "sla", "--trial-target", "http://127.0.0.1:1/v1")
    assert result.ret != 0
    assert trial_repo.last("finish")["exit_code"] == 3
    assert "127.0.0.1:1" in trial_repo.last("error")["what"] + str(trial_repo.last("error")["where"])


def test_the_seed_is_in_the_journal_and_comes_from_the_policy_too(trial_repo: Any) -> None:
    trial_repo.policy(more="  seed: 41")
    options = ("--trial-policy", "policy.yaml", "--trial-out", "out", "-p", "no:cacheprovider")
    trial_repo.pytester.runpytest_subprocess(*options, "--trial-suite", "sla", "-k", "availability")
    assert next(event for event in trial_repo.events if event["event"] == "run")["seed"] == 41


def test_a_critical_objective_ends_the_run(trial_repo: Any) -> None:
    limit = "indicator: operation.duration, op: lte, value: 1us, target: 95%"
    critical = f"    - {{name: first, traffic: steady, {limit}, critical: true}}"
    text = (
        (trial_repo.folder / "policy.yaml")
        .read_text()
        .replace("  objectives:\n", f"  objectives:\n{critical}\n")
    )
    (trial_repo.folder / "policy.yaml").write_text(text)
    trial_repo.run("--trial-suite", "sla")
    assert set(trial_repo.items()) == {f"{SLA}[first]"}
    finish = trial_repo.last("finish")
    assert finish["outcome"] == "FAILED"
    assert any("were not run" in reason for reason in finish["reasons"])
