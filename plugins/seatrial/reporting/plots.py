"""Plots as inline SVG: text stays text, colours come from the page's theme, widths stretch with the page.

Positions across are percentages, so labels keep their size on any screen; curves lie in a nested drawing
that stretches without scaling its strokes. Each plot carries its numbers as a description for screen readers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup, escape
from numpy.typing import NDArray

from seatrial.core.outcome import Outcome
from seatrial.reporting import figures
from seatrial.reporting.columns import Floats

_BOTTOM = 22.0  # room for the labels of the axis below, in px


@dataclass(frozen=True, slots=True)
class Canvas:
    """A drawing surface: across in percent of its width, down in px.

    Args:
        height: of the whole drawing, px.
        left, right: what lies at its left and right edge, in the unit of the data.
        low, high: what lies at the bottom and the top of the plot.
        top: free room above the plot, px.
    """

    height: float
    left: float
    right: float
    low: float
    high: float
    top: float = 14.0

    @property
    def base(self) -> float:
        """Where the axis lies, px from the top."""
        return self.height - _BOTTOM

    def x(self, value: float) -> float:
        """Percent of the width."""
        span = self.right - self.left
        return _bounded((value - self.left) / span * 100 if span else 0.0, 0, 100)

    def y(self, value: float) -> float:
        """px from the top."""
        span = self.high - self.low
        share = (value - self.low) / span if span else 0.0
        return _bounded(self.base - share * (self.base - self.top), self.top - 4, self.base)

    def curve(self, xs: Floats, ys: Floats, kind: str) -> str:
        """A line through points, thin at any size, broken where a value is missing."""
        runs = (self._points(xs[run], ys[run]) for run in _runs(np.isfinite(ys)))
        return self._stretched("".join(f'<polyline class="{kind}" points="{points}"/>' for points in runs))

    def band(self, xs: Floats, lows: Floats, highs: Floats, kind: str) -> str:
        """The area between two curves."""
        edges = (
            f"{self._points(xs[run], highs[run])} {self._points(xs[run][::-1], lows[run][::-1])}"
            for run in _runs(np.isfinite(lows) & np.isfinite(highs))
        )
        return self._stretched("".join(f'<polygon class="{kind}" points="{edge}"/>' for edge in edges))

    def boxes(self, corners: Iterable[tuple[float, float, float, float]], kind: str) -> str:
        """Many boxes of one kind as one path; each as left, right, low, high in the unit of the data."""
        drawn = []
        for left, right, low, high in corners:
            x, y = self.x(left) * 10, self.y(high)
            across, down = self.x(right) * 10 - x, self.y(low) - y
            drawn.append(f"M{x:.1f} {y:.1f}h{across:.1f}v{down:.1f}h{-across:.1f}z")
        return self._stretched(f'<path class="{kind}" d="{"".join(drawn)}"/>') if drawn else ""

    def _points(self, xs: Floats, ys: Floats) -> str:
        return " ".join(f"{self.x(x) * 10:.1f},{self.y(y):.1f}" for x, y in zip(xs, ys, strict=True))

    def _stretched(self, content: str) -> str:
        box = f'viewBox="0 0 1000 {self.height:g}" preserveAspectRatio="none"'
        return f'<svg {box} width="100%" height="{self.height:g}" aria-hidden="true">{content}</svg>'

    def axis(self, positions: Iterable[float], labels: Iterable[str]) -> str:
        """The line below with its labels; every second label hides on a narrow screen."""
        parts = [f'<line class="axis" x1="0" x2="100%" y1="{self.base:g}" y2="{self.base:g}"/>']
        for place, (value, label) in enumerate(zip(positions, labels, strict=True)):
            at = self.x(value)
            anchor = "start" if at < 3 else "end" if at > 97 else "middle"
            hidden = " odd" if place % 2 else ""
            parts.append(text(at, self.height - 5, label, f"tick{hidden}", anchor))
        return "".join(parts)

    def level(self, value: float, kind: str) -> str:
        """A dashed line across."""
        y = f"{self.y(value):.1f}"
        return f'<line class="{kind}" x1="0" x2="100%" y1="{y}" y2="{y}"/>'

    def upright(self, value: float, kind: str, top: float = 0.0) -> str:
        """A dashed line from the axis up."""
        x = f"{self.x(value):.2f}%"
        return f'<line class="{kind}" x1="{x}" x2="{x}" y1="{top:g}" y2="{self.base:g}"/>'


def text(x: float, y: float, words: str, kind: str, anchor: str = "start", dx: float = 0.0) -> str:
    """A label; *x* in percent, *y* and *dx* in px."""
    shift = f' dx="{dx:g}"' if dx else ""
    return (
        f'<text class="{kind}" x="{x:.2f}%" y="{y:.1f}" text-anchor="{anchor}"{shift}>{escape(words)}</text>'
    )


def rect(x: float, y: float, width: float, height: float, kind: str) -> str:
    """A box; *x* and *width* in percent, the others in px."""
    return f'<rect class="{kind}" x="{x:.3f}%" y="{y:.1f}" width="{width:.3f}%" height="{height:.1f}"/>'


def dot(x: float, y: float, kind: str, radius: float = 4.0) -> str:
    """A point; *x* in percent."""
    return f'<circle class="{kind}" cx="{x:.2f}%" cy="{y:.1f}" r="{radius:g}"/>'


_SHAPES = {
    "disc": "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0z",
    "cross": "M-4.5-4.5L4.5 4.5M-4.5 4.5L4.5-4.5",
    "diamond": "M0-5.5L5.5 0L0 5.5L-5.5 0z",
    "square": "M-4.5-4.5h9v9h-9z",
}


def mark(x: float, y: float, shape: str, kind: str) -> str:
    """A point told by its shape: ``disc`` (filled), ``cross``, ``diamond`` and ``square``; *x* in percent."""
    return f'<svg x="{x:.2f}%" y="{y:.1f}"><path class="mark {shape} {kind}" d="{_SHAPES[shape]}"/></svg>'


def plot(height: float, name: str, description: str, content: Iterable[str]) -> Markup:
    """The outer drawing with its name and its numbers for a screen reader."""
    label = escape(f"{name}. {description}")
    body = "".join(content)
    return Markup(  # noqa: S704 - every text in it went through escape
        f'<svg class="plot" role="img" aria-label="{label}" width="100%" height="{height:g}">{body}</svg>'
    )


def tone(outcome: Outcome) -> str:
    """The class that colours an outcome."""
    return {
        Outcome.PASSED: "pass",
        Outcome.WARNED: "warn",
        Outcome.FAILED: "fail",
        Outcome.INCONCLUSIVE: "open",
        Outcome.ERROR: "fail",
    }.get(outcome, "mute")


def second_ticks(upper: float, about: int = 5) -> tuple[list[float], list[str]]:
    """Positions and labels of a time axis, all in the unit of the largest: ``0 s``, ``0.25 s``."""
    places = figures.ticks(upper, about)
    if upper < 0.9:
        return places, [f"{place * 1000:g} ms" for place in places]
    if upper < 300:
        return places, [f"{round(place, 6):g} s" for place in places]
    places = [place * 60 for place in figures.ticks(upper / 60, about)]
    return places, [f"{place / 60:g} min" for place in places]


def finite(values: Floats) -> Floats:
    """*values* without what was never reached."""
    return values[np.isfinite(values)]


def thinned(values: NDArray[np.int64], limit: int) -> NDArray[np.int64]:
    """At most *limit* of *values*, evenly chosen."""
    if len(values) <= limit:
        return values
    return values[np.linspace(0, len(values) - 1, limit).astype(np.int64)]


def spread(values: Sequence[float] | Floats, marks: Sequence[float] = (50, 90, 95, 99)) -> dict[str, float]:
    """Percentiles and the largest by name (``p50`` … ``max``); empty where there is nothing."""
    found = finite(np.asarray(values, dtype=np.float64))
    if not len(found):
        return {}
    return {
        f"p{mark:g}": float(value) for mark, value in zip(marks, np.percentile(found, marks), strict=True)
    } | {"max": float(found.max())}


def _runs(there: NDArray[np.bool_]) -> list[slice]:
    """Stretches of neighbours that are all there."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], there, [False]]).astype(np.int8)))
    return [slice(start, stop) for start, stop in zip(edges[::2], edges[1::2], strict=True)]


def _bounded(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)
