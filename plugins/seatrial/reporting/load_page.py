"""What the HTML page shows of load, drawn and in words; Markdown tells the words only."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup

from seatrial.core.units import format_rate
from seatrial.reporting import capacity_charts, figures, flow_charts
from seatrial.reporting.capacity_view import CapacityView, LevelView
from seatrial.reporting.load_view import LoadView, TrendView
from seatrial.reporting.model import TrafficView
from seatrial.reporting.plots import dot, plot, rect, tone
from seatrial.reporting.text import slug

_ZERO_AT, _LIMIT_AT = 22, 58  # percent of the width of a small scale
MARKS = "● holds, ✕ breaks, ◇ not decided, □ this machine was the limit"


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart with what its caption says."""

    name: str
    caption: str
    chart: Markup


@dataclass(frozen=True, slots=True)
class CapacitySection:
    """One search for capacity, drawn.

    Attributes:
        rows: of the table of levels: the level, and its figures by name.
    """

    view: CapacityView
    anchor: str
    pair: tuple[Figure, ...]
    demand: Figure | None
    rows: tuple[tuple[LevelView, dict[str, str]], ...]


def capacity_sections(load: LoadView | None) -> list[CapacitySection]:
    """The searches of a run."""
    return [] if load is None else [_section(view) for view in load.capacities]


def flow_figures(traffic: TrafficView) -> tuple[tuple[Figure, ...], Figure | None]:
    """Of arrivals that do not wait: offered and served beside the percentiles, and the heat map."""
    if not traffic.open_loop:
        return (), None
    late = flow_charts.lateness(traffic)
    served = f"offered and served{f'; {late}' if late else ''}"
    pair = (
        (served, flow_charts.offered_and_served(traffic)),
        (
            "durations by percentile, errors as never answered; a limit ends at the percentile it binds",
            flow_charts.percentiles(traffic),
        ),
    )
    heat = flow_charts.heat_map(traffic)
    caption = "answers by when they were due and how long they took; the stronger the more, red are errors"
    return (
        tuple(Figure(traffic.name, words, chart) for words, chart in pair if chart is not None),
        None if heat is None else Figure(traffic.name, caption, heat),
    )


def growth_words(trend: TrendView) -> str:
    """The change over the horizon with its interval; empty where that was not told."""
    if trend.growth is None:
        return ""
    value, lower, upper = (f"{100 * each:+.3g}" for each in trend.growth)
    over = f" over {figures.seconds(trend.horizon)}" if trend.horizon else ""
    return f"{value} ({lower}{figures.RANGE}{upper}) %{over}"


def growth_scale(trend: TrendView) -> Markup:
    """The interval of a growth against what is allowed: 0 at the thin line, the limit at the dashed one."""
    if trend.growth is None or trend.limit is None or trend.limit <= 0:
        return Markup("")
    value, lower, upper = (
        min(max(_ZERO_AT + (_LIMIT_AT - _ZERO_AT) * 100 * each / trend.limit, 1.0), 99.0)
        for each in trend.growth
    )
    kind = tone(trend.outcome)
    parts = [
        rect(0, 10, 100, 6, "track"),
        rect(0, 10, _LIMIT_AT, 6, "allowed"),
        f'<line class="divider" x1="{_ZERO_AT}%" x2="{_ZERO_AT}%" y1="6" y2="20"/>',
        rect(lower, 11.5, max(upper - lower, 0.8), 3, f"bar {kind}"),
        dot(min(max(value, 2.5), 97.5), 13, f"point {kind}", 4.5),
        f'<line class="limit" x1="{_LIMIT_AT}%" x2="{_LIMIT_AT}%" y1="3" y2="23"/>',
    ]
    return plot(26, f"Growth of {trend.name}", f"{growth_words(trend)}, allowed {trend.limit:.3g} %", parts)


def slope_words(trend: TrendView) -> str:
    """The slope of a series with its interval, an hour; a dash where there is none."""
    if trend.slope is None:
        return "–"
    unit = f" {trend.unit}" if trend.unit else ""
    if trend.lower is None or trend.upper is None:
        return f"{trend.slope:+.3g}{unit}"
    return f"{trend.slope:+.3g} ({trend.lower:+.3g}{figures.RANGE}{trend.upper:+.3g}){unit}"


def hourly_words(trend: TrendView) -> str:
    """The slope an hour, unless the series was watched for less than that: nobody knows its next hour."""
    if trend.slope is None or (trend.horizon is not None and trend.horizon < 3600):
        return ""
    return f"{slope_words(trend)} an hour"


def load_lines(load: LoadView | None, traffics: Iterable[TrafficView]) -> list[tuple[str, str, str]]:
    """What load showed, a line each: sign, name and sentence."""
    lines = []
    for view in load.capacities if load else ():
        lines.append((view.outcome.symbol, f"capacity of {view.traffic}", f"{view.interval}: {view.reason}"))
        lines += [
            (each.outcome.symbol, f"demand ({each.scenario})", each.reason or "nothing is known")
            for each in view.demand
        ]
    for ruling in (*load.steps, *load.audits) if load else ():
        lines.append((ruling.outcome.symbol, ruling.name, ruling.reason or "nothing is known"))
    for trend in load.trends if load else ():
        change = trend.reason or growth_words(trend)
        hourly = hourly_words(trend)
        said = "; ".join(filter(None, (change, hourly and f"by {hourly}")))
        lines.append((trend.outcome.symbol, f"soak: {trend.name}", said or "nothing is known"))
    for traffic in traffics:
        alone = traffic.open_loop and not (load and load.level_of(traffic.name))
        if alone and (words := flow_charts.lateness(traffic)):
            sign = "?" if flow_charts.late(traffic) else "✓"
            lines.append((sign, f"generator of {traffic.name}", words))
    return lines


def _section(view: CapacityView) -> CapacitySection:
    law = capacity_charts.law_words(view)
    fitted = f"; the line is the Universal Scalability Law: {law}" if law else ""
    latencies = capacity_charts.latencies_over_rate(view)
    pair = (
        *(
            (f"{words}, by the rate that was asked{'' if place else f': {MARKS}'}", chart)
            for place, (words, chart) in enumerate(latencies)
        ),
        (f"answers a second, by requests in flight{fitted}", capacity_charts.throughput_over_flying(view)),
    )
    demand = capacity_charts.demand_by_month(view)
    caption = (
        "demand of the busiest second, month by month, against the capacity; the mark is where it runs out"
    )
    return CapacitySection(
        view,
        slug("capacity", view.traffic),
        tuple(Figure(view.traffic, words, chart) for words, chart in pair if chart is not None),
        None if demand is None else Figure(view.traffic, caption, demand),
        tuple((level, _row(level)) for level in view.levels),
    )


def _row(level: LevelView) -> dict[str, str]:
    def told(value: float | None, words: str) -> str:
        return "–" if value is None or math.isnan(value) else words

    latencies = {
        name: told(level.latency.get(name), figures.seconds(level.latency.get(name, 0.0)))
        for name in ("p50", "p95", "p99")
    }
    return {
        "served": told(level.served, format_rate(level.served)),
        "in flight": told(level.flying, figures.number(level.flying)),
        **latencies,
        "errors": told(level.errors, figures.share(level.errors)),
        "requests": figures.count(level.n),
    }
