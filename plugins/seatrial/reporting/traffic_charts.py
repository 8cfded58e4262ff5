"""The charts of one traffic: how long answers took, and when."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from seatrial.reporting import figures
from seatrial.reporting.columns import Columns, Floats
from seatrial.reporting.model import LimitView, TrafficView
from seatrial.reporting.plots import Canvas, dot, finite, plot, rect, second_ticks, spread, text, thinned

_BINS = 48
_SLICES = 160
_MARKS = 240
_NAME_WIDTH = 8.0  # percent of the width that a segment needs to be named
_DISTRIBUTION_HEIGHT = 150.0
_TIMELINE_HEIGHT = 190.0
NAMES = {
    "operation.duration": "how long answers took",
    "time_to_first_chunk": "how long the first chunk took",
}


def distribution(traffic: TrafficView, indicator: str) -> Markup | None:
    """Histogram of one latency with its limits; what lies beyond a limit is red. None without data."""
    data = traffic.columns.measured
    values = data.named(indicator)
    found = finite(values[~data.failed]) if values is not None else np.empty(0)
    if not len(found):
        return None
    limits = traffic.limits_on(indicator)
    right = _right_edge(found, limits)
    edges = _edges(right, limits)
    counts = np.histogram(np.minimum(found, edges[-1]), edges)[0]
    canvas = Canvas(_DISTRIBUTION_HEIGHT, 0.0, float(edges[-1]), 0.0, float(counts.max()) * 1.04, top=20.0)
    over = bool((found > edges[-1]).any())
    parts = [*_bars(canvas, edges, counts, limits), _distribution_axis(canvas, over)]
    parts += [_limit_mark(canvas, limit, place) for place, limit in enumerate(limits)]
    return plot(_DISTRIBUTION_HEIGHT, f"{traffic.name}: {NAMES[indicator]}", _told(found, limits), parts)


def timeline(traffic: TrafficView) -> Markup | None:
    """Durations over the run: median and spread, those beyond the limit, errors, segments.

    None without data.
    """
    data = traffic.columns
    if not np.isfinite(data.intended).any():
        return None
    limits = traffic.limits_on("operation.duration")
    canvas = _timeline_canvas(data, limits)
    centres, low, middle, high = _slices(data.measured, canvas)
    lines, labels = _grid(canvas, limits)
    spans, names = _faults(canvas, traffic)
    parts = [*spans, *_stretches(canvas, data), *lines, canvas.band(centres, low, high, "band")]
    parts += [canvas.curve(centres, middle, "line"), *_beyond(canvas, data.measured, limits)]
    parts += [
        *_warm(canvas, data),
        *_errors(canvas, data.measured),
        canvas.axis(*second_ticks(canvas.right, 8)),
    ]
    parts += [*labels, *names]
    parts += [_timeline_limit(canvas, limit) for limit in limits]
    return plot(_TIMELINE_HEIGHT, f"{traffic.name}: durations over the run", _timeline_told(traffic), parts)


def summary_rows(traffic: TrafficView) -> list[tuple[str, dict[str, str]]]:
    """Percentiles of the latencies for the table beside the charts."""
    rows = []
    data = traffic.columns.measured
    for indicator, values in (("to the last byte", data.duration), ("to the first chunk", data.ttfc)):
        found = spread(values[~data.failed])
        if found:
            rows.append((indicator, {name: figures.seconds(value) for name, value in found.items()}))
    return rows


def _right_edge(found: Floats, limits: Sequence[LimitView]) -> float:
    """The end of the axis: all but the last half percent, and the limit unless it lies far off."""
    bulk = float(np.percentile(found, 99.5)) * 1.05 or 1e-3
    near = [limit.value * 1.15 for limit in limits if limit.value <= 4 * bulk]
    return max([bulk, *near])


def _edges(right: float, limits: Sequence[LimitView]) -> Floats:
    """Bin edges from 0 to *right*; the smallest limit is one of them."""
    width = right / _BINS
    inside = [limit.value for limit in limits if width < limit.value < right]
    if inside:
        width = min(inside) / max(round(min(inside) / width), 1)
    return np.arange(0, int(np.ceil(right / width - 1e-9)) + 1, dtype=np.float64) * width


def _distribution_axis(canvas: Canvas, over: bool) -> str:
    """The axis; where the last bin holds all that took longer, its label says so."""
    places, labels = second_ticks(canvas.right)
    if not over:
        return canvas.axis(places, labels)
    kept = [(place, label) for place, label in zip(places, labels, strict=True) if canvas.x(place) < 70]
    last = text(100, canvas.height - 5, f"≥ {figures.seconds(canvas.right)}", "tick", "end")
    return canvas.axis(*zip(*kept, strict=True)) + last


def _bars(canvas: Canvas, edges: Floats, counts: NDArray[np.int64], limits: Sequence[LimitView]) -> list[str]:
    upper = min((limit.value for limit in limits if not limit.op.startswith("g")), default=np.inf)
    bars = []
    for left, right, number in zip(edges[:-1], edges[1:], counts, strict=True):
        if number:
            height = max(canvas.base - canvas.y(float(number)), 1.5)
            kind = "bin over" if left >= upper * (1 - 1e-9) else "bin"
            width = canvas.x(right) - canvas.x(left)
            bars.append(rect(canvas.x(left) + width * 0.06, canvas.base - height, width * 0.88, height, kind))
    return bars


def _limit_mark(canvas: Canvas, limit: LimitView, place: int) -> str:
    y = 11.0 + 14 * place
    words = f"limit: {limit.statement}"
    if limit.value > canvas.right:
        return text(100, y, f"{words} →", "label", "end")
    at = canvas.x(limit.value)
    side = ("end", -6.0) if at > 55 else ("start", 6.0)
    return canvas.upright(limit.value, "limit") + text(at, y, words, "label", *side)


def _told(found: Floats, limits: Sequence[LimitView]) -> str:
    said = ", ".join(f"{name} {figures.seconds(value)}" for name, value in spread(found).items())
    over = [
        f"{figures.share(float((found > limit.value).mean()))} beyond {figures.seconds(limit.value)}"
        for limit in limits
    ]
    return "; ".join([f"{figures.plural(len(found), 'answer')}, {said}", *over])


def _timeline_canvas(data: Columns, limits: Sequence[LimitView]) -> Canvas:
    measured = data.measured
    durations = finite(measured.duration[~measured.failed])
    bulk = float(np.percentile(durations, 99.5)) if len(durations) else 1.0
    near = [limit.value * 1.18 for limit in limits if limit.value <= 6 * bulk]
    ends = finite(data.intended)
    return Canvas(
        _TIMELINE_HEIGHT, float(ends.min()), float(ends.max()) or 1.0, 0.0, max([bulk * 1.1, *near]), top=20.0
    )


def _slices(data: Columns, canvas: Canvas) -> tuple[Floats, Floats, Floats, Floats]:
    """10th, 50th and 90th percentile of the durations in slices of time; NaN where nothing was sent."""
    good = ~data.failed & np.isfinite(data.duration) & np.isfinite(data.intended)
    slices = int(np.clip(good.sum() // 8, 6, _SLICES))
    edges = np.linspace(canvas.left, canvas.right, slices + 1)
    which = np.clip(np.digitize(data.intended[good], edges) - 1, 0, slices - 1)
    order = np.argsort(which, kind="stable")
    groups = np.split(data.duration[good][order], np.searchsorted(which[order], np.arange(1, slices)))
    rows = [np.percentile(group, (10, 50, 90)) if len(group) else np.full(3, np.nan) for group in groups]
    low, middle, high = np.array(rows).T
    return (edges[:-1] + edges[1:]) / 2, low, middle, high


def _stretches(canvas: Canvas, data: Columns) -> list[str]:
    """Warm-up shaded, segments told apart by a fine line and, where there is room, a name."""
    parts = []
    spans = [(int(segment), *_span(canvas, data, int(segment))) for segment in np.unique(data.segment)]
    several = sum(segment >= 0 for segment, *_ in spans) > 1
    starts = [start for _, start, _ in spans] + [100.0]
    for (segment, start, stop), following in zip(spans, starts[1:], strict=True):
        if segment < 0:
            parts.append(rect(start, 0, max(stop - start, 0.5), canvas.base, "warmup"))
            continue
        if start > 1:
            parts.append(
                f'<line class="divider" x1="{start:.2f}%" x2="{start:.2f}%" y1="0" y2="{canvas.base:g}"/>'
            )
        if several and following - start > _NAME_WIDTH:
            parts.append(text(start, 11, f"segment {segment + 1}", "label", "start", 6 if start > 1 else 0))
    return parts


def _faults(canvas: Canvas, traffic: TrafficView) -> tuple[list[str], list[str]]:
    """The stretches in which a fault was at work; its name with its witness, to be drawn over the data."""
    spans, names = [], []
    for place, fault in enumerate(traffic.faults):
        end = fault.end(canvas.right + traffic.began)
        start, stop = canvas.x(fault.injected - traffic.began), canvas.x(end - traffic.began)
        spans.append(rect(start, 0, max(stop - start, 0.4), canvas.base, "fault"))
        at, anchor = (start, "start") if start < 60 else (stop, "end")
        words = f"{fault.name}: {fault.witness}"
        y = 11.0 + 14 * (place % 4)
        names.append(text(at, y, words, "label strong", anchor, 5 if anchor == "start" else -5))
    return spans, names


def _span(canvas: Canvas, data: Columns, segment: int) -> tuple[float, float]:
    """Where a segment begins and ends, percent of the width."""
    times = finite(data.intended[data.segment == segment])
    return (canvas.x(float(times.min())), canvas.x(float(times.max()))) if len(times) else (0.0, 0.0)


def _beyond(canvas: Canvas, data: Columns, limits: Sequence[LimitView]) -> list[str]:
    """Answers beyond the tightest limit as points; one above the drawing lies at its top edge."""
    upper = min((limit.value for limit in limits if not limit.op.startswith("g")), default=None)
    if upper is None:
        return []
    late = np.flatnonzero(~data.failed & (data.duration > upper))
    return [
        dot(canvas.x(float(data.intended[i])), canvas.y(float(data.duration[i])), "late", 2.2)
        for i in thinned(late, _MARKS)
    ]


def _timeline_limit(canvas: Canvas, limit: LimitView) -> str:
    """The limit as a line, or a word where it lies far above all that happened."""
    words = f"limit {figures.seconds(limit.value)}"
    if limit.value > canvas.high:
        return text(100, 11, f"{words} ↑", "label", "end")
    return canvas.level(limit.value, "limit") + text(100, canvas.y(limit.value) - 5, words, "label", "end")


def _grid(canvas: Canvas, limits: Sequence[LimitView]) -> tuple[list[str], list[str]]:
    """Fine lines at round durations, but none beside a limit; their labels, to be drawn over the data."""
    lines, labels = [], []
    for value in figures.ticks(canvas.high * 0.92, 3)[1:]:
        y = canvas.y(value)
        if all(abs(y - canvas.y(limit.value)) > 16 for limit in limits if limit.value <= canvas.high):
            lines.append(canvas.level(value, "axis"))
            labels.append(text(0, y - 4, figures.seconds(value), "label"))
    return lines, labels


def _warm(canvas: Canvas, data: Columns) -> list[str]:
    """The warm-up's exchanges, one by one: they are few."""
    found = np.flatnonzero((data.segment < 0) & np.isfinite(data.duration) & np.isfinite(data.intended))
    return [
        dot(canvas.x(float(data.intended[i])), canvas.y(float(data.duration[i])), "warm", 1.8)
        for i in thinned(found, _MARKS)
    ]


