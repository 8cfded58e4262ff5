from __future__ import annotations

from typing import Any

import pytest

AVAILABILITY = "seatrial/suites/sla/test_objectives.py::test_objective[availability]"
LATENCY = "seatrial/suites/sla/test_objectives.py::test_objective[latency]"


CHECKLIST = """
apiVersion: seatrial/v1alpha1
kind: Checklist
metadata: {name: ours}
controls:
  - control-id: c-1
    title: Answers come
    evaluation-methods: [{mode: Automated}]
    proven_by: ["*::test_objective[*]"]
  - control-id: c-2
    title: Someone is on call
    evaluation-methods: [{mode: Manual}]
"""
HOOK = """
from pathlib import Path

def pytest_seatrial_suites():
    return {"ours": Path(__file__).parent / "ours"}
"""


def collected(result: pytest.RunResult) -> list[str]:
    return [line for line in result.outlines if "::" in line]


def test_ids_do_not_depend_on_where_pytest_runs(trial_repo: Any) -> None:
    below = trial_repo.folder / "a" / "b"
    below.mkdir(parents=True)
    for place in (".", str(below)):
        result = trial_repo.run("--trial-suite", "sla", "--collect-only", "-q", "--rootdir", place)
        assert collected(result) == [AVAILABILITY, LATENCY]
        (trial_repo.folder / "out" / "journal.ndjson").unlink()


@pytest.mark.parametrize(
    ("choice", "kept"), [(["-k", "latency"], [LATENCY]), (["--deselect", LATENCY], [AVAILABILITY])]
)
def test_items_can_be_chosen(trial_repo: Any, choice: list[str], kept: list[str]) -> None:
    assert trial_repo.run("--trial-suite", "sla", *choice).ret == 0
    assert list(trial_repo.items()) == kept
    assert trial_repo.last("finish")["outcome"] == "PASSED"


def test_last_failed_runs_what_failed(trial_repo: Any) -> None:
    trial_repo.policy(value="1ms")
    run = trial_repo.pytester.runpytest_subprocess
    options = ("--trial-policy", "policy.yaml", "--trial-suite", "sla")
    run(*options, "--trial-out", "one").assert_outcomes(passed=1, failed=1)
    run(*options, "--trial-out", "two", "--lf").assert_outcomes(failed=1)


def test_it_runs_beside_the_users_own_tests(trial_repo: Any) -> None:
    (trial_repo.folder / "sla").mkdir()
    (trial_repo.folder / "sla" / "__init__.py").touch()
    (trial_repo.folder / "sla" / "test_objectives.py").write_text(
        "import sla\ndef test_mine(): assert sla.__file__\n"
    )
    result = trial_repo.run("--trial-suite", "sla", "sla")
    assert result.ret == 0
    result.assert_outcomes(passed=3)
    assert list(trial_repo.items()) == [AVAILABILITY, LATENCY], (
        "a user's own test without a target is no part of it"
    )


def test_checklists_are_items_and_controls_come_last(trial_repo: Any) -> None:
    (trial_repo.folder / "ours.checklist.yaml").write_text(CHECKLIST)
    trial_repo.policy(more="  checklists: [./ours.checklist.yaml]")
    result = trial_repo.run("--trial-suite", "checklists", "--trial-suite", "sla")
    items = trial_repo.items()
    assert [item["control"] for item in items.values()] == [None, None, "c-1", "c-2"]
    controls = {event["id"]: event for event in trial_repo.events if event["event"] == "control"}
    assert (controls["c-1"]["outcome"], controls["c-2"]["outcome"]) == ("PASSED", "INCONCLUSIVE")
    assert controls["c-1"]["proven_by"] == [AVAILABILITY, LATENCY]
    result.stdout.fnmatch_lines(["*c-2: nobody attested it*"])
    assert trial_repo.last("finish")["exit_code"] == 2


def test_a_suite_finds_its_defect(trial_for: Any, lying_gateway: Any) -> None:
    repo = trial_for(lying_gateway)
    assert (
        repo.run("--trial-suite", "contract", "-k", "test_malformed or test_bad or breaks_the_protocol").ret
        == 1
    )
    failed = [item for item in repo.items().values() if item["outcome"] == "FAILED"]
    assert failed
    assert all("test_bad_input" in item["id"] for item in failed)
    assert repo.last("exchange")["exchange"]["status"] == 500


def test_a_suite_from_outside_is_added_by_a_hook(trial_repo: Any) -> None:
    (trial_repo.folder / "ours").mkdir()
    test = "def test_it(trial_target):\n    assert trial_target.send('Hello').ok\n"
    (trial_repo.folder / "ours" / "test_ours.py").write_text(test)
    trial_repo.pytester.makeconftest(HOOK)
    result = trial_repo.run("--trial-suite", "ours")
    assert result.ret == 0
    assert list(trial_repo.items()) == ["ours/test_ours.py::test_it[bot]"]
