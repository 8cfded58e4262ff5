"""A game day as its report tells it."""

from __future__ import annotations

from seatrial.core.outcome import Outcome
from seatrial.reporting.html import render_html
from tests.reporting import drill, hostile
from tests.reporting.test_text import harmful


def test_the_day_in_full() -> None:
    report = drill.report()
    day = report.gameday
    assert day is not None
    assert report.outcome is Outcome.FAILED
    assert not report.certified
    assert day.roles == {"operator": ("Bo Chen",), "observer": (), "scribe": ("Dee",)}
    assert [(view.name, view.delay, view.outcome) for view in day.signals] == [
        ("breaker-open", 2.0, Outcome.PASSED),
        ("pager", None, Outcome.FAILED),
    ]
    assert [(view.fault, view.seconds) for view in day.recoveries] == [("cut", 4.0)]
    assert [(part.label, part.requests, part.failed) for part in (day.whole, *day.during)] == [
        ("the whole game day", 390, 30),
        ("cut", 120, 30),
    ]
    assert [view.began for view in day.steps] == [5.0, 19.0, 20.4, None, None, None, None]


def test_the_headline_says_why() -> None:
    headline = drill.report().headline
    assert headline.lead == "Not as expected."
    assert headline.why == "Pager fires in time: did not fire within 10 s."
    assert headline.standfirst == "A dead provider: 2 of 3 expectations met, 390 requests, 30 of them failed."


def test_a_day_that_was_called_off() -> None:
    report = drill.report(aborted=True)
    assert report.gameday is not None
    assert report.outcome is Outcome.ERROR
    assert report.gameday.aborted == ("the key q", "")
    assert report.gameday.rolled_back == ("cut",)
    assert report.headline.lead == "Called off."


def test_a_day_that_was_killed() -> None:
    report = drill.report(finished=False)
    assert (report.headline.lead, report.certified) == ("Not finished.", False)


def test_another_run_is_no_game_day() -> None:
    from tests.reporting.conftest import report_of
    from tests.reporting.synthetic import healthy

    report = report_of(healthy(n=300))
    assert report.gameday is None
    assert report.faults == ()
    assert 'id="timeline"' not in render_html(report)


def test_the_page_shows_faults_timeline_and_impact() -> None:
    page = render_html(drill.report())
    assert "Report of a game day" in page
    assert "cut: acted 62 times" in page, "in the chart, over the stretch of the fault"
    assert 'class="fault"' in page
    assert "the budget burnt at 25 times the allowed rate" in page.replace("\u00a0", " ")
    assert "A game day certifies nothing." in page
    assert ">limit 1 s<" in page.replace("\u00a0", " "), "the objective's limit, drawn into the durations"
    assert "10 requests a second" in page.replace("\u00a0", " ")
    assert "A game day shows what happened once" in page
    assert "The policy's objectives were not exercised" not in page


def test_hostile_text_stays_text_on_the_page() -> None:
    page = render_html(drill.report(text=hostile.ALL))
    assert "<script" not in page.lower()
    assert not harmful(page)
