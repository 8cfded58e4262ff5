"""Experiments collected as tests: the verdict is our journal's, whatever chaostoolkit's exit code says."""

from __future__ import annotations

from typing import Any

import pytest

from seatrial.bundled import bundled
from seatrial.core.outcome import Outcome
from seatrial.pytest.outcomes import NOT_PROVEN
from seatrial.systems.readiness import free_port
from seatrial.systems.runner import System
from tests.chaos.toolkit.experiments import activity, good, written

pytest.importorskip("chaoslib", reason="needs the extra [chaos]")

FILE = "trial.experiment.yaml"
ITEM = f"{FILE}::trial"


@pytest.fixture
def repo(trial_for: Any, gateway: System) -> Any:
    """A repository whose target is reached through the policy's own fault proxy."""
    trial = trial_for(gateway)
    port = free_port()
    trial.uri = f"http://127.0.0.1:{port}/v1"
    listen, upstream = f"127.0.0.1:{port}", f"127.0.0.1:{gateway.port}"
    trial.policy(more=f'  dependencies: [{{name: primary, listen: "{listen}", upstream: "{upstream}"}}]')
    return trial


def experiment(repo: Any, document: dict[str, Any]) -> None:
    written(repo.folder, document)


def test_a_good_experiment_passes(repo: Any) -> None:
    experiment(repo, good())
    result = repo.run(FILE)
    assert result.ret == 0
    result.assert_outcomes(passed=1)
    item = repo.items()[ITEM]
    assert (item["outcome"], item["title"], item["suite"]) == ("PASSED", "The provider fails", "own")
    assert item["exchanges"] == 12
    assert "steady before and after under http.status on primary" in item["reason"]
    told = repo.last("experiment")
    assert (told["item"], told["outcome"], told["folder"]) == (ITEM, "PASSED", "experiments/trial")
    assert (repo.folder / "out" / told["folder"] / "journal.json").is_file()
    faults = [event for event in repo.events if event["event"] == "fault"]
    assert [fault["phase"] for fault in faults] == ["injected", "reverted"]
    assert faults[1]["hits"] >= 4
    assert [event["t"] for event in repo.events] == sorted(event["t"] for event in repo.events)
    assert (repo.last("finish")["outcome"], repo.last("finish")["requests"]) == ("PASSED", 12)


def test_what_the_target_does_wrong_fails(repo: Any) -> None:
    document = good()
    arguments = {"indicator": "availability", "target": "90%", "requests": 60}
    document["method"][1] = activity("probe", "answered meanwhile", "objective", **arguments)
    experiment(repo, document)
    result = repo.run(FILE)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*answered meanwhile: the limit is broken*"])
    assert repo.items()[ITEM]["outcome"] == Outcome.FAILED
    assert repo.last("finish")["exit_code"] == 1


def test_a_fault_that_hits_nothing_proves_nothing(repo: Any) -> None:
    document = good()
    document["method"].pop(1)
    experiment(repo, document)
    result = repo.run(FILE)
    assert result.ret == NOT_PROVEN
    result.stdout.fnmatch_lines(["? trial.experiment.yaml::trial: *never acted*"])
    assert repo.items()[ITEM]["outcome"] == Outcome.INCONCLUSIVE
    assert repo.last("finish")["exit_code"] == 2


def test_a_failed_injection_is_trouble_of_ours(repo: Any) -> None:
    document = good()
    document["method"][0]["provider"]["arguments"]["proxy"] = "nowhere"
    experiment(repo, document)
    result = repo.run(FILE)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["ERROR: the action 'it fails' failed*", "*journal and log are in*"])
    assert repo.items()[ITEM]["outcome"] == Outcome.ERROR
    assert repo.last("experiment")["exit_code"] == 0
    assert repo.last("finish")["exit_code"] == 4


def test_an_unknown_action_is_told_before_anything_runs(repo: Any) -> None:
    document = good()
    document["method"][0]["provider"]["func"] = "inject_falt"
    experiment(repo, document)
    result = repo.run(FILE)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(
        ["*trial.experiment.yaml:*no function 'inject_falt', did you mean 'inject_fault'?"]
    )
    assert not repo.items()


def test_the_key_is_in_no_file_of_the_run(repo: Any, gateway: System) -> None:
    experiment(repo, good())
    repo.run(FILE)
    files = [path for path in (repo.folder / "out").rglob("*") if path.is_file()]
    assert len(files) >= 5
    key = str(gateway.api_key)
    assert not [path for path in files if key in path.read_text(errors="replace")]


def test_an_ordinary_session_does_not_see_experiments(repo: Any) -> None:
    experiment(repo, good())
    result = repo.pytester.runpytest_subprocess("-p", "no:cacheprovider", "--collect-only", "-q")
    assert "experiment" not in result.stdout.str()


def test_bundled_scenarios_have_the_same_id_everywhere(repo: Any) -> None:
    path = bundled("scenarios") / "provider-outage.experiment.yaml"
    result = repo.run(str(path), "--collect-only", "-q")
    wanted = "seatrial/suites/scenarios/provider-outage.experiment.yaml::provider-outage"
    result.stdout.fnmatch_lines([wanted])


def test_what_the_user_has_set_stays(repo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEATRIAL_CONTROL_URL", "http://127.0.0.1:9")
    experiment(repo, good())
    repo.run(FILE)
    assert repo.items()[ITEM]["outcome"] == Outcome.ERROR
    assert "http://127.0.0.1:9 does not answer" in repo.items()[ITEM]["reason"]
