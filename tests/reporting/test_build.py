from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from seatrial.core.errors import UsageError
from seatrial.core.journal import Journal
from seatrial.core.outcome import Outcome
from seatrial.reporting.build import build_report, load_report
from seatrial.reporting.model import Report
from tests.reporting import synthetic
from tests.reporting.test_text import harmful


def test_a_healthy_run(healthy: Report) -> None:
    assert healthy.certified
    assert [view.outcome for view in healthy.objectives] == [Outcome.PASSED] * 4
    assert healthy.headline.lead == "Certified."
    assert healthy.run.requests == 6016
    assert [suite.name for suite in healthy.suites] == ["sla", "contract", "identity"]
    assert healthy.counts[Outcome.PASSED] == 16


def test_the_failing_thing_comes_first_with_its_exchange(rejected: Report) -> None:
    assert rejected.outcome is Outcome.FAILED
    assert rejected.objectives[0].name == "complete-answers"
    first = rejected.findings[0]
    assert first.name == "complete-answers"
    assert first.evidence is not None
    assert "complete-answers" in first.evidence.objectives
    assert first.source == "policy.yaml:10"
    assert rejected.suites[1].items[0].outcome is Outcome.FAILED


def test_a_killed_run_certifies_nothing(killed: Report) -> None:
    assert not killed.finished
    assert not killed.certified
    assert killed.outcome is Outcome.ERROR
    assert killed.headline.lead == "Not finished."
    assert "certifies nothing" in killed.headline.why
    assert all(not item.ran for suite in killed.suites for item in suite.items)
    assert {view.name for view in killed.objectives} >= {"availability", "latency-p95"}
    assert killed.objectives[0].statement.startswith(("≥", "≤"))


@pytest.mark.parametrize("keep", [0.05, 0.1, 0.2, 0.5, 0.8, 0.99])
@pytest.mark.parametrize("torn", [False, True])
def test_any_prefix_of_a_journal_gives_a_report(tmp_path: Path, keep: float, torn: bool) -> None:
    path = synthetic.write(tmp_path / "journal.ndjson", synthetic.healthy(n=900), keep=keep, torn=torn)
    report = load_report(path)
    assert not report.finished
    assert "certifies nothing" in report.headline.why


def test_a_whole_run_whose_last_line_is_torn_is_not_finished(tmp_path: Path) -> None:
    path = synthetic.write(tmp_path / "journal.ndjson", synthetic.healthy())
    assert load_report(path).certified
    path.write_bytes(path.read_bytes()[:-20])
    assert not load_report(path).certified


def test_an_end_that_says_passed_does_not_hide_a_failure() -> None:
    events = synthetic.events(synthetic.rejected())
    events[-1] |= {"outcome": "PASSED", "exit_code": 0}
    assert build_report(Journal(Path("j"), tuple(events), torn=False)).outcome is Outcome.FAILED


def test_an_end_that_says_worse_is_believed() -> None:
    events = synthetic.events(synthetic.healthy())
    events[-1] |= {"outcome": "ERROR"}
    assert build_report(Journal(Path("j"), tuple(events), torn=False)).outcome is Outcome.ERROR


def test_a_run_of_a_part_certifies_nothing(make_report: Callable[..., Report]) -> None:
    report = make_report(synthetic.healthy(suites=("sla", "identity")))
    assert report.outcome is Outcome.PASSED
    assert not report.certified
    assert report.tone is Outcome.INCONCLUSIVE
    assert report.headline.lead == "Passed in part."
    assert "demands the suites contract" in report.findings[0].sentence


def test_an_objective_that_was_not_tried_is_told_once() -> None:
    events = synthetic.events(synthetic.healthy(controls=False))
    name = next(event["objective"]["name"] for event in events if event["event"] == "verdict")
    kept = [event for event in events if event.get("objective", {}) is None or name not in str(event)]
    kept = [event for event in events if event in kept or event["event"] in ("run", "finish")]
    for event in kept:
        if event["event"] == "run":
            objective = {"name": name, "indicator": "availability", "target": 0.99, "traffic": "steady"}
            event["policy"]["effective"]["spec"]["objectives"] = [objective]
    report = build_report(Journal(Path("j"), tuple(kept), torn=False))
    assert report.partial == (f"the policy demands the objective {name}, and nothing judged it",)
    assert [(found.name, found.sentence) for found in report.findings] == [
        (name, "is not proven: nothing judged it")
    ]


def test_where_requests_were_sent_it_is_not_said_that_nothing_was_measured() -> None:
    events = synthetic.events(synthetic.healthy(controls=False))
    kept = [event for event in events if event["event"] not in ("verdict", "progress")]
    kept[-1] |= {"outcome": "INCONCLUSIVE"}
    report = build_report(Journal(Path("j"), tuple(kept), torn=False))
    assert (report.headline.lead, report.headline.why) == ("Not proven.", "No objective was judged.")


def test_a_target_that_changed_is_not_certified(make_report: Callable[..., Report]) -> None:
    report = make_report(synthetic.healthy(target_changed=True))
    assert not report.certified
    assert "changed while it was tested: reported_model" in report.findings[0].sentence
    assert [row[0] for row in report.fingerprints[0].rows if row[3]] == ["reported_model"]


def test_a_collected_item_that_never_ran_is_open() -> None:
    events = [event for event in synthetic.events(synthetic.healthy()) if event.get("suite") != "identity"]
    report = build_report(Journal(Path("j"), tuple(events), torn=False))
    (item,) = next(suite for suite in report.suites if suite.name == "identity").items
    assert not item.ran
    assert item.outcome is Outcome.INCONCLUSIVE
    assert not report.certified


def test_only_a_header() -> None:
    header = synthetic.events(synthetic.healthy())[0]
    report = build_report(Journal(Path("j"), (header,), torn=False))
    assert report.headline.lead == "Not finished."
    assert report.objectives == ()


def test_the_same_journal_gives_the_same_report(tmp_path: Path) -> None:
    path = synthetic.write(tmp_path / "journal.ndjson", synthetic.rejected())
    assert load_report(path).findings == load_report(path).findings


def test_no_journal(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        load_report(tmp_path / "none.ndjson")
    (tmp_path / "other.ndjson").write_text(json.dumps({"event": "x"}) + "\n")
    with pytest.raises(UsageError, match="not a journal"):
        load_report(tmp_path / "other.ndjson")


def test_nothing_harmful_is_in_the_model(poisoned: Report) -> None:
    assert harmful(str(poisoned)) == []
    assert poisoned.outcome is Outcome.FAILED


def test_an_objective_without_a_verdict_is_open() -> None:
    events = [event for event in synthetic.events(synthetic.healthy()) if event["event"] != "verdict"]
    report = build_report(Journal(Path("j"), tuple(events), torn=False))
    assert {view.outcome for view in report.objectives} == {Outcome.INCONCLUSIVE}
    assert report.objectives[0].reason == "nothing judged it"
