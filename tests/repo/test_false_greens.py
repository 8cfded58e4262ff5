"""Ways to go green on nothing, each seen in a public tool, and the test of ours that holds it.

A row that concerns something that is not built yet says so, and is skipped: it is not shown to hold.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import ValidationError

from seatrial.core.decision import decide_events
from seatrial.core.errors import UsageError
from seatrial.core.objective import Objective
from seatrial.core.outcome import Outcome
from seatrial.policy.objective import ObjectiveSpec
from tests.repo import PROJECT

TRAPS = "tests/chaos/toolkit/test_traps.py"
CUTS = "tests/chaos/toolkit/test_witnesses.py::test_a_cut_that_is_passed_on_as_whole_fails"
DEFECTS = "tests/suites/test_defects.py::test_a_defect_turns_its_items_red"
HERE = "tests/repo/test_false_greens.py"


@dataclass(frozen=True)
class Row:
    """One way to go green on nothing.

    Attributes:
        held_by: tests that fail should it come back, ``file::function``.
        defects: of the reference system, which those tests are run with.
        later: what is not built yet, and so not shown.
    """

    what: str
    held_by: tuple[str, ...] = ()
    defects: tuple[str, ...] = ()
    later: str = ""


ROWS: dict[int, Row] = {
    1: Row(
        "the baseline was broken already, and the experiment is skipped with exit code 0",
        (f"{TRAPS}::test_1_a_baseline_that_is_broken_already",),
    ),
    2: Row(
        "injection and rollback both failed, and the exit code is 0",
        (
            f"{TRAPS}::test_2_injection_and_rollback_fail",
            f"{TRAPS}::test_a_failed_injection_leaves_the_exit_code_0",
        ),
    ),
    3: Row(
        "a fault proxy refused, and its client believes that it obeyed; one client for all servers",
        (
            f"{TRAPS}::test_3_a_server_that_refuses_or_only_says_that_it_does",
            f"{TRAPS}::test_3_as_an_experiment_it_is_an_error",
            f"{TRAPS}::test_3_two_servers_at_once",
        ),
    ),
    4: Row(
        "a steady state without probes is met, and so is every tolerance of a dry run",
        (
            f"{TRAPS}::test_4_an_empty_list_of_probes_is_met",
            f"{TRAPS}::test_4_no_hypothesis_at_all",
            f"{TRAPS}::test_4_a_dry_run_meets_every_tolerance",
        ),
    ),
    5: Row(
        "a threshold on a metric without samples passes",
        (
            "tests/core/test_trial.py::test_nothing_measured_is_inconclusive",
            "tests/core/test_recorded.py::test_an_empty_recording_shows_nothing",
            "tests/core/test_decision.py::test_a_green_run_that_sent_nothing_certifies_nothing",
            "tests/chaos/toolkit/test_probes.py::test_no_requests_show_nothing",
        ),
    ),
    6: Row(
        "all requests failed fast, and the latency budget is kept",
        (
            "tests/core/test_objective.py::test_a_failed_request_counts_as_too_slow_however_quickly_it_failed",
            "tests/chaos/toolkit/test_probes.py::test_an_answer_that_is_late_is_not_in_time",
        ),
    ),
    7: Row(
        "no objectives, or objectives of weight 0, pass",
        (
            "tests/pytest/test_run.py::test_a_suite_without_a_policy_is_refused",
            "tests/core/test_decision.py::test_nothing_collected_certifies_nothing",
            f"{HERE}::test_7_a_weight_of_nothing_is_refused",
        ),
    ),
    8: Row(
        "a criterion is found somewhere in a text instead of being all of it",
        (
            "tests/core/test_units.py::test_refused",
            "tests/policy/test_objective.py::test_criteria_that_are_refused",
            f"{HERE}::test_8_what_stands_around_a_criterion_is_not_ignored",
        ),
    ),
    9: Row(
        "the best of several runs counts",
        (
            "tests/pytest/test_continuing.py::test_a_failure_cannot_be_retried_away",
            f"{HERE}::test_9_a_failed_objective_does_not_become_green_beside_a_better_one",
        ),
    ),
    10: Row(
        "the first evaluation always passes, as there is nothing to compare it with",
        ("tests/cli/test_certify.py::test_1_a_broken_objective_is_rejected_with_a_certificate_that_says_so",),
    ),
    11: Row(
        "a cached answer passes a limit on latency",
        (
            "tests/load/audits/test_repeats.py::test_answers_from_memory_fail",
            "tests/suites/load/test_audits.py::test_a_defect_turns_its_item_red",
            "tests/suites/load/test_audits.py::test_a_cache_that_tenants_share_is_found",
        ),
    ),
    12: Row(
        "a benchmark measures the prefix cache",
        ("tests/load/audits/test_rehearsal.py::test_what_was_read_before_is_seen",),
    ),
    13: Row(
        "a percentile from one sample",
        (
            "tests/core/evidence/test_fixed.py::test_mlperfs_early_stopping_counts",
            "tests/cli/test_certify.py::test_2_too_small_a_budget_proves_nothing",
            "tests/chaos/toolkit/test_probes.py::test_an_objective_that_cannot_be_decided_is_not_proven",
        ),
    ),
    14: Row("a buffered stream has the better token times", (DEFECTS,), ("buffers-stream",)),
    15: Row(
        "a gateway invents the finish reason of a stream that was cut",
        (DEFECTS, CUTS),
        ("invents-finish-reason",),
    ),
    16: Row("health is 200 while nothing is generated", (DEFECTS,), ("health-lies",)),
    17: Row(
        "a tool exits with 0 although its task broke or its cases failed",
        (
            "tests/pytest/test_outcomes.py::test_a_test_that_breaks_is_harness_trouble",
            "tests/core/test_decision.py::test_harness_trouble_is_never_green",
            "tests/pytest/test_experiments.py::test_a_failed_injection_is_trouble_of_ours",
        ),
    ),
    18: Row(
        "a resilience score of 150 %",
        (
            f"{HERE}::test_18_a_score_never_exceeds_the_whole",
            "tests/chaos/toolkit/test_judge.py::test_not_green",
        ),
    ),
    19: Row(
        "green because what it stands on was skipped",
        (
            "tests/core/test_decision.py::test_a_check_that_was_not_run_is_told",
            "tests/pytest/test_outcomes.py::test_a_skip_is_not_green",
            "tests/certificate/test_statement.py::test_a_check_that_was_collected_and_not_run_is_failed",
        ),
    ),
    20: Row(
        "a gate whose exit code is swallowed by `|| true` or by a pipe",
        (
            f"{HERE}::test_20_our_own_gates_swallow_no_exit_code",
            "tests/certificate/test_statement.py::test_what_is_not_green_is_failed_to_in_toto",
        ),
    ),
}


def functions(file: str) -> set[str]:
    tree = ast.parse((PROJECT / file).read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_no_row_is_left_out() -> None:
    assert sorted(ROWS) == list(range(1, 21))


@pytest.mark.parametrize("number", ROWS)
def test_each_row_is_held_by_tests_that_are_there(number: int) -> None:
    row = ROWS[number]
    if row.later:
        assert not row.held_by
        pytest.skip(f"not built yet: {row.later}")
    assert row.held_by, row.what
    for held in row.held_by:
        file, _, name = held.partition("::")
        assert name in functions(file), held


@pytest.mark.parametrize("number", [number for number, row in ROWS.items() if row.defects])
def test_the_defects_that_stand_for_a_row_are_tried(number: int) -> None:
    from tests.suites.test_defects import RED

    assert set(ROWS[number].defects) <= set(RED)


# ---- rows that nothing else holds


def test_7_a_weight_of_nothing_is_refused() -> None:
    given: dict[str, Any] = {"name": "a", "indicator": "availability", "target": "99%", "traffic": "t"}
    assert ObjectiveSpec.model_validate(given).weight == 1.0
    for weight in (0, -1):
        with pytest.raises(ValidationError):
            ObjectiveSpec.model_validate({**given, "weight": weight})


@pytest.mark.parametrize(
    "criterion", ["<600ms or so", "about <600ms", "<600ms\n>1h", "<=+10% of nothing", "<600"]
)
def test_8_what_stands_around_a_criterion_is_not_ignored(criterion: str) -> None:
    assert judged_by("<600ms").threshold == 0.6
    with pytest.raises((ValidationError, UsageError)):
        judged_by(criterion)


def judged_by(criterion: str) -> Objective:
    """The objective that a criterion in Keptn's words becomes."""
    given = {"name": "a", "indicator": "operation.duration", "target": "99%", "traffic": "t"}
    return ObjectiveSpec.model_validate({**given, "pass": [{"criteria": [criterion]}]}).objective()


