from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from seatrial.core.journal import Journal
from seatrial.core.outcome import Outcome
from seatrial.reporting import story
from seatrial.reporting.build import build_report
from seatrial.reporting.model import Report
from tests.reporting import synthetic


def test_the_verdict_says_why(healthy: Report, rejected: Report, inconclusive: Report) -> None:
    assert healthy.headline.why == "All 4 objectives are proven at 95 % confidence."
    assert (rejected.headline.lead, rejected.headline.why) == ("Not certified.", "Answers are cut short.")
    assert inconclusive.headline.lead == "Not proven."
    assert inconclusive.headline.why == "The data do not suffice for latency-p95."
    assert "1 of 4 objectives failed" in rejected.headline.standfirst
    assert "6,016 requests" in rejected.headline.standfirst


def test_a_slow_target_is_told_to_be_slow(make_report: Callable[..., Report]) -> None:
    assert make_report(synthetic.healthy(slow=4.0)).headline.why in (
        "Answers come too late.",
        "The first words come too late.",
    )


def test_the_most_telling_of_several_failures_is_the_headline(rejected: Report) -> None:
    by_name = {view.name: replace(view, outcome=Outcome.FAILED) for view in rejected.objectives}
    views = [by_name["availability"], by_name["complete-answers"]]
    made = story.headline(Outcome.FAILED, True, rejected.run, rejected.findings, views, rejected.counts)
    assert made.why == "Answers are cut short."


def test_what_passed_is_rounded_and_what_did_not_is_told_apart(rejected: Report) -> None:
    failed, passed = rejected.objectives[0], rejected.objectives[1]
    assert failed.verdict is not None
    assert passed.verdict is not None
    near = replace(failed.verdict, lower=0.0102, upper=0.0605)
    assert story.interval(replace(failed, verdict=near)) == "93.95 … 98.98 %"
    near = replace(passed.verdict, lower=0.0, upper=0.0099997)
    assert story.interval(replace(passed, verdict=near)) == "99 … 100 %"


def test_a_broken_contract_alone(make_report: Callable[..., Report]) -> None:
    report = make_report(synthetic.healthy(contract_failure=True))
    assert report.headline.why == "It breaks its contract."


def test_trouble_of_the_harness_is_not_blamed_on_the_target(make_report: Callable[..., Report]) -> None:
    report = make_report(synthetic.healthy(trouble=True))
    assert (report.headline.lead, report.headline.why) == ("Not certified.", "The harness had trouble.")
    assert "says nothing about the target" in report.headline.standfirst


@pytest.mark.parametrize(
    ("kind", "lead", "why"),
    [
        ("interrupted", "Not finished.", "The run was interrupted and certifies nothing."),
        ("usage", "Not certified.", "The target could not be tried."),
    ],
)
def test_other_trouble(kind: str, lead: str, why: str) -> None:
    events = synthetic.events(synthetic.healthy(trouble=True))
    for event in events:
        if event["event"] == "error":
            event["kind"] = kind
    report = build_report(Journal(Path("j"), tuple(events), torn=False))
    assert (report.headline.lead, report.headline.why) == (lead, why)


def test_nothing_measured() -> None:
    events = synthetic.events(synthetic.healthy(controls=False))
    kept = [event for event in events if event["event"] in ("journal", "run", "fingerprint", "finish")]
    kept[-1] |= {"outcome": "INCONCLUSIVE", "requests": 0}
    report = build_report(Journal(Path("j"), tuple(kept), torn=False))
    assert report.headline.lead == "Not proven."
    assert report.headline.why == "Nothing was measured."


def test_the_interval_counts_as_the_statement_does(healthy: Report) -> None:
    shown = {view.name: story.interval(view) for view in healthy.objectives}
    assert shown["availability"].endswith("100 %")
    assert shown["latency-p95"].endswith("% beyond 1 s")


def test_a_mean_is_told_as_a_number(healthy: Report) -> None:
    view = healthy.objectives[0]
    assert view.verdict is not None
    mean = replace(
        view, verdict=replace(view.verdict, bad=None, estimate=0.871, lower=0.84, upper=0.9, limit=0.85)
    )
    assert story.interval(mean) == "0.84 … 0.9"
    assert story.observed(mean).startswith("0.871 on average over")
    assert story.limit_of(mean) == "0.85"


def test_an_objective_without_data(healthy: Report) -> None:
    view = replace(healthy.objectives[0], verdict=None, outcome=Outcome.INCONCLUSIVE, reason="no traffic")
    assert story.objective_sentence(view) == "is not proven: no traffic"
    assert story.interval(view) == "–"
