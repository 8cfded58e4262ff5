from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np

from seatrial.core.outcome import Outcome
from seatrial.reporting import plots


def canvas() -> plots.Canvas:
    return plots.Canvas(height=122, left=0, right=10, low=0, high=4, top=20)


def test_positions() -> None:
    made = canvas()
    assert (made.x(0), made.x(5), made.x(10), made.x(99), made.x(-1)) == (0, 50, 100, 100, 0)
    assert made.y(0) == 100
    assert made.y(4) == 20
    assert made.y(99) == 16


def test_an_axis_of_no_length_does_not_divide_by_zero() -> None:
    made = plots.Canvas(height=100, left=1, right=1, low=2, high=2)
    assert made.x(1) == 0
    assert made.y(2) == made.base


def test_a_curve_breaks_where_values_are_missing() -> None:
    xs, ys = np.arange(5.0), np.array([1.0, 2.0, np.nan, 3.0, 1.0])
    assert canvas().curve(xs, ys, "line").count("<polyline") == 2
    assert canvas().band(xs, ys, ys + 1, "band").count("<polygon") == 2


def test_every_text_is_escaped() -> None:
    drawn = plots.plot(10, '"><script>', "<b>&", [plots.text(0, 0, "<script>&\"'", "label")])
    root = ET.fromstring(str(drawn))
    assert root.get("aria-label") == '"><script>. <b>&'
    assert root[0].text == "<script>&\"'"
    assert root.get("role") == "img"


def test_labels_at_the_edges_stay_inside() -> None:
    drawn = canvas().axis([0, 5, 10], ["0", "5", "10"])
    assert [part.split('"')[0] for part in drawn.split('text-anchor="')[1:]] == ["start", "middle", "end"]


def test_second_ticks_keep_one_unit() -> None:
    assert plots.second_ticks(0.5)[1][:3] == ["0 ms", "100 ms", "200 ms"]
    assert plots.second_ticks(1.2)[1][1] == "0.25 s"
    assert plots.second_ticks(1200)[1][1].endswith("min")


def test_every_outcome_has_a_tone() -> None:
    assert {plots.tone(outcome) for outcome in Outcome} == {"pass", "warn", "fail", "open", "mute"}


def test_thinned_keeps_the_ends() -> None:
    values = np.arange(1000)
    kept = plots.thinned(values, 10)
    assert (len(kept), kept[0], kept[-1]) == (10, 0, 999)
    assert plots.thinned(values, 2000) is values


def test_spread() -> None:
    found = plots.spread([1.0, 2.0, 3.0, np.nan])
    assert found["p50"] == 2.0
    assert found["max"] == 3.0
    assert plots.spread([]) == {}


def test_boxes_are_one_path() -> None:
    drawn = canvas().boxes([(0, 5, 0, 2), (5, 10, 2, 4)], "heat h1")
    assert 'd="M0.0 60.0h500.0v40.0h-500.0zM500.0 20.0h500.0v40.0h-500.0z"' in drawn
    assert canvas().boxes([], "heat h1") == ""


def test_marks_differ_in_shape() -> None:
    drawn = [plots.mark(50, 20, shape, "pass") for shape in ("disc", "cross", "diamond", "square")]
    assert len({mark.split(' d="')[1] for mark in drawn}) == 4
    assert all(ET.fromstring(mark).get("x") == "50.00%" for mark in drawn)
