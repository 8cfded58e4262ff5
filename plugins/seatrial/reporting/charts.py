"""The charts of one verdict: its interval against the limit, and how its evidence grew."""

from __future__ import annotations

import math

import numpy as np
from markupsafe import Markup

from seatrial.core.outcome import Outcome
from seatrial.core.verdict import Verdict
from seatrial.reporting import figures, story
from seatrial.reporting.columns import Floats
from seatrial.reporting.model import ObjectiveView
from seatrial.reporting.plots import Canvas, dot, plot, rect, text, tone

_LIMIT_AT = 58.0  # where the limit lies on the small scales, percent of their width
_EVIDENCE_HEIGHT = 160.0


def interval_scale(view: ObjectiveView) -> Markup:
    """The interval against the limit: the limit at the same place in every row, what is allowed tinted."""
    verdict = view.verdict
    if verdict is None or verdict.n == 0 or verdict.lower is None or verdict.upper is None:
        return Markup('<span class="mute">nothing measured</span>')
    estimate = verdict.lower if verdict.estimate is None else verdict.estimate
    low, at, high = (_place(view, verdict, value) for value in (verdict.lower, estimate, verdict.upper))
    limit = _place(view, verdict, verdict.limit)
    allowed = (limit, 100.0) if not view.bad_share and (view.op or "").startswith("g") else (0.0, limit)
    kind = tone(view.outcome)
    parts = [
        rect(0, 10, 100, 6, "track"),
        rect(allowed[0], 10, allowed[1] - allowed[0], 6, "allowed"),
        rect(low, 11.5, max(high - low, 0.8), 3, f"bar {kind}"),
        dot(min(max(at, 2.5), 97.5), 13, f"point {kind}", 4.5),
        f'<line class="limit" x1="{limit:.2f}%" x2="{limit:.2f}%" y1="3" y2="23"/>',
    ]
    told = f"observed {story.observed(view)}, interval {story.interval(view)}, limit {story.limit_of(view)}"
    return plot(26, view.name, told, parts)


def _place(view: ObjectiveView, verdict: Verdict, value: float) -> float:
    """Percent of the width of a small scale.

    Shares lie linearly up to the limit and ever more compressed beyond: twice the limit lies halfway to the
    edge. Means lie linearly between 0 and 1, or up to the largest of their numbers.
    """
    if not view.bad_share:
        top = max(1.0, verdict.upper or 0.0, verdict.limit)
        return 1 + 98 * min(max(value / top, 0.0), 1.0)
    if verdict.limit <= 0:
        return 1 + 98 * value / (value + 0.01)
    ratio = max(value, 0.0) / verdict.limit
    return _LIMIT_AT * ratio if ratio <= 1 else _LIMIT_AT + (99 - _LIMIT_AT) * (1 - 1 / ratio)


def evidence_growth(view: ObjectiveView) -> Markup | None:
    """How the evidence for (and against) an objective grew with each request; None without a trail."""
    verdict = view.verdict
    if verdict is None or len(view.trail) < 2:
        return None
    proven, broken = -math.log(1 - verdict.confidence), -math.log(1 - verdict.power)
    lines = _lines(view.outcome, proven, broken)
    n = view.trail[:, 0]
    shown = [np.nan_to_num(view.trail[:, column], nan=0.0) for column, *_ in lines]
    limits = [level for _, level, *_ in lines]
    canvas = Canvas(
        height=_EVIDENCE_HEIGHT,
        left=0.0,
        right=float(n[-1]) * (1.0 if view.outcome is Outcome.INCONCLUSIVE else 1.12) or 1.0,
        low=max(min(0.0, *(float(values.min()) for values in shown)), -1.5 * max(limits)),
        high=max(*limits, *(float(values.max()) for values in shown)) * 1.12,
        top=26.0,
    )
    parts = [_axis(canvas)]
    for (_, level, label, kind, above), values in zip(lines, shown, strict=True):
        y = canvas.y(level)
        parts.append(canvas.level(level, f"threshold {kind}"))
        parts.append(text(0, y - 5 if above else y + 14, label, "label"))
        parts.append(canvas.curve(n, np.maximum(values, canvas.low), f"line {kind}"))
    if view.outcome is Outcome.INCONCLUSIVE:
        for values, word in zip(shown, ("for", "against"), strict=True):
            parts.append(text(100, canvas.y(max(float(values[-1]), canvas.low)) - 7, word, "label", "end"))
    else:
        parts.append(_decided(canvas, view.outcome, verdict, shown[0]))
    return plot(_EVIDENCE_HEIGHT, f"Evidence of {view.name}", _evidence_told(view, verdict, shown), parts)


def _lines(outcome: Outcome, proven: float, broken: float) -> list[tuple[int, float, str, str, bool]]:
    """What to draw: column of the trail, level that decides, its name, its colour, label above the level."""
    for_it = (1, proven, f"proven at {figures.share(1 - math.exp(-proven))}", "pass", False)
    against = (2, broken, f"disproven at {figures.share(1 - math.exp(-broken))}", "fail", False)
    if outcome is Outcome.FAILED:
        return [against]
    if outcome.green:
        return [for_it]
    return [(*for_it[:4], True), against]


def _axis(canvas: Canvas) -> str:
    places = figures.ticks(canvas.right, 4)
    labels = [figures.count(place) for place in places]
    labels[-1] += " requests" if len(labels) > 1 else ""
    return canvas.axis(places, labels)


def _decided(canvas: Canvas, outcome: Outcome, verdict: Verdict, values: Floats) -> str:
    """Where it was decided."""
    at, y = canvas.x(verdict.n), canvas.y(max(float(values[-1]), canvas.low))
    words = f"decided after {figures.plural(verdict.n, 'request')}"
    return dot(at, y, f"point {tone(outcome)}") + text(
        at, y - 11, words, "label strong", "end" if at > 40 else "start"
    )


def _evidence_told(view: ObjectiveView, verdict: Verdict, shown: list[Floats]) -> str:
    ended = " and ".join(f"{values[-1]:.1f}" for values in shown)
    state = "not decided" if view.outcome is Outcome.INCONCLUSIVE else f"decided as {view.outcome.label}"
    return f"Logarithm of the evidence after {figures.plural(verdict.n, 'request')}: {ended}; {state}"
