"""What a search for capacity showed: its levels, the law through them, demand against it.

Read from a journal of any origin: what is missing or strange is left out, and never stands in the way.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seatrial.core.outcome import Outcome, aggregate
from seatrial.core.units import format_rate
from seatrial.reporting import loose
from seatrial.reporting.columns import Floats
from seatrial.reporting.model import Headline, LimitView

Event = dict[str, Any]
Limits = Callable[[str], Sequence[LimitView]]
BOUND = "bound by the generator"


@dataclass(frozen=True, slots=True)
class LevelView:
    """One rate that was tried.

    Attributes:
        rate: requests a second that were to be sent.
        finding: what it showed, in the words of the search.
        bound: whether this machine was the limit, and not the target.
        n: requests that count as evidence.
        served, flying: requests answered a second, and mean requests in flight; NaN where unknown.
        latency, ttfc: seconds by quantile (``p50``, ``p95``, ``p99``), and the mean of the latency.
        errors: share without a whole answer.
    """

    rate: float
    finding: str
    outcome: Outcome
    bound: bool
    reason: str
    n: int
    served: float
    flying: float
    latency: Mapping[str, float]
    ttfc: Mapping[str, float]
    errors: float

    @property
    def shape(self) -> str:
        """The mark that tells it apart without colour."""
        if self.bound:
            return "square"
        return {Outcome.PASSED: "disc", Outcome.FAILED: "cross"}.get(self.outcome, "diamond")

    @property
    def sign(self) -> str:
        """The same mark as a character."""
        return {"square": "□", "disc": "●", "cross": "✕", "diamond": "◇"}[self.shape]


@dataclass(frozen=True, slots=True)
class LawView:
    """The Universal Scalability Law through the levels (Gunther, 2007).

    Attributes:
        gamma: requests a second that a single one in flight gets.
        sigma, kappa: contention and coherency.
        most: the highest throughput there is by it, None where there is no end.
        warning: why it should not be relied on.
    """

    gamma: float
    sigma: float
    kappa: float
    most: float | None
    warning: str

    def throughput(self, flying: Floats) -> Floats:
        """Requests a second with so many in flight."""
        others = np.maximum(flying - 1.0, 0.0)
        return np.asarray(self.gamma * flying / (1.0 + self.sigma * others + self.kappa * flying * others))


@dataclass(frozen=True, slots=True)
class DemandView:
    """One scenario of projected demand: the busiest second of each month."""

    scenario: str
    months: tuple[str, ...]
    rates: tuple[float, ...]
    runs_out: str | None
    breaks: str | None
    lasts: int | None
    outcome: Outcome
    reason: str


@dataclass(frozen=True, slots=True)
class CapacityView:
    """One search for capacity.

    Attributes:
        ended: false where it was cut off.
        limits: those that bind the traffic.
    """

    traffic: str
    lower: float | None
    upper: float | None
    at_least: float | None
    knee: float | None
    outcome: Outcome
    reason: str
    ended: bool
    levels: tuple[LevelView, ...]
    law: LawView | None
    demand: tuple[DemandView, ...]
    limits: tuple[LimitView, ...] = ()

    @property
    def worst(self) -> Outcome:
        """What it came to, the demand that it must meet taken in."""
        return aggregate([self.outcome, *(each.outcome for each in self.demand)])

    @property
    def interval(self) -> str:
        """``57/s … 60/s``; an end that was not found is told in words."""
        if self.lower is None and self.upper is None:
            return "not found"
        if self.upper is None:
            return f"at least {format_rate(self.lower or 0.0)}"
        below = f"below {format_rate(self.upper)}"
        return below if self.lower is None else f"{format_rate(self.lower)} … {format_rate(self.upper)}"


def headline(found: CapacityView, finished: bool, otherwise: Headline) -> Headline:
    """The sentence over a run that was nothing but a search for capacity."""
    if not finished or not found.ended or found.outcome is Outcome.ERROR:
        return otherwise
    worst = found.worst
    lead = {
        Outcome.PASSED: "Sustained.",
        Outcome.WARNED: "Sustained, roughly.",
        Outcome.FAILED: "Not enough.",
    }.get(worst, "Not proven.")
    asked = "" if found.at_least is None else f"; {format_rate(found.at_least)} is asked"
    short = next(
        (each for each in found.demand if each.outcome is worst and worst is not found.outcome), None
    )
    out = f"; {short.scenario} demand outgrows it in {short.runs_out}" if short and short.runs_out else ""
    why = f"Capacity of {found.traffic}: {found.interval}{asked}{out}."
    return Headline(lead, why, otherwise.standfirst)


def capacities(events: Sequence[Event], limits: Limits) -> Iterable[CapacityView]:
    """The searches of a journal, also those that were cut off; *limits* tells the limits of a traffic."""
    searches: dict[str, list[LevelView]] = {}
    found: dict[str, Event] = {}
    for event in events:
        if event["event"] == "level" and (level := _level(event)) is not None:
            searches.setdefault(loose.line(event.get("search"), 80), []).append(level)
        elif event["event"] == "capacity":
            found[loose.line(event.get("traffic"), 80)] = event
    for name in dict.fromkeys([*found, *searches]):
        yield _capacity(name, found.get(name), searches.get(name, []), tuple(limits(name)))


def _capacity(
    name: str, event: Event | None, levels: list[LevelView], limits: tuple[LimitView, ...]
) -> CapacityView:
    told = event or {}
    # A search that was cut off knows what its levels have shown up to then.
    held = max((level.rate for level in levels if level.shape == "disc"), default=None)
    broke = min((level.rate for level in levels if level.shape == "cross"), default=None)
    return CapacityView(
        traffic=name,
        lower=loose.finite(told.get("lower")) if event else held,
        upper=loose.finite(told.get("upper")) if event else broke,
        at_least=loose.finite(told.get("at_least")),
        knee=loose.finite(told.get("knee")),
        outcome=loose.outcome(told.get("outcome")),
        reason=loose.line(told.get("reason"), 800) or "the run was cut off before the search was over",
        ended=event is not None,
        levels=tuple(sorted(levels, key=lambda level: level.rate)),
        law=_law(told.get("usl")),
        demand=tuple(each for raw in loose.records(told.get("demand")) if (each := _demand(raw)) is not None),
        limits=limits,
    )


def _level(event: Event) -> LevelView | None:
    rate = loose.finite(event.get("rate"))
    if rate is None:
        return None
    finding = loose.line(event.get("finding"), 60)
    return LevelView(
        rate=rate,
        finding=finding,
        outcome=loose.outcome(event.get("outcome")),
        bound=finding == BOUND,
        reason=loose.line(event.get("reason"), 600),
        n=loose.whole(event.get("n")),
        served=_number(event.get("served")),
        flying=_number(event.get("in_flight")),
        latency=_quantiles(event.get("latency")),
        ttfc=_quantiles(event.get("ttfc")),
        errors=_number(event.get("errors")),
    )


def _law(told: Any) -> LawView | None:
    if not isinstance(told, dict):
        return None
    gamma, sigma, kappa = (_number(told.get(name)) for name in ("gamma", "sigma", "kappa"))
    if not (gamma > 0 and sigma >= 0 and kappa >= 0):
        return None
    return LawView(gamma, sigma, kappa, loose.finite(told.get("most")), loose.line(told.get("warning")))


def _demand(told: Event) -> DemandView | None:
    months = [loose.line(month, 7) for month in loose.sequence(told.get("months"))]
    rates = [_number(rate) for rate in loose.sequence(told.get("rates"))]
    if not months or len(months) != len(rates):
        return None
    lasts = loose.finite(told.get("lasts"))
    return DemandView(
        loose.line(told.get("scenario"), 40) or "base",
        tuple(months),
        tuple(rates),
        loose.line(told.get("runs_out"), 7) or None,
        loose.line(told.get("breaks"), 7) or None,
        None if lasts is None else int(lasts),
        loose.outcome(told.get("outcome")),
        loose.line(told.get("reason")),
    )


def _quantiles(told: Any) -> dict[str, float]:
    pairs = told.items() if isinstance(told, dict) else ()
    return {loose.line(name, 8): float(value) for name, value in pairs if loose.is_number(value)}


def _number(value: Any) -> float:
    return float(value) if loose.is_number(value) else math.nan
