from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from seatrial.core.outcome import Outcome
from seatrial.reporting.charts import evidence_growth, interval_scale
from seatrial.reporting.model import ObjectiveView, Report


def numbers(view: ObjectiveView) -> tuple[float, float, float]:
    """Where limit, bar and its end lie, percent."""
    root = ET.fromstring(str(interval_scale(view)))
    limit = next(float(el.get("x1", "").rstrip("%")) for el in root if el.get("class") == "limit")
    bar = next(el for el in root if (el.get("class") or "").startswith("bar"))
    left, width = (float(bar.get(key, "").rstrip("%")) for key in ("x", "width"))
    return limit, left, left + width


def test_what_passed_lies_within_the_limit_and_what_failed_beyond(rejected: Report) -> None:
    for view in rejected.objectives:
        limit, left, right = numbers(view)
        assert limit == pytest.approx(58)
        assert (left >= limit) if view.outcome is Outcome.FAILED else (right <= limit + 0.9)


def test_what_is_open_spans_or_touches_the_limit(inconclusive: Report) -> None:
    _, left, right = numbers(inconclusive.objectives[0])
    assert right > 58
    assert left < 60


def test_the_numbers_are_told_to_a_screen_reader(rejected: Report) -> None:
    label = ET.fromstring(str(interval_scale(rejected.objectives[0]))).get("aria-label") or ""
    assert "complete-answers. observed" in label
    assert "limit 1 %" in label


def test_no_data(healthy: Report) -> None:
    view = replace(healthy.objectives[0], verdict=None)
    assert "nothing measured" in interval_scale(view)
    assert evidence_growth(view) is None


def test_zero_tolerance_and_means_are_drawn(healthy: Report) -> None:
    view = healthy.objectives[0]
    assert view.verdict is not None
    zero = replace(view, verdict=replace(view.verdict, limit=0.0, lower=0.001, upper=0.02))
    limit, left, _ = numbers(zero)
    assert limit < left
    mean = replace(
        view, op="gte", verdict=replace(view.verdict, bad=None, limit=0.85, lower=0.88, upper=0.93)
    )
    limit, left, _ = numbers(mean)
    assert limit < left


def test_the_evidence_shows_the_line_that_decides(
    healthy: Report, rejected: Report, inconclusive: Report
) -> None:
    drawn = str(evidence_growth(healthy.objectives[0]))
    assert "proven at 95 %" in drawn
    assert "disproven" not in drawn
    assert re.search(r"decided after [\d,]+ requests", drawn)
    drawn = str(evidence_growth(rejected.objectives[0]))
    assert "disproven at 90 %" in drawn
    drawn = str(evidence_growth(inconclusive.objectives[0]))
    assert "proven at 95 %" in drawn
    assert "disproven at 90 %" in drawn
    assert "decided after" not in drawn
