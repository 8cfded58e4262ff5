"""What stands over a run: "Certified." where a certificate is made, and nowhere else."""

from __future__ import annotations

import re
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from seatrial.core.journal import Journal
from seatrial.core.outcome import Outcome
from seatrial.reporting.build import build_report
from seatrial.reporting.html import render_html
from seatrial.reporting.junit import render_junit
from seatrial.reporting.markdown import render_markdown
from seatrial.reporting.model import Report
from seatrial.reporting.purpose import purpose_of
from seatrial.reporting.terminal import end_screen
from tests.reporting import load_scenes, synthetic
from tests.reporting.synthetic_parts import item

KINDS = {"load": "load run", "session": "pytest session"}


def of(scene: synthetic.Scene, purpose: str | None, *, demands: dict[str, Any] | None = None) -> Report:
    events = synthetic.events(scene)
    for event in events:
        if event["event"] == "run":
            event |= {"purpose": purpose} if purpose else {}
            event["policy"]["effective"]["spec"] |= demands or {}
    return build_report(Journal(Path("journal.ndjson"), tuple(events), torn=False))


def identity() -> list[dict[str, Any]]:
    """The target's, the same on both sides."""
    same = {"event": "fingerprint", "t": 1.0, "target": "bot", "digest": "sha256:1", "uri": "u"}
    return [same | {"when": when} for when in ("before", "after")]


def texts(report: Report) -> dict[str, str]:
    """The report in every format that people read."""
    console = Console(file=StringIO(), width=120)
    end_screen(report, console)
    terminal: str = console.file.getvalue()  # type: ignore[attr-defined]
    return {"html": render_html(report), "markdown": render_markdown(report), "terminal": terminal}


@pytest.mark.parametrize("format", ["html", "markdown", "terminal"])
@pytest.mark.parametrize(("purpose", "lead"), [("load", "Held."), ("session", "Passed.")])
def test_what_makes_no_certificate_is_not_called_certified(purpose: str, lead: str, format: str) -> None:
    report = of(synthetic.healthy(), purpose)
    assert (report.headline.lead, report.tone, report.certified) == (lead, Outcome.PASSED, False)
    text = texts(report)[format]
    assert lead in text
    assert "All 4 objectives are proven at 95 % confidence." in text
    assert not re.search(r"Certified\.|Certificate of|Verify its certificate|verify:", text)
    remark = "Only seatrial certify makes a certificate." if purpose == "session" else "certifies nothing."
    assert remark in text


@pytest.mark.parametrize("format", ["html", "markdown", "terminal"])
def test_what_makes_one_is(format: str) -> None:
    report = of(synthetic.healthy(), "certify")
    assert (report.headline.lead, report.certified) == ("Certified.", True)
    assert "Certified." in texts(report)[format]


@pytest.mark.parametrize(("purpose", "lead"), [("load", "Not held."), ("session", "Failed.")])
def test_what_does_not_hold_is_told_without_a_certificate(purpose: str, lead: str) -> None:
    report = of(synthetic.rejected(), purpose)
    assert (report.headline.lead, report.headline.why) == (lead, "Answers are cut short.")
    assert report.tone is Outcome.FAILED
    assert "ertified" not in texts(report)["terminal"].splitlines()[1]


@pytest.mark.parametrize(
    ("purpose", "lead"),
    [*((each, "Not measured.") for each in ("load", "capacity", "soak")), ("session", "Not tried.")],
)
def test_harness_trouble(purpose: str, lead: str) -> None:
    report = of(synthetic.healthy(trouble=True), purpose)
    assert (report.headline.lead, report.headline.why) == (lead, "The harness had trouble.")
    assert "says nothing about the target" in report.headline.standfirst


def test_the_page_names_its_kind() -> None:
    for purpose, kind in KINDS.items():
        page = render_html(of(synthetic.healthy(), purpose))
        assert f"Report of a {kind}" in page
        assert f"A {kind} certifies nothing." in page