def _errors(canvas: Canvas, data: Columns) -> list[str]:
    """Errors as red strokes on the axis."""
    places = np.unique(np.round([canvas.x(float(time)) for time in finite(data.intended[data.failed])], 1))
    top, base = canvas.base - 12, canvas.base
    strokes = [f'<line class="error" x1="{at:g}%" x2="{at:g}%" y1="{top:g}" y2="{base:g}"/>' for at in places]
    if strokes:
        words = figures.plural(int(data.failed.sum()), "error")
        at = float(places[0])
        strokes.append(text(at, top - 5, words, "label strong fail", "end" if at > 80 else "start"))
    return strokes


def _timeline_told(traffic: TrafficView) -> str:
    data = traffic.columns.measured
    found = spread(data.duration[~data.failed])
    said = ", ".join(f"{name} {figures.seconds(value)}" for name, value in found.items())
    wrong = ", ".join(f"{number} {kind}" for kind, number in data.errors()) or "none"
    segments = len(np.unique(data.segment[data.segment >= 0]))
    seen = f"{figures.plural(len(data), 'exchange')} in {figures.plural(segments, 'segment')}"
    under = "".join(f"; {each.name}: {each.what}, {each.witness}" for each in traffic.faults)
    return f"{seen}; {said}; errors: {wrong}{under}"
