"""The figures of a soak over time."""

from __future__ import annotations

import numpy as np
import pytest

from seatrial.reporting.html import render_html
from seatrial.reporting.soak_charts import SeriesView, series_chart, series_of
from tests.reporting import load_scenes

CHECKPOINTS = [
    {
        "event": "checkpoint",
        "t": 60.0 + number,
        "traffic": "open",
        "begin": 60.0 * number,
        "end": 60.0 * (number + 1),
        "good": 99,
        "failed": 1,
        "p50": 0.2,
        "p95": None,
        "figures": {"memory": 1048576.0 * (40 + number)},
    }
    for number in range(6)
]


def test_figures_are_read_from_checkpoints() -> None:
    memory = series_of(CHECKPOINTS, "open", "memory")
    assert memory is not None
    assert memory.times.tolist() == [60.0, 120.0, 180.0, 240.0, 300.0, 360.0]
    assert memory.values[-1] == 1048576.0 * 45
    errors, latency = (series_of(CHECKPOINTS, "open", name) for name in ("errors", "latency"))
    assert errors is not None
    assert errors.values.tolist() == [0.01] * 6
    assert latency is not None
    assert latency.values.tolist() == [0.2] * 6


@pytest.mark.parametrize(("traffic", "name"), [("other", "memory"), ("open", "latency-p95"), ("open", "x")])
def test_what_was_not_seen_is_not_drawn(traffic: str, name: str) -> None:
    assert series_of(CHECKPOINTS, traffic, name) is None
    assert series_of(CHECKPOINTS[:2], "open", "memory") is None


def test_strange_checkpoints_are_left_out() -> None:
    strange = [{"event": "checkpoint", "traffic": "open", "end": "x", "figures": [1], "p50": True}] * 5
    for name in ("latency", "errors", "memory"):
        assert series_of(strange, "open", name) is None


def test_the_ends_are_told() -> None:
    chart = str(
        series_chart(
            "memory", SeriesView(np.array([60.0, 120.0, 180.0]), np.array([2.0**20, np.nan, 2.0**21]))
        )
    )
    assert 'aria-label="memory over the soak. from 1 MiB to 2 MiB in 2 checkpoints"' in chart
    assert "nan" not in chart


def test_they_stand_on_the_page() -> None:
    page = render_html(load_scenes.report([*load_scenes.loaded(), *CHECKPOINTS]))
    assert "memory</b> · checkpoint by checkpoint" in page
    assert "checkpoint by checkpoint" not in render_html(load_scenes.report(load_scenes.loaded()))
