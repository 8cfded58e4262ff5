"""Load on the page and in Markdown."""

from __future__ import annotations

import re
from dataclasses import replace

from seatrial.reporting.html import render_html
from seatrial.reporting.load_page import growth_scale, growth_words, slope_words
from seatrial.reporting.markdown import render_markdown
from tests.reporting import hostile, load_scenes
from tests.reporting.load_scenes import report


def test_the_page_of_a_search() -> None:
    page = render_html(report(load_scenes.healthy()))
    assert '<section id="capacity-open"' in page
    assert 'href="#capacity-open">Skip to the capacity' in page
    assert "Report of a search for capacity" in page
    assert "A search for capacity certifies nothing." in page
    assert page.count('<svg class="plot"') == 3
    # Levels are rows of its table, and no traffic of their own.
    assert "Traffic: open@" not in page
    assert 'id="objectives"' not in page


def test_the_page_of_open_traffic_audits_and_a_soak() -> None:
    page = render_html(report(load_scenes.loaded()))
    for section in ("soak", "audits", "traffic-open", "objectives"):
        assert f'<section id="{section}"' in page
    assert "Poisson arrivals at 100/s" in page
    assert "shorter 0.27 … 0.35" in page
    assert "This machine was the limit" not in page
    # What the tables tell has no section of its own.
    assert "Traffic: audit:" not in page
    assert "Traffic: soak:" not in page


def test_a_generator_that_fell_behind_is_told_before_the_charts() -> None:
    page = render_html(report(load_scenes.loaded(p99=0.09)))
    assert page.index("This machine was the limit") < page.index("how long answers took")


def test_a_page_of_a_search_that_was_cut_off() -> None:
    page = render_html(report(load_scenes.search(list(load_scenes.HELD)), finished=False))
    assert "at least 48/s</strong>, so far: the run was cut off" in page


def test_markdown_tells_a_line_each() -> None:
    text = render_markdown(report(load_scenes.healthy()))
    assert re.search(r"- ✓ \*\*capacity of open\*\* 48/s … 52/s: 48/s holds", text)
    assert "- ✕ **demand (pessimistic)** the capacity runs out in 2027-07" in text
    text = render_markdown(report(load_scenes.loaded(p99=0.09)))
    assert "- ? **generator of open** the generator fell behind" in text
    assert "- ✕ **soak: memory** memory grows by more than 10 %; by +41.5 (+38 … +45) % an hour" in text
    assert "- ✕ **lengths** answers are 31 % shorter under load" in text


def test_slopes_in_words() -> None:
    load = report(load_scenes.loaded()).load
    assert load is not None
    memory, latency = load.trends
    assert growth_words(latency) == ""
    assert slope_words(replace(memory, lower=None)) == "+41.5 %"
    assert slope_words(replace(memory, slope=None)) == "–"


def test_a_growth_is_drawn_against_what_is_allowed() -> None:
    load = report(load_scenes.loaded()).load
    assert load is not None
    memory, latency = load.trends
    assert growth_scale(latency) == ""

    def dot_at(growth: float) -> float:
        chart = growth_scale(replace(memory, growth=(growth, growth - 0.01, growth + 0.01)))
        return float(re.findall(r'cx="([\d.]+)%"', chart)[0])

    assert [dot_at(growth) for growth in (0.0, 0.1, 3.0)] == [22.0, 58.0, 97.5]
    assert dot_at(-9.0) == 2.5
    assert "allowed 10 %" in growth_scale(memory)


def test_hostile_text_stays_text() -> None:
    events = [*load_scenes.loaded(), load_scenes.audit("x", "FAILED", hostile.ALL, note=hostile.ALL)]
    page = render_html(report(events))
    assert "<script" not in page
    assert "<img" not in page
    assert "\x1b" not in page
