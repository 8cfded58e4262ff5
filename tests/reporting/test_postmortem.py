"""The draft of the post-mortem: facts filled in, people asked, nobody named."""

from __future__ import annotations

import pytest

from seatrial.reporting.postmortem import Nameless, clock, render_postmortem
from tests.reporting import drill, hostile
from tests.reporting.conftest import report_of
from tests.reporting.synthetic import healthy
from tests.reporting.test_text import harmful


def test_facts_are_filled_in() -> None:
    text = render_postmortem(drill.report())
    assert text.startswith("# Post-mortem draft: A dead provider\n")
    assert "| cut: down on primary | +20.0 s | +32.0 s | acted 62 times |" in text
    assert "| breaker-open | fires within 10 s | 2 s | ✓ fired after 2 s (limit 10 s) |" in text
    assert "| cut | 5 s | 4 s | ✓ 20 good requests in a row from 4 s on (limit 5 s) |" in text
    assert "**cut** (+20.0 s to +32.0 s): 120 requests, 30 failed (25 %: 30 reset)" in text
    assert "| availability ≥ 99 % | cut | 30 of 120 requests missed it" in text
    assert "| +20.3 s | fault | cut: down on primary is at work |" in text


def test_what_went_well_what_did_not_and_what_to_ask() -> None:
    text = render_postmortem(drill.report())
    well, badly = text.split("## What went well")[1].split("## What did not")
    assert "- the signal breaker-open fired" in well
    assert "- the service was back after cut" in well
    assert "- the signal pager was to have fired: did not fire within 10 s" in badly
    assert "- under cut, availability (≥ 99 %): 30 of 120 requests missed it" in badly
    assert "- Not known: step 7 (take cut back) was never reached" in badly
    assert "- [ ] Which change makes pager fire in time, and who will see it fire?" in text
    assert "- [ ] Could callers be spared what they saw under cut?" in text


def test_nobody_is_named() -> None:
    text = render_postmortem(drill.report())
    assert "**the operator and the scribe saw it first. Welcome aboard.**" in text
    for name in ("Bo", "Chen", "Dee", "DEE"):
        assert name not in text
    assert "| roles | operator, observer, scribe |" in text


def test_names_are_whole_words_and_letters_of_others_stay() -> None:
    day = drill.report().gameday
    assert day is not None
    nameless = Nameless(day)
    assert nameless.said("Chennai indeed; chen, Bo Chen's note") == (
        "Chennai indeed; the operator, the operator's note"
    )


def test_a_day_that_was_called_off() -> None:
    text = render_postmortem(drill.report(aborted=True))
    assert "The game day was called off by the key q. Taken back at once: cut." in text
    assert "the game day could be called off, and everything was taken back" in text
    assert "- [ ] What has to be different before we try again?" in text


def test_hostile_text_stays_text() -> None:
    text = render_postmortem(drill.report(text=hostile.ALL))
    assert not harmful(text.replace("\u2060", ""))
    assert "<script" not in text.lower()
    assert "](" not in text.replace("\\](", "").replace("\\]\\(", "")
    table = text.split("## Timeline")[1].split("## What went well")[0]
    for line in table.splitlines():
        if line.startswith("| +"):
            assert line.replace("\\|", "").count("|") == 4, "no cell gets out of its row"


def test_another_run_has_none() -> None:
    with pytest.raises(ValueError, match="game day"):
        render_postmortem(report_of(healthy(n=300)))


def test_moments() -> None:
    assert [clock(each) for each in (0.0, 59.96, 61.0, 3700.0)] == ["+0.0 s", "+60.0 s", "+1:01", "+61:40"]
