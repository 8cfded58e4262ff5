"""Loops of remediation as a journal tells them: one timeline each, counted from the fault."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from seatrial.core.outcome import Outcome
from seatrial.reporting.html import render_html
from seatrial.reporting.markdown import render_markdown
from seatrial.reporting.model import Report
from seatrial.reporting.remediation import remediation
from tests.reporting import hostile
from tests.reporting.test_html import Page
from tests.reporting.test_text import harmful

NAMES = {"alert": "down", "steps": "step", "escalation": "paged"}


def signal(t: float, name: str, phase: str, **more: Any) -> dict[str, Any]:
    told = {"told": f"{name} told", "first": False, **more}
    return {"event": "signal", "t": t, "name": name, "phase": phase, **told}


def told(t: float, phase: str, **more: Any) -> dict[str, Any]:
    return {"event": "remediation", "t": t, "loop": "hangs", "phase": phase, **more}


def fault(t: float, phase: str) -> dict[str, Any]:
    named = {"scenario": "hangs", "name": "stop", "on": "gateway", "type": "process.stop"}
    return {"event": "fault", "t": t, "phase": phase, "hits": 1, **named}


def scenario(t: float, phase: str, **more: Any) -> dict[str, Any]:
    return {"event": "scenario", "t": t, "name": "hangs", "phase": phase, **more}


EVENTS = [
    signal(1.0, "down", "active"),  # of another loop
    told(8.0, "begin", signals=NAMES),
    signal(8.1, "down", "quiet", first=True),
    fault(10.0, "injected"),
    signal(12.0, "down", "active"),
    signal(12.5, "step", "active"),
    told(12.5, "step", told="restart 1"),
    signal(13.0, "paged", "unreachable"),
    signal(14.0, "down", "quiet"),
    fault(15.0, "reverted"),
    scenario(16.0, "steady-after", steady=True),
    told(16.0, "end", alerted=2.0, back=3.5, resolved=4.0, escalated=None, steps=1, alarm=None),
    scenario(16.1, "end"),
    signal(20.0, "down", "active"),
]


def test_what_happened_counts_from_the_fault() -> None:
    (view,) = remediation(EVENTS)
    assert [(row.at, row.kind, row.text) for row in view.rows] == [
        (0.0, "fault", "stop: process.stop on gateway is at work"),
        (2.0, "signal", "the alert fires: down told"),
        (2.5, "step", "restart 1"),
        (3.0, "signal", "paged cannot be looked at (paged told)"),
        (3.5, "callers", "are served again, while the fault is not taken back by us"),
        (4.0, "signal", "the alert is resolved: down told"),
        (5.0, "fault", "stop was taken back; it acted once"),
        (6.0, "callers", "are served"),
    ]
    assert (
        view.told
        == "alert after 2 s, 1 step, callers served again after 3.5 s, announced as resolved after 4 s"
    )


def test_what_went_wrong_is_told() -> None:
    end = [scenario(9.0, "steady-after", steady=False), told(9.0, "end", alarm="down fired", steps=0)]
    (view,) = remediation([told(8.0, "begin", signals=NAMES), *end])
    assert (view.told, view.rows[0].outcome) == ("before the fault: down fired", Outcome.FAILED)
    (view,) = remediation([told(8.0, "begin"), told(9.0, "end", steps=None)])
    assert view.told == "nothing was told by anybody"


def test_a_journal_that_was_cut_is_read_as_far_as_it_goes() -> None:
    for length in range(len(EVENTS)):
        remediation(EVENTS[:length])
    assert remediation([]) == ()


def test_reports_show_it(healthy: Report) -> None:
    report = replace(healthy, remediation=remediation(EVENTS))
    page = render_html(report)
    assert '<section id="remediation"' in page
    assert "the alert is resolved: down told" in page
    assert Page(page).unbalanced == []
    assert "- **hangs** alert after 2 s, 1 step" in render_markdown(report)
    assert "remediation" not in render_html(healthy)


def test_what_a_sender_says_stays_text(healthy: Report) -> None:
    events = [{**each, "told": hostile.ALL} if "told" in each else each for each in EVENTS]
    report = replace(healthy, remediation=remediation(events))
    assert not harmful(render_html(report))
