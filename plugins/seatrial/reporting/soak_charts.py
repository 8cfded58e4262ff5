"""How the figures of a soak went, checkpoint by checkpoint."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup

from seatrial.reporting import figures, loose
from seatrial.reporting.columns import Floats
from seatrial.reporting.plots import Canvas, plot, second_ticks, text

Event = dict[str, Any]
_HEIGHT = 120.0
_LEAST = 3  # checkpoints that make a line
_FIELDS = {"latency": "p50", "latency-p95": "p95"}


@dataclass(frozen=True, slots=True)
class SeriesView:
    """One figure over time: seconds since the soak began, and values; NaN where there was none."""

    times: Floats
    values: Floats


def series_of(events: Sequence[Event], traffic: str, name: str) -> SeriesView | None:
    """The checkpoints of one figure; None where there are too few of them."""
    told = [event for event in events if event["event"] == "checkpoint"]
    own = [event for event in told if loose.line(event.get("traffic"), 80) == traffic]
    pairs = [(loose.finite(event.get("end")), _value(event, name)) for event in own]
    known = sorted((at, math.nan if value is None else value) for at, value in pairs if at is not None)
    if sum(math.isfinite(value) for _, value in known) < _LEAST:
        return None
    times, values = np.array(known).T
    return SeriesView(times, values)


def series_chart(name: str, series: SeriesView) -> Markup:
    """One figure over the soak, from zero up, with its first and last value."""
    there = np.flatnonzero(np.isfinite(series.values))
    first, last = (float(series.values[there[end]]) for end in (0, -1))
    top = float(np.nanmax(series.values))
    canvas = Canvas(_HEIGHT, 0.0, float(series.times[-1]) or 1.0, 0.0, top * 1.25 or 1.0, top=16.0)
    words = _words(name)
    ends = ((0, first, "start"), (-1, last, "end"))
    parts = [canvas.curve(series.times, series.values, "line"), canvas.axis(*second_ticks(canvas.right, 4))]
    for end, value, anchor in ends:
        at = canvas.x(float(series.times[there[end]]))
        parts.append(text(at, max(canvas.y(value) - 10, 10.0), words(value), "label", anchor))
    told = f"from {words(first)} to {words(last)} in {figures.plural(len(there), 'checkpoint')}"
    return plot(_HEIGHT, f"{name} over the soak", told, parts)


def _value(event: Event, name: str) -> float | None:
    if name in _FIELDS:
        return loose.finite(event.get(_FIELDS[name]))
    if name == "errors":
        good, failed = loose.whole(event.get("good")), loose.whole(event.get("failed"))
        return failed / (good + failed) if good + failed > 0 else None
    told = event.get("figures")
    return loose.finite(told.get(name)) if isinstance(told, dict) else None


def _words(name: str) -> Callable[[float], str]:
    """How the values of a figure are told."""
    known = {"errors": figures.share, "memory": figures.size, **dict.fromkeys(_FIELDS, figures.seconds)}
    return known.get(name, figures.number)