def run_of(*verdicts: tuple[str, str]) -> list[dict[str, Any]]:
    """A run in which objectives of these names came to these outcomes."""
    same = {"target": "bot", "digest": "sha256:1"}
    events: list[dict[str, Any]] = [
        {"event": "run", "policy": {"total_score": {"pass": 0.9, "warning": 0.75}}},
        {"event": "fingerprint", "when": "before", **same},
        {"event": "fingerprint", "when": "after", "changed": [], **same},
    ]
    for number, (name, outcome) in enumerate(verdicts):
        told = {"name": name, "weight": 1.0}
        events.append({"event": "verdict", "objective": told, "verdict": {"outcome": outcome}})
        item = {"id": f"{name}-{number}", "outcome": outcome, "exchanges": 9, "key": False, "reason": "r"}
        events.append({"event": "item", **item})
    return events


def test_9_a_failed_objective_does_not_become_green_beside_a_better_one() -> None:
    assert decide_events(run_of(("a", "PASSED"), ("b", "PASSED"))).outcome is Outcome.PASSED
    assert decide_events(run_of(("a", "PASSED"), ("b", "FAILED"))).outcome is not Outcome.PASSED


def test_18_a_score_never_exceeds_the_whole() -> None:
    """An objective that was judged three times counts once; it does not make up for the one that failed."""
    decision = decide_events(run_of(("a", "PASSED"), ("a", "PASSED"), ("a", "PASSED"), ("b", "FAILED")))
    assert decision.outcome is Outcome.FAILED
    scores = [int(found) for reason in decision.reasons for found in re.findall(r"score is (\d+)%", reason)]
    assert scores == [50]


def test_20_our_own_gates_swallow_no_exit_code() -> None:
    """A pipe may lose an exit code only where the shell was told not to; `|| true` stands behind no gate."""
    for name in (".ci/run", ".ci/foreign"):
        text = (PROJECT / name).read_text("utf-8")
        assert "\nset -euo pipefail\n" in text
        swallowed = [line.strip() for line in text.splitlines() if re.search(r"\|\|\s*(true|:)\b", line)]
        harmless = re.compile(r"^(command -v |skips=\$\(grep |grep )")
        assert not [line for line in swallowed if not harmless.match(line)]
    makefile = (PROJECT / "Makefile").read_text("utf-8")
    assert not re.search(r"\|\|\s*true|\|\s*tee\b", makefile)
    assert not re.search(r"^\t-", makefile, re.M)
