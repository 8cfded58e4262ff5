"""Capacity: the highest rate at which every objective of a traffic holds, with an interval.

The search is adaptive, so each level is held to α and β divided by the most levels it may take (Bonferroni):
the whole interval is wrong with a chance of no more than what the policy accepts. A rate holds where every
objective does, and answers keep up with arrivals to within the precision of the search.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from seatrial.core.errors import UsageError
from seatrial.core.outcome import Outcome
from seatrial.core.risk import Risk
from seatrial.core.units import format_money, format_rate, format_share
from seatrial.load.demand import Projection, project
from seatrial.load.level import Level
from seatrial.load.levels import Levels, objectives
from seatrial.load.scalability import Law, fit, knee
from seatrial.load.search import Finding, Search
from seatrial.policy.capacity import CapacitySpec
from seatrial.targets.config import TargetConfig

if TYPE_CHECKING:
    from seatrial.policy.loader import LoadedPolicy


@dataclass(frozen=True, slots=True)
class Capacity:
    """What a search found.

    Attributes:
        traffic: its name.
        lower: highest rate shown to hold, requests a second.
        upper: lowest rate shown to break.
        at_least: what is demanded.
        outcome, reason: PASSED where the interval was found, and is where the policy wants it; WARNED where
            it is wider than the policy wants.
        levels: in the order of the search.
        knee: the rate beyond which latency grows faster than throughput.
        law: the Universal Scalability Law through the levels, where there are enough.
        demand: a projection a scenario.
    """

    traffic: str
    lower: float | None
    upper: float | None
    at_least: float | None
    outcome: Outcome
    reason: str
    levels: tuple[Level, ...]
    knee: float | None
    law: Law | None
    demand: tuple[Projection, ...]

    @property
    def exchanges(self) -> int:
        """Requests that were judged, on all levels."""
        return sum(level.n for level in self.levels)

    @property
    def interval(self) -> str:
        """The interval for people: ``57/s … 60/s``."""
        lower = "–" if self.lower is None else format_rate(self.lower)
        return f"{lower} … {'–' if self.upper is None else format_rate(self.upper)}"

    def to_dict(self) -> dict[str, Any]:
        """For the journal; the levels have events of their own."""
        return {
            "traffic": self.traffic,
            "lower": self.lower,
            "upper": self.upper,
            "at_least": self.at_least,
            "outcome": self.outcome.value,
            "reason": self.reason,
            "knee": self.knee,
            "usl": None if self.law is None else self.law.to_dict(),
            "demand": [projection.to_dict() for projection in self.demand],
            "levels": [
                {"number": level.number, "rate": level.rate, "outcome": level.outcome.value}
                for level in self.levels
            ],
        }


def traffic_of(loaded: LoadedPolicy, named: str | None) -> str:
    """The traffic that a search or a step is about: the named one, or the only one.

    Raises:
        UsageError: there is none, there are several, or it has no objective.
    """
    names = [spec.name for spec in loaded.spec.traffic]
    if named is None and len(names) != 1:
        raise UsageError(
            f"the policy has {len(names)} traffics, and none is named",
            where=loaded.source,
            hint=f"name one with --traffic: {', '.join(names)}"
            if names
            else "describe one under spec.traffic",
        )
    name = loaded.traffic(named or names[0]).name
    if not objectives(loaded, name):
        raise UsageError(
            f"traffic {name!r} has no objective that could hold or break at a rate",
            where=loaded.source,
            hint="add one under spec.objectives, on latency or availability",
        )
    return name


def measure(
    loaded: LoadedPolicy,
    configs: Mapping[str, TargetConfig],
    spec: CapacitySpec,
    *,
    seed: int,
    month: str,
    record: Callable[..., None],
    tell: Callable[[Level], None] = lambda level: None,
) -> Capacity:
    """Search for the capacity of one traffic.

    Args:
        loaded: the policy.
        configs: its targets, by name.
        spec: what to search for.
        seed: of the run.
        month: of the run, such as ``2026-11``, for the demand.
        record: writes an event to the journal.
        tell: told every level at its end.

    Raises:
        UsageError: the traffic cannot be told, or its prompts cannot be read.
        HarnessError: this machine could not send.
    """
    name = traffic_of(loaded, spec.traffic)
    search = Search(spec.from_, spec.to, spec.precision)
    levels = _levels(loaded, configs, spec, name, search, seed, record)
    found = _climbed(loaded, spec, name, search, levels, record, tell)
    outcome, reason = _judged(spec, search, found)
    upwards = sorted(_sound(found), key=lambda level: level.rate)
    rates = [(level.rate, level.served, level.latency.get("mean", float("nan"))) for level in upwards]
    place = knee([served for _, served, _ in rates], [seconds for _, _, seconds in rates])
    tokens = [level.tokens for level in found if level.tokens is not None]
    mean_tokens = float(np.mean(tokens)) if tokens else None
    ends = search.holds, search.breaks
    capacity = Capacity(
        name,
        *ends,
        spec.at_least,
        outcome,
        reason,
        tuple(found),
        None if place is None else rates[place][0],
        fit([level.in_flight for level in _sound(found)], [level.served for level in _sound(found)]),
        tuple(project(spec.demand, month, *ends, mean_tokens)) if spec.demand else (),
    )
    record("capacity", **capacity.to_dict())
    return capacity


def _levels(
    loaded: LoadedPolicy,
    configs: Mapping[str, TargetConfig],
    spec: CapacitySpec,
    name: str,
    search: Search,
    seed: int,
    record: Callable[..., None],
) -> Levels:
    risk = divided(loaded.risk, search.levels, len(objectives(loaded, name)))
    return Levels(
        loaded, configs, name, spec.level, risk=risk, tolerance=spec.precision, seed=seed, record=record
    )


def divided(risk: Risk, levels: int, held: int) -> Risk:
    """The chances of error at one of so many levels: any of *held* objectives may fail it, all must pass."""
    return replace(
        risk,
        confidence=1.0 - (1.0 - risk.confidence) / levels,
        power=1.0 - (1.0 - risk.power) / (levels * held),
    )


def _climbed(
    loaded: LoadedPolicy,
    spec: CapacitySpec,
    name: str,
    search: Search,
    levels: Levels,
    record: Callable[..., None],
    tell: Callable[[Level], None],
) -> list[Level]:
    budget = loaded.traffic(name).budget.cost
    found: list[Level] = []
    while (rate := search.next()) is not None:
        spent = sum(level.cost for level in found)
        left = None if budget is None else budget.amount - spent
        if left is not None and left <= 0:
            break
        if found:
            time.sleep(spec.level.pause)
        level = levels.run(float(f"{rate:.4g}"), left)
        found.append(level)
        search.took(level.rate, level.finding)
        record("level", search=name, **level.to_dict())
        tell(level)
    return found


def _sound(levels: list[Level]) -> list[Level]:
    """Levels on which this machine was not the limit."""
    return [level for level in levels if level.finding is not Finding.BOUND]


def _judged(spec: CapacitySpec, search: Search, levels: list[Level]) -> tuple[Outcome, str]:
    holds, breaks = search.holds, search.breaks
    found = _told(spec, search, levels)
    if spec.at_least is not None:
        wanted = f"{format_rate(spec.at_least)} must be shown to hold"
        if holds is not None and holds >= spec.at_least:
            return Outcome.PASSED, f"{found}; {wanted}"
        if breaks is not None and breaks <= spec.at_least:
            return Outcome.FAILED, f"{found}; {wanted}"
        return Outcome.INCONCLUSIVE, f"{found}; {wanted}"
    if holds is None and breaks is not None and breaks <= spec.from_:
        return Outcome.FAILED, found
    if holds is None or (breaks is None and holds < spec.to):
        return Outcome.INCONCLUSIVE, found
    return (Outcome.WARNED if _wide(spec, search) else Outcome.PASSED), found


def _wide(spec: CapacitySpec, search: Search) -> bool:
    """Whether the ends lie further apart than was wanted."""
    return (
        search.holds is not None
        and search.breaks is not None
        and search.breaks / search.holds - 1 > 1.05 * spec.precision
    )


def _told(spec: CapacitySpec, search: Search, levels: list[Level]) -> str:
    holds, breaks = search.holds, search.breaks
    reasons = {level.rate: level.reason for level in levels}
    told = "nothing was shown to hold" if holds is None else f"{format_rate(holds)} holds"
    if breaks is not None:
        told += f", {format_rate(breaks)} breaks ({reasons[breaks]})"
    elif search.bound is not None:
        told += f"; the generator was the limit at {format_rate(search.bound)} ({reasons[search.bound]})"
    elif holds is not None and holds >= spec.to:
        told += ", and nothing beyond was tried"
    elif levels:
        told += f"; not decided: {levels[-1].reason}"
    else:
        told += "; the budget leaves nothing to try"
    if holds is not None and breaks is not None and _wide(spec, search):
        told += (
            f"; the interval is {format_share(round(breaks / holds - 1, 2))} wide where"
            f" {format_share(spec.precision)} was wanted: what lies between was not decided within a level"
        )
    return told


def spent(capacity: Capacity) -> str:
    """Requests and money of the search, for people."""
    cost = sum(level.cost for level in capacity.levels)
    return f"{capacity.exchanges:,} requests" + (f", {format_money(cost)}" if cost else "")