def test_junit_does_not_call_it_certified() -> None:
    assert 'name="seatrial.certified" value="false"' in render_junit(of(synthetic.healthy(), "load"))
    assert 'name="seatrial.certified" value="true"' in render_junit(of(synthetic.healthy(), "certify"))


def test_a_load_run_tries_one_traffic_and_that_is_no_finding() -> None:
    demands = {"suites": ["sla", "resilience"], "resilience": [{"name": "dies"}]}
    report = of(synthetic.healthy(controls=False), "load", demands=demands)
    assert (report.headline.lead, report.partial, report.findings) == ("Held.", (), ())
    # Whoever runs pytest alone learns what of the policy was not tried.
    report = of(synthetic.healthy(), "session", demands=demands)
    assert (report.headline.lead, report.tone) == ("Passed in part.", Outcome.INCONCLUSIVE)
    assert len(report.partial) == 2


def test_a_load_run_without_objectives_has_measured() -> None:
    item = {"id": "accounted", "suite": "load", "title": "accounted for", "objective": None}
    run = load_scenes.run("seatrial load --policy p")
    del run["policy"]["effective"]["spec"]["objectives"]
    done = {"event": "item", "t": 9.0, **item, "outcome": "PASSED", "reason": "", "exchanges": 3000}
    prints = identity()
    collected = {"event": "collected", "t": 0.1, "items": [item]}
    events = [load_scenes.HEADER, run, collected, prints[0], *load_scenes.arrivals(), prints[1], done]
    end = {"event": "finish", "t": 9.5, "outcome": "PASSED", "exit_code": 0, "reasons": [], "counts": {}}
    report = build_report(Journal(Path("j"), (*events, end), torn=False))
    assert (report.headline.lead, report.tone) == ("Measured.", Outcome.PASSED)


def test_warnings_of_a_load_run_stand_beside_its_verdict() -> None:
    odd = item("seatrial/suites/contract/test_odd.py::test_odd", "contract", "Odd but allowed", "WARNED")
    report = of(synthetic.healthy(extra_items=[odd]), "load")
    assert (report.headline.lead, report.outcome) == ("Held.", Outcome.WARNED)
    assert all("Odd but allowed" in text for text in texts(report).values())


def test_a_search_within_a_certification_speaks_for_a_part_of_it() -> None:
    events = load_scenes.search([*load_scenes.HELD, load_scenes.capacity(48.0, 52.0, "PASSED", "it holds")])
    events = [each | {"purpose": "certify"} if each["event"] == "run" else each for each in events]
    events += identity()
    report = load_scenes.report(events)
    assert report.headline.lead == "Passed in part."
    assert "Capacity of open: 48/s … 52/s" in report.headline.why
    assert not report.certified
    # What something else left open is not told by what the search found.
    odd = item("x.py::test_x", "load", "Odd", "INCONCLUSIVE")
    assert "Capacity" not in load_scenes.report([*events, odd]).headline.why


@pytest.mark.parametrize(
    ("run", "purpose"),
    [
        ({"purpose": "soak", "command": "seatrial load --policy p"}, "soak"),
        ({"command": "seatrial load --policy p"}, "load"),
        ({"command": "seatrial capacity --policy p"}, "capacity"),
        ({"command": "seatrial certify --policy load"}, "certify"),
        ({"command": "pytest load"}, "certify"),
        ({}, "certify"),
        ({"purpose": 3, "command": None}, "certify"),
    ],
)
def test_a_journal_of_old_is_known_by_its_command(run: dict[str, Any], purpose: str) -> None:
    assert purpose_of(run) == purpose


def test_the_first_stop_of_the_keyboard_leads_somewhere() -> None:
    measured = of(synthetic.healthy(), "load")
    for report in (
        measured,
        replace(measured, objectives=()),
        replace(measured, objectives=(), traffics=()),
        replace(of(synthetic.healthy(), "session"), objectives=()),
    ):
        page = render_html(report)
        (anchor,) = re.findall(r'<a class="skip" href="#([^"]+)">', page)
        assert f'<section id="{anchor}"' in page
