"""``dependency("primary").inject(...)`` in a user's own test, and scenarios as items."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from seatrial.systems.runner import System
from tests.pytest.conftest import Trial

MORE = """\
  dependencies: {dependencies}
  resilience:
    - name: primary-dies
      inject: [{{on: primary, toxic: down}}]
      min_duration: 300ms
      during: [{{indicator: availability, target: 90%}}]
      recovery: {{rto: 20s, consecutive: 10}}
    - name: nobody-hit
      inject: [{{on: primary, toxic: http.status, attributes: {{path: /nowhere}}}}]
      min_duration: 300ms
      client_behaviour: [amplification: {{at_most: 2}}]
      recovery: {{consecutive: 10}}
"""
OWN = """
from seatrial import Objective

AVAILABLE = Objective(indicator="availability", target="90%")

def test_survives(traffic, dependency):
    with dependency("primary").inject("down") as fault:
        assert AVAILABLE.judge(traffic("steady", under=fault))
        assert traffic("steady", under=fault) is traffic("steady", under=fault)
    assert fault.witness.hits > 0

def test_never_hit(traffic, dependency):
    with dependency("primary").inject("http.status", path="/nowhere") as fault:
        assert AVAILABLE.judge(traffic("steady", under=fault))

def test_forgets_to_take_it_back(traffic, dependency):
    fault = dependency("primary").inject("http.status", attributes={"status": 503})
    fault.__enter__()
    assert AVAILABLE.judge(traffic("steady", under=fault))

def test_it_was_taken_back(trial, dependency):
    dependency("primary").inject("http.status").__enter__()
    assert trial.resilience.dependencies["primary"].active

def test_nothing_is_left(trial, trial_target):
    assert not trial.resilience.dependencies["primary"].active
    trial_target.send("Hello")

def test_wrong_word(dependency):
    dependency("primary").inject("timout")

def test_wrong_name(dependency):
    dependency("primry")
"""


@pytest.fixture(scope="module")
def resilient() -> Iterator[System]:
    with System("reference-resilient") as system:
        yield system


@pytest.fixture
def repo(trial_for: Any, resilient: System) -> Trial:
    trial: Trial = trial_for(resilient)
    more = MORE.format(dependencies=json.dumps(resilient.dependencies))
    trial.policy(more=more)
    return trial


def test_faults_of_a_test_are_witnessed_and_taken_back(repo: Trial) -> None:
    repo.pytester.makepyfile(test_own=OWN)
    result = repo.run("test_own.py")
    outcomes = {name.partition("::")[2]: item["outcome"] for name, item in repo.items().items()}
    assert outcomes == {
        "test_survives": "PASSED",
        "test_never_hit": "INCONCLUSIVE",
        "test_forgets_to_take_it_back": "PASSED",
        "test_it_was_taken_back": "INCONCLUSIVE",
        "test_nothing_is_left[bot]": "PASSED",
        "test_wrong_word": "ERROR",
        "test_wrong_name": "ERROR",
    }, result.stdout.str()
    reasons = {name.partition("::")[2]: item["reason"] for name, item in repo.items().items()}
    assert reasons["test_never_hit"] == "the fault never hit: http.status on 'primary'"
    assert "did you mean 'timeout'" in reasons["test_wrong_word"]
    assert "no dependency is named 'primry'" in reasons["test_wrong_name"]
    faults = [event for event in repo.events if event["event"] == "fault"]
    assert [event["phase"] for event in faults] == ["injected", "reverted"] * 4
    names = {event["objective"]["name"] for event in repo.events if event["event"] == "verdict"}
    assert names == {"primary-down/availability", "primary-http-status/availability"}


def test_scenarios_are_items(repo: Trial) -> None:
    repo.run("--trial-suite", "resilience")
    items = {name.rpartition("::")[2]: item for name, item in repo.items().items()}
    assert {name: item["outcome"] for name, item in items.items()} == {
        "test_fault_acted[primary-dies]": "PASSED",
        "test_during[primary-dies/availability]": "PASSED",
        "test_recovers[primary-dies]": "PASSED",
        "test_fault_acted[nobody-hit]": "INCONCLUSIVE",
        "test_client_behaviour[nobody-hit/amplification]": "INCONCLUSIVE",
        "test_recovers[nobody-hit]": "INCONCLUSIVE",
        "test_answers[none]": "NOT_APPLICABLE",
    }
    assert list(items)[:3] == [
        "test_fault_acted[primary-dies]",
        "test_during[primary-dies/availability]",
        "test_recovers[primary-dies]",
    ]
    assert all(item["exchanges"] > 0 for item in items.values() if item["outcome"] != "NOT_APPLICABLE")
    during = items["test_during[primary-dies/availability]"]
    assert during["objective"] == "primary-dies/availability"
    (recovery,) = (
        event for event in repo.events if event["event"] == "recovery" and event["scenario"] == "primary-dies"
    )
    assert 0 <= recovery["rto_seconds"] < recovery["limit"] == 20
    findings = {(event["scenario"], event["aspect"]) for event in repo.events if event["event"] == "finding"}
    assert ("nobody-hit", "amplification") in findings
    assert repo.last("finish")["outcome"] == "INCONCLUSIVE"
    assert "the fault never hit: http.status on 'primary'" in json.dumps(repo.last("finish")["reasons"])


def test_a_policy_without_dependencies_has_nothing_to_try(trial_repo: Trial) -> None:
    trial_repo.run("--trial-suite", "resilience", "--trial-suite", "recovery")
    assert {item["outcome"] for item in trial_repo.items().values()} == {"NOT_APPLICABLE"}


def test_a_wrong_fault_ends_the_session_before_the_first_request(repo: Trial) -> None:
    path = repo.folder / "policy.yaml"
    path.write_text(path.read_text().replace("toxic: down", "toxic: dwon"))
    result = repo.run("--trial-suite", "resilience")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*policy.yaml:*no fault is named 'dwon'"])
