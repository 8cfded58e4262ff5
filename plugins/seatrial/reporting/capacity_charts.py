"""The charts of a search for capacity: latency over rate, throughput over concurrency, demand by month."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from seatrial.core.outcome import Outcome
from seatrial.core.units import format_rate
from seatrial.reporting import figures
from seatrial.reporting.capacity_view import CapacityView, DemandView, LevelView
from seatrial.reporting.columns import Floats
from seatrial.reporting.model import LimitView
from seatrial.reporting.plots import Canvas, mark, plot, rect, text, tone

_HEIGHT = 240.0
_DEMAND_HEIGHT = 260.0
_TOP = 54.0  # room for three rows of names
_QUANTILES = ("p50", "p90", "p95", "p99")
_WHOLE, _FIRST = "operation.duration", "time_to_first_chunk"
_WORDS = {_WHOLE: "how long answers took", _FIRST: "how long the first chunk took"}


def latencies_over_rate(view: CapacityView) -> list[tuple[str, Markup]]:
    """`latency_over_rate` of whole answers and of first chunks, as limits bind them, each with its words."""
    known = {limit.indicator for limit in view.limits}
    drawn = [each for each in _WORDS if each in known] or [_WHOLE]
    charts = ((_WORDS[each], latency_over_rate(view, each)) for each in drawn)
    return [(words, chart) for words, chart in charts if chart is not None]


def latency_over_rate(view: CapacityView, indicator: str = _WHOLE) -> Markup | None:
    """Latency at every level that was tried, with its limits, the interval, the knee and what is asked.

    Drawn are the median and the quantile that the strictest limit binds, so that a level lies beyond the
    limit where too many of its answers did. None where no level told a latency.
    """
    own = [limit for limit in view.limits if limit.indicator == indicator and limit.value > 0]
    names = _drawn(view, indicator, own)
    rows = [(level, told) for level in view.levels if (told := _latency(level, indicator, names))]
    if not rows:
        return None
    canvas = _log_canvas(view, [value for _, told in rows for value in told.values()], own)
    # Where this machine was the limit the target's curve is not known: such a level is but a mark.
    sound = [(level.rate, told) for level, told in rows if not level.bound]
    rates = np.array([rate for rate, _ in sound], dtype=np.float64)
    parts = [_interval(canvas, view), *_decades(canvas, own)]
    for name in names:
        seconds = np.array([told.get(name, math.nan) for _, told in sound], dtype=np.float64)
        parts.append(canvas.curve(rates, _log(seconds), "line" if name == names[-1] else "line thin"))
    parts += _curve_names(canvas, rows)
    for limit in own:
        y = math.log10(limit.value)
        parts += [
            canvas.level(y, "limit"),
            text(0, canvas.y(y) - 5, f"limit: {limit.statement}", "label"),
        ]
    parts += [*_named(canvas, view), _axis(canvas, "/s")]
    for level, told in rows:
        shown = told.get(names[-1], next(iter(told.values())))
        parts.append(
            mark(canvas.x(level.rate), canvas.y(math.log10(shown)), level.shape, tone(level.outcome))
        )
    return plot(_HEIGHT, f"{view.traffic}: {_WORDS[indicator]}, over rate", _levels_told(view, rows), parts)


def throughput_over_flying(view: CapacityView) -> Markup | None:
    """What was served over what was in flight, with the Universal Scalability Law; None below two levels."""
    sound = [each for each in view.levels if each.flying > 0 and each.served > 0]
    if len(sound) < 2:
        return None
    law = view.law
    flights = [math.log10(level.flying) for level in sound]
    high = max(level.served for level in sound) * 1.12
    # On a scale of powers: a level beyond capacity has many times more in flight than one below.
    # To the left there is room for the labels of the grid, before the law begins.
    wide = max(flights) - min(flights)
    canvas = Canvas(_HEIGHT, min(flights) - 0.12 * wide - 0.1, max(flights) + 0.15, 0.0, high, top=18.0)
    parts = _grid(canvas)
    told = [
        f"{level.served:.3g}/s served with {level.flying:.3g} in flight ({level.finding})" for level in sound
    ]
    if law is not None:
        powers = np.linspace(min(flights) - 0.05, canvas.right, 120)
        fitted = law.throughput(10.0**powers)
        parts.append(canvas.curve(powers, np.where(fitted <= high, fitted, np.nan), "line fit"))
        told += filter(None, (law_words(view), law.warning))
    parts += [
        mark(canvas.x(power), canvas.y(level.served), level.shape, tone(level.outcome))
        for power, level in zip(flights, sound, strict=True)
    ]
    parts.append(_power_axis(canvas))
    return plot(_HEIGHT, f"{view.traffic}: throughput over requests in flight", "; ".join(told), parts)


def demand_by_month(view: CapacityView) -> Markup | None:
    """Projected demand of every scenario against the capacity that was shown; None without a projection."""
    if not view.demand:
        return None
    months = view.demand[0].months
    ends = [end for end in (view.lower, view.upper) if end is not None]
    most = max(max(filter(math.isfinite, each.rates), default=0.0) for each in view.demand)
    high = min(most, 2.2 * max(ends)) if ends else most
    canvas = Canvas(_DEMAND_HEIGHT, 0.0, len(months) - 0.2, 0.0, max([high, *ends, 1e-9]) * 1.1, top=20.0)
    parts = [*_capacity_band(canvas, view), *_grid(canvas, skip=ends)]
    labels: list[tuple[float, float, str, str]] = []
    for place, each in enumerate(view.demand):
        rates = np.array(each.rates)
        shown = np.where(rates <= canvas.high, rates, np.nan)
        parts.append(canvas.curve(np.arange(len(rates), dtype=np.float64), shown, f"line s{place % 4}"))
        labels.append(_scenario_label(canvas, each, shown))
        parts += _crossing(canvas, each)
    parts += _spread_labels(canvas, labels)
    parts.append(_month_axis(canvas, months))
    told = "; ".join(f"{each.scenario}: {each.reason}" for each in view.demand)
    name = f"{view.traffic}: demand by month against capacity {view.interval}"
    return plot(_DEMAND_HEIGHT, name, told, parts)


def _drawn(view: CapacityView, indicator: str, limits: Sequence[LimitView]) -> tuple[str, ...]:
    """The median, and the quantile of the strictest limit; that of old journals is the p95."""
    shares = [limit.share for limit in limits if limit.share is not None]
    bound = f"p{100 - 100 * min(shares):g}" if shares else "p95"
    known = any(_latency(level, indicator, (bound,)) for level in view.levels)
    upper = bound if bound in _QUANTILES and known else "p95"
    return ("p50", upper) if upper != "p50" else ("p50",)


def _latency(level: LevelView, indicator: str, names: Sequence[str]) -> dict[str, float]:
    told = level.ttfc if indicator == _FIRST else level.latency
    return {name: told[name] for name in names if told.get(name, 0.0) > 0}


def _log(values: Floats) -> Floats:
    return np.log10(np.where(values > 0, values, np.nan))


def _log_canvas(view: CapacityView, seconds: Sequence[float], limits: Sequence[LimitView]) -> Canvas:
    every = [*seconds, *(limit.value for limit in limits if limit.value > 0)]
    rates = [level.rate for level in view.levels]
    known = [rate for rate in (view.at_least, view.upper) if rate is not None]
    low, high = math.log10(min(every)) - 0.12, math.log10(max(every)) + 0.12
    # Room to the right for the names of the curves.
    return Canvas(_HEIGHT, 0.0, max(rates + known) * 1.14, low, max(high, low + 0.6), top=_TOP)


def _decades(canvas: Canvas, limits: Sequence[LimitView]) -> list[str]:
    """Fine lines at 1, 2 and 5 of each power of ten, with few of them named."""
    wide = canvas.high - canvas.low > 2.4
    taken = [canvas.y(math.log10(limit.value)) for limit in limits]
    parts = []
    for power in range(math.floor(canvas.low), math.ceil(canvas.high) + 1):
        for factor in (1,) if wide else (1, 2, 5):
            value = power + math.log10(factor)
            free = all(abs(canvas.y(value) - other) > 16 for other in taken)
            if canvas.low < value < canvas.high and free:
                words = figures.seconds(factor * 10.0**power)
                parts.append(canvas.level(value, "axis"))
                parts.append(text(0, canvas.y(value) - 4, words, "label"))
    return parts


def _grid(canvas: Canvas, skip: Sequence[float] = ()) -> list[str]:
    parts = []
    for value in figures.ticks(canvas.high * 0.92, 4)[1:]:
        y = canvas.y(value)
        if all(abs(y - canvas.y(other)) > 16 for other in skip):
            parts += [canvas.level(value, "axis"), text(0, y - 4, format_rate(value), "label")]
    return parts


def _curve_names(canvas: Canvas, rows: Sequence[tuple[LevelView, dict[str, float]]]) -> list[str]:
    """Names of the quantiles behind the last level, a line apart."""
    level, told = rows[-1]
    at, above = canvas.x(level.rate), math.inf
    parts = []
    for name, seconds in told.items():
        above = min(canvas.y(math.log10(seconds)) + 4, above - 14)
        parts.append(text(at, above, name, "label", "start", 9))
    return parts


def _interval(canvas: Canvas, view: CapacityView) -> str:
    """Where the capacity lies: between the highest rate that held and the lowest that broke."""
    if view.lower is None or view.upper is None:
        return ""
    left, right = canvas.x(view.lower), canvas.x(view.upper)
    return rect(left, 4, max(right - left, 0.3), canvas.base - 4, "interval")


def _named(canvas: Canvas, view: CapacityView) -> list[str]:
    """Names of the uprights, a row each, so that none lies on another."""
    rows: list[tuple[float, str, str]] = []
    if view.lower is not None or view.upper is not None:
        end = view.lower if view.lower is not None else view.upper or 0.0
        rows.append((end, f"capacity {view.interval}", "divider"))
    if view.knee is not None:
        rows.append((view.knee, f"knee {format_rate(view.knee)}", "knee"))
    if view.at_least is not None:
        rows.append((view.at_least, f"asked {format_rate(view.at_least)}", "limit"))
    parts = []
    # The rightmost on top, with its name to the left: so no line crosses a name.
    for place, (value, words, kind) in enumerate(sorted(rows, reverse=True)):
        y, at = 11.0 + 15 * place, canvas.x(value)
        side = ("end", -6.0) if at > 34 else ("start", 6.0)
        strong = "label strong" if kind == "divider" else "label"
        parts += [canvas.upright(value, kind, y - 9), text(at, y, words, strong, *side)]
    return parts


def _axis(canvas: Canvas, unit: str) -> str:
    places = figures.ticks(canvas.right, 5)
    labels = [figures.number(place) for place in places]
    if len(labels) > 1:
        labels[-1] += unit
    return canvas.axis(places, labels)


def _power_axis(canvas: Canvas) -> str:
    """Requests in flight, at 1, 2 and 5 of each power of ten, or at the powers alone over a wide range."""
    factors = (1,) if canvas.right - canvas.left > 1.8 else (1, 2, 5)
    powers = range(math.floor(canvas.left), math.ceil(canvas.right) + 1)
    every = [power + math.log10(factor) for power in powers for factor in factors]
    places = [place for place in every if canvas.left <= place <= canvas.right]
    return canvas.axis(places, [figures.number(10.0**place) for place in places])


def _levels_told(view: CapacityView, rows: Sequence[tuple[LevelView, dict[str, float]]]) -> str:
    said = [
        f"{format_rate(level.rate)} {level.finding}: "
        + ", ".join(f"{name} {figures.seconds(value)}" for name, value in told.items())
        for level, told in rows
    ]
    knee = [] if view.knee is None else [f"knee at {format_rate(view.knee)}"]
    return "; ".join([f"capacity {view.interval}", *knee, *said])


def law_words(view: CapacityView) -> str:
    """The parameters of the law; empty without one. Why not to rely on it is told apart."""
    law = view.law
    if law is None:
        return ""
    most = "" if law.most is None else f", at most {format_rate(law.most)}"
    return f"γ {law.gamma:.3g}/s, σ {law.sigma:.3g}, κ {law.kappa:.3g}{most}"


def _capacity_band(canvas: Canvas, view: CapacityView) -> list[str]:
    """What was shown to hold, and what was shown to break, across all months."""
    parts = []
    if view.lower is not None and view.upper is not None:
        top = canvas.y(view.upper)
        parts.append(rect(0, top, 100, max(canvas.y(view.lower) - top, 1.0), "interval"))
    end = view.lower if view.lower is not None else view.upper
    if end is not None:
        y = canvas.y(end if view.upper is None else view.upper)
        parts += [canvas.level(end, "limit"), text(0, y - 5, f"capacity {view.interval}", "label strong")]
    return parts


def _crossing(canvas: Canvas, each: DemandView) -> list[str]:
    """The month in which the capacity runs out; in the first, it already has."""
    if each.runs_out not in each.months:
        return []
    place = each.months.index(each.runs_out)
    value = min(each.rates[place], canvas.high)
    shape = "cross" if each.outcome is Outcome.FAILED else "diamond"
    return [mark(canvas.x(place), canvas.y(value), shape, tone(each.outcome))]


def _scenario_label(canvas: Canvas, each: DemandView, shown: Floats) -> tuple[float, float, str, str]:
    """Where the name of a scenario stands: at the end of its line, with the month it runs out."""
    there = np.flatnonzero(np.isfinite(shown))
    last = int(there[-1]) if len(there) else 0
    value = float(shown[last]) if len(there) else canvas.high
    words = f"{each.scenario}, out {each.runs_out}" if each.runs_out else f"{each.scenario} lasts"
    return canvas.x(last), canvas.y(value), words, "label strong" if each.runs_out else "label"


def _spread_labels(canvas: Canvas, labels: Sequence[tuple[float, float, str, str]]) -> list[str]:
    """Names at least a line apart."""
    parts: list[str] = []
    taken: list[tuple[float, float]] = []
    for at, y, words, kind in sorted(labels, key=lambda label: label[1]):
        place = max(y - 8, 11.0)
        while any(abs(place - other) < 15 and abs(at - there) < 30 for there, other in taken):
            place += 15
        taken.append((at, place))
        anchor = "end" if at > 22 else "start"
        parts.append(text(at, min(place, canvas.base - 5), words, kind, anchor, -8 if anchor == "end" else 8))
    return parts


def _month_axis(canvas: Canvas, months: Sequence[str]) -> str:
    step = max(1, math.ceil(len(months) / 8))
    step = next((each for each in (1, 2, 3, 6, 12, 24) if each >= step), step)
    places = range(0, len(months), step)
    return canvas.axis([float(place) for place in places], [months[place] for place in places])
