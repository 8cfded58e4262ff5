"""The charts of arrivals that do not wait: heat map, percentiles, what was offered and what was served."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from seatrial.core.units import format_rate
from seatrial.reporting import figures
from seatrial.reporting.columns import Columns, Floats
from seatrial.reporting.model import LimitView, TrafficView
from seatrial.reporting.plots import Canvas, dot, finite, plot, second_ticks, text

_SLICES = 96
_ROWS = 26
_SHADES = 5
_HEAT_HEIGHT = 210.0
_HEIGHT = 200.0
_MARKS = (0.5, 0.9, 0.99, 0.999)
_POINTS = 120
_BESIDE = 10  # exchanges that must lie beyond a percentile for it to be drawn
_LABELS = 16.0  # px between a grid line and a limit, below which the limit alone is drawn


def heat_map(traffic: TrafficView) -> Markup | None:
    """How many answers took how long, when; errors below. None without data."""
    data = traffic.columns.measured
    good = ~data.failed & np.isfinite(data.duration) & np.isfinite(data.intended) & (data.duration > 0)
    if good.sum() < 2:
        return None
    limits = traffic.limits_on("operation.duration")
    times, seconds = data.intended[good], np.log10(data.duration[good])
    canvas = _heat_canvas(data, seconds, limits)
    parts = [*_cells(canvas, times, seconds), *_decades(canvas, limits), *_error_strokes(canvas, data)]
    for limit in limits:
        value = math.log10(limit.value)
        words = f"limit {figures.seconds(limit.value)}"
        if canvas.low <= value <= canvas.high:
            parts.append(canvas.level(value, "limit"))
            parts.append(text(100, canvas.y(value) - 5, words, "label", "end"))
    parts.append(canvas.axis(*second_ticks(canvas.right, 8)))
    return plot(_HEAT_HEIGHT, f"{traffic.name}: answers by time and duration", _heat_told(data, good), parts)


def percentiles(traffic: TrafficView) -> Markup | None:
    """Durations by percentile up to p99.9, on a scale on which each nine is as wide; errors never answer.

    Drawn as far as `_BESIDE` exchanges lie beyond. None without data.
    """
    data = traffic.columns.measured
    series = [
        (name, values)
        for name, times in (("last byte", data.duration), ("first chunk", data.ttfc))
        if np.isfinite(times[~data.failed]).any()
        and len(values := np.sort(np.where(data.failed | ~np.isfinite(times), np.inf, times)))
    ]
    if not series:
        return None
    limits = traffic.limits_on("operation.duration")
    n = len(data)
    shares = 1.0 - np.logspace(0, math.log10(min(max(n / _BESIDE, 2.0), 1000.0)), _POINTS) ** -1.0
    curves = [(name, _at(values, shares)) for name, values in series]
    top = max(float(finite(curve).max(initial=0.0)) for _, curve in curves)
    near = [limit.value for limit in limits if limit.value <= 6 * top]
    canvas = Canvas(_HEIGHT, 0.0, 3.0, 0.0, max([top, *near, 1e-4]) * 1.15, top=20.0)
    parts, labels = _grid(canvas, near)
    for place, (name, curve) in enumerate(curves):
        parts.append(canvas.curve(_nines(shares), curve, f"line s{place}"))
        parts.append(_curve_name(canvas, _nines(shares), curve, name))
    parts += [*labels, *(_bound(canvas, limit) for limit in limits)]
    parts.append(canvas.axis(_nines(np.array(_MARKS)), [f"p{mark * 100:g}" for mark in _MARKS]))
    return plot(
        _HEIGHT, f"{traffic.name}: durations by percentile", _percentiles_told(data, series, limits), parts
    )


def offered_and_served(traffic: TrafficView) -> Markup | None:
    """Requests that were due and answers that came, a second, over the run. None without data."""
    data = traffic.columns
    due = finite(data.intended)
    if len(due) < 2 or float(due.max()) <= float(due.min()):
        return None
    left, right = float(due.min()), float(due.max())
    slices = int(np.clip(right - left, 4, _SLICES))
    edges = np.linspace(left, right, slices + 1)
    whole = ~data.failed & np.isfinite(data.intended) & np.isfinite(data.duration)
    done = (data.intended + data.duration)[whole]
    width = float(edges[1] - edges[0])
    offered = np.histogram(due, edges)[0] / width
    served = np.histogram(done[done <= right], edges)[0] / width
    canvas = Canvas(_HEIGHT, left, right, 0.0, float(max(offered.max(), served.max(), 1e-9)) * 1.18, top=20.0)
    centres = (edges[:-1] + edges[1:]) / 2
    parts, labels = _grid(canvas, (), rate=True)
    # A gap between what was due and what came is what the target (or this machine) did not keep up with.
    parts.append(canvas.band(centres, np.minimum(offered, served), offered, "lacking"))
    parts += [canvas.curve(centres, offered, "line s1"), canvas.curve(centres, served, "line")]
    parts += labels
    parts += _pair_names(canvas, centres, offered, served)
    parts.append(canvas.axis(*second_ticks(canvas.right, 6)))
    told = (
        f"offered {format_rate(len(due) / (right - left))}, served {_mean_rate(done, left, right)} on average"
    )
    behind = f"; {lateness(traffic)}" if lateness(traffic) else ""
    return plot(_HEIGHT, f"{traffic.name}: offered and served", told + behind, parts)


def lateness(traffic: TrafficView) -> str:
    """How punctual the generator was, in words: whether the load was kept up; empty where it is not known."""
    lag = traffic.punctuality
    if lag is None:
        late = finite(traffic.columns.measured.lag)
        if not len(late):
            return ""
        p99 = float(np.percentile(late, 99))
        return f"requests left {figures.seconds(p99)} behind their schedule at the 99th percentile"
    if lag.lost:
        return lag.lost
    limit = min((limit.value for limit in traffic.limits if limit.value > 0), default=1.0)
    on_time = f"the generator kept its schedule to {figures.seconds(lag.p99)} at the 99th percentile"
    return lag.behind(limit) or on_time


def late(traffic: TrafficView) -> bool:
    """Whether the generator was not up to the load, so that a pass would show nothing."""
    lag = traffic.punctuality
    limit = min((limit.value for limit in traffic.limits if limit.value > 0), default=1.0)
    return lag is not None and bool(lag.lost or lag.behind(limit))


def _heat_canvas(data: Columns, seconds: Floats, limits: Sequence[LimitView]) -> Canvas:
    low, high = (float(edge) for edge in np.percentile(seconds, (0.05, 99.95)))
    near = [math.log10(limit.value) for limit in limits if 0 < limit.value <= 10 ** (high + 1.0)]
    due = finite(data.intended)
    left, right = float(due.min()), float(due.max())
    top = max([high, *near]) + 0.1
    return Canvas(_HEAT_HEIGHT, left, max(right, left + 1e-3), min(low, top - 0.5) - 0.05, top, top=18.0)


def _cells(canvas: Canvas, times: Floats, seconds: Floats) -> list[str]:
    """Cells shaded by how many answers lie in them, on a scale of roots: a few are still seen."""
    slices = int(np.clip(len(times) // 12, 8, _SLICES))
    across = np.linspace(canvas.left, canvas.right, slices + 1)
    up = np.linspace(canvas.low, canvas.high, _ROWS + 1)
    inside = np.clip(seconds, canvas.low, canvas.high)
    counts = np.histogram2d(times, inside, (across, up))[0]
    shade = np.ceil(np.sqrt(counts / counts.max()) * _SHADES).astype(np.int64)
    parts = []
    for level in range(1, _SHADES + 1):
        places = np.argwhere(shade == level)
        boxes = [(across[i], across[i + 1], up[j], up[j + 1]) for i, j in places]
        parts.append(canvas.boxes(boxes, f"heat h{level}"))
    return parts


def _decades(canvas: Canvas, limits: Sequence[LimitView]) -> list[str]:
    taken = [canvas.y(math.log10(limit.value)) for limit in limits if limit.value > 0]
    wide = canvas.high - canvas.low > 1.6
    parts = []
    for power in range(math.floor(canvas.low), math.ceil(canvas.high) + 1):
        for factor in (1,) if wide else (1, 2, 5):
            value = power + math.log10(factor)
            y = canvas.y(value)
            free = all(abs(y - other) > _LABELS for other in (*taken, canvas.base - 10))
            if canvas.low < value < canvas.high and free:
                parts.append(canvas.level(value, "axis"))
                parts.append(text(0, y - 4, figures.seconds(factor * 10.0**power), "label"))
    return parts


def _error_strokes(canvas: Canvas, data: Columns) -> list[str]:
    """Errors as strokes on the axis, with their number."""
    places = np.unique(np.round([canvas.x(float(at)) for at in finite(data.intended[data.failed])], 1))
    strokes = [
        f'<line class="error" x1="{at:g}%" x2="{at:g}%" y1="{canvas.base - 10:g}" y2="{canvas.base:g}"/>'
        for at in places
    ]
    if strokes:
        at = float(places[0])
        words = figures.plural(int(data.failed.sum()), "error")
        anchor = "end" if at > 80 else "start"
        strokes.append(text(at, canvas.base - 15, words, "label strong fail", anchor))
    return strokes


def _heat_told(data: Columns, good: NDArray[np.bool_]) -> str:
    p = np.percentile(data.duration[good], (50, 95, 99))
    said = ", ".join(
        f"{n} {figures.seconds(float(v))}" for n, v in zip(("p50", "p95", "p99"), p, strict=True)
    )
    errors = figures.plural(int(data.failed.sum()), "error")
    return f"{figures.plural(int(good.sum()), 'answer')}, {said}; {errors}"


def _nines(shares: Floats) -> Floats:
    """Where a percentile lies: p90 at 1, p99 at 2, p99.9 at 3."""
    return -np.log10(1.0 - np.minimum(shares, 0.999))


def _at(values: Floats, shares: Floats) -> Floats:
    """The smallest value that so large a share does not exceed; NaN where that many never answered."""
    places = np.minimum(np.ceil(shares * len(values)).astype(np.int64), len(values) - 1)
    found = values[places]
    return np.where(np.isfinite(found), found, np.nan)


def _curve_name(canvas: Canvas, xs: Floats, curve: Floats, name: str) -> str:
    there = np.flatnonzero(np.isfinite(curve))
    place = int(there[-1]) if len(there) else 0
    at = canvas.x(float(xs[place]))
    return text(at, max(canvas.y(float(np.nan_to_num(curve[place]))) - 8, 10.0), name, "label", "end")


def _bound(canvas: Canvas, limit: LimitView) -> str:
    """The limit up to its own percentile: below it the curve must pass there."""
    words = f"limit: {limit.statement}"
    if limit.value > canvas.high:
        return text(0, 11, f"{words} ↑", "label")
    y = canvas.y(limit.value)
    share = 1.0 if limit.share is None else 1.0 - limit.share
    at = canvas.x(float(_nines(np.array([share]))[0]))
    line = f'<line class="limit" x1="0" x2="{at:.2f}%" y1="{y:.1f}" y2="{y:.1f}"/>'
    return line + dot(at, y, "corner", 3.5) + text(0, y - 6, words, "label")


def _grid(canvas: Canvas, skip: Sequence[float], *, rate: bool = False) -> tuple[list[str], list[str]]:
    """Fine lines at round values, none beside a limit; their labels, to be drawn over the data."""
    lines, labels = [], []
    for value in figures.ticks(canvas.high * 0.92, 4)[1:]:
        y = canvas.y(value)
        if all(abs(y - canvas.y(other)) > _LABELS for other in skip):
            words = format_rate(value) if rate else figures.seconds(value)
            lines.append(canvas.level(value, "axis"))
            labels.append(text(0, y - 4, words, "label"))
    return lines, labels


def _percentiles_told(
    data: Columns, series: Sequence[tuple[str, Floats]], limits: Sequence[LimitView]
) -> str:
    said = []
    for name, values in series:
        at = _at(values, np.array(_MARKS))
        told = [
            f"p{mark * 100:g} {figures.seconds(float(value))}"
            for mark, value in zip(_MARKS, at, strict=True)
            if np.isfinite(value) and (1.0 - mark) * len(data) >= 1
        ]
        said.append(f"{name}: {', '.join(told)}")
    return "; ".join([*said, *(f"limit {limit.statement}" for limit in limits)])


def _pair_names(canvas: Canvas, centres: Floats, offered: Floats, served: Floats) -> list[str]:
    """Which curve is which: the upper one's name above it, the lower one's below."""
    gap = offered - served
    # Not at the edges: what is in flight at the beginning is no gap, and the scale has its labels there.
    inner = slice(len(gap) // 6, len(gap) - len(gap) // 6)
    place = inner.start + int(np.argmax(np.abs(gap[inner])))
    at = canvas.x(float(centres[place]))
    anchor = "end" if at > 75 else "start" if at < 25 else "middle"
    above, below = ("offered", "served") if gap[place] >= 0 else ("served", "offered")
    high, low = (max, min)
    upper = canvas.y(float(high(offered[place], served[place]))) - 8
    lower = canvas.y(float(low(offered[place], served[place]))) + 18
    return [
        text(at, max(upper, 11.0), above, "label strong", anchor),
        text(at, min(lower, canvas.base - 5), below, "label strong", anchor),
    ]


def _mean_rate(done: Floats, left: float, right: float) -> str:
    return format_rate(float(((done >= left) & (done <= right)).sum()) / (right - left))
