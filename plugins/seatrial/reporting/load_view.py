"""What load showed: searches for capacity, steps of load, audits, trends over a soak.

Read from a journal of any origin: what is missing or strange is left out, and never stands in the way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seatrial.core.outcome import Outcome, aggregate
from seatrial.core.punctuality import Punctuality
from seatrial.core.units import format_rate
from seatrial.reporting import figures, loose
from seatrial.reporting.capacity_view import CapacityView, Limits, capacities, headline
from seatrial.reporting.model import Headline, ObjectiveView, TrafficView
from seatrial.reporting.soak_charts import SeriesView, series_of

Event = dict[str, Any]
_AUDITED = "audit: "  # how the names of an audit's traffics begin


@dataclass(frozen=True, slots=True)
class RulingView:
    """One question about behaviour under load, and what it came to.

    Attributes:
        name: what was asked; `about` says of what.
        item: the check that stands for it, empty where there is none.
        numbers: further figures as ``(name, value)``.
    """

    name: str
    about: str
    outcome: Outcome
    reason: str
    n: int
    item: str
    numbers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class TrendView:
    """One series of a soak: whether it drifts.

    Attributes:
        slope, lower, upper: change an hour, with its interval; None where it was not told.
        limit: what is allowed, over the horizon where there is one.
        unit: of all four.
        horizon: seconds that the limit is for.
        growth: change over the horizon, with its interval, as shares.
        series: what it was at every checkpoint, None where there are hardly any.
    """

    name: str
    traffic: str
    slope: float | None
    lower: float | None
    upper: float | None
    limit: float | None
    unit: str
    outcome: Outcome
    reason: str
    horizon: float | None = None
    growth: tuple[float, float, float] | None = None
    series: SeriesView | None = None


@dataclass(frozen=True, slots=True)
class LoadView:
    """Everything that load showed.

    Attributes:
        flowed: names of the traffics that were sent under their own name.
        collected: names of the objectives that checks were collected for.
    """

    capacities: tuple[CapacityView, ...]
    steps: tuple[RulingView, ...]
    audits: tuple[RulingView, ...]
    trends: tuple[TrendView, ...]
    flowed: frozenset[str] = frozenset()
    collected: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.capacities or self.steps or self.audits or self.trends)

    def level_of(self, traffic: str) -> str | None:
        """The search that *traffic* is a level of, None where it stands for itself."""
        search, at, _ = traffic.rpartition("@")
        return search if at and search in {each.traffic for each in self.capacities} else None

    def tells(self, traffic: TrafficView) -> bool:
        """Whether a traffic has no section of its own: levels, soaks and audits are told by their tables."""
        soaked = bool(self.trends) and not len(traffic.columns)
        audited = bool(self.audits) and traffic.name.startswith(_AUDITED)
        return soaked or audited or self.level_of(traffic.name) is not None

    @property
    def items(self) -> frozenset[str]:
        """Checks that are told here, with their figures."""
        return frozenset(each.item for each in self.audits if each.item)

    def answers(self, objective: ObjectiveView) -> bool:
        """Whether an objective is no question here: its traffic was searched or soaked, and nothing else."""
        other = {each.traffic for each in self.capacities} | {each.traffic for each in self.trends}
        asked = objective.name in self.collected or objective.traffic in self.flowed
        return objective.verdict is None and objective.traffic in other and not asked

    @property
    def alone(self) -> str:
        """What a run was that judged nothing else: ``search for capacity`` or ``soak``; empty for neither."""
        return "search for capacity" if self.capacities else "soak" if self.trends else ""

    @property
    def worst(self) -> Outcome:
        """What searches and soaks came to."""
        return aggregate(each for each in self._outcomes() if each is not Outcome.NOT_APPLICABLE)

    def _outcomes(self) -> Iterable[Outcome]:
        yield from (each.worst for each in self.capacities)
        yield from (each.outcome for each in self.trends)

    def headline(self, finished: bool, otherwise: Headline) -> Headline:
        """The sentence over a run that was nothing but a search or a soak."""
        if self.capacities:
            return headline(self.capacities[0], finished, otherwise)
        if not finished or not self.trends:
            return otherwise
        lead = {Outcome.PASSED: "Steady.", Outcome.FAILED: "It drifts."}.get(self.worst, "Not proven.")
        names = [each.name for each in self.trends if each.outcome is self.worst]
        verb = {Outcome.PASSED: "within what is allowed", Outcome.FAILED: "beyond what is allowed"}
        why = f"{figures.listed(names)}: {verb.get(self.worst, 'not shown to stay within what is allowed')}."
        return Headline(lead, loose.capital(why) + ".", otherwise.standfirst)


def load_view(events: Sequence[Event], limits: Limits = lambda traffic: ()) -> LoadView:
    """What load showed.

    Args:
        events: those of a journal, already cleaned.
        limits: the limits that bind a traffic.
    """
    return LoadView(
        tuple(capacities(events, limits)),
        tuple(ruling for event in events if event["event"] == "scaling" for ruling in _steps(event)),
        tuple(_audit(event) for event in events if event["event"] == "audit"),
        tuple(trend for event in events if event["event"] == "soak" for trend in _trends(event, events)),
        frozenset(loose.line(event.get("name"), 80) for event in events if event["event"] == "traffic"),
        frozenset(
            str(item.get("objective"))
            for event in events
            if event["event"] == "collected"
            for item in loose.records(event.get("items"))
        ),
    )


def punctuality(events: Iterable[Event]) -> dict[str, Punctuality]:
    """How punctual the generator was, by traffic: the last word on each."""
    return {
        loose.line(event.get("traffic"), 80): Punctuality(
            **{key: loose.number(event.get(key)) for key in ("p50", "p99", "loop_p99")},
            lost=loose.line(event.get("lost")),
        )
        for event in events
        if event["event"] == "generator"
    }


def _steps(event: Event) -> Iterable[RulingView]:
    name = loose.line(event.get("traffic"), 80)
    rates = [loose.finite(event.get(key)) for key in ("rate", "peak")]
    about = " to ".join(format_rate(rate) for rate in rates if rate is not None)
    both = (("the objectives hold again", event), ("it scales back", event.get("back")))
    for question, told in both:
        if isinstance(told, dict):
            outcome, reason = loose.outcome(told.get("outcome")), loose.line(told.get("reason"))
            yield RulingView(f"{name}: {question}", about, outcome, reason, 0, "", ())


def _audit(event: Event) -> RulingView:
    numbers = event.get("numbers")
    return RulingView(
        loose.line(event.get("name"), 60) or "audit",
        loose.line(event.get("target"), 80),
        loose.outcome(event.get("outcome")),
        loose.line(event.get("reason"), 800),
        loose.whole(event.get("n")),
        loose.line(event.get("item")),
        tuple(_figures(numbers)) if isinstance(numbers, dict) else (),
    )


def _figures(numbers: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Numbers by name; where there are both ends of an interval, those are one."""
    rest = dict(numbers)
    if loose.is_number(rest.get("lower")) and loose.is_number(rest.get("upper")):
        rest = {"interval": [rest.pop("lower"), rest.pop("upper")], **rest}
    for name, value in list(rest.items())[:12]:
        if isinstance(value, list) and 0 < len(value) <= 3 and all(map(loose.is_number, value)):
            yield loose.line(name, 40), " … ".join(f"{each:.4g}" for each in value)
        elif loose.is_number(value):
            yield loose.line(name, 40), f"{value:,}" if isinstance(value, int) else f"{value:.4g}"
        elif isinstance(value, str) and value:
            yield loose.line(name, 40), loose.line(value, 80)


def _trends(event: Event, events: Sequence[Event]) -> Iterable[TrendView]:
    """Every series of a soak: a list of them, or the event itself as the only one."""
    several = loose.records(event.get("trends")) or loose.records(event.get("findings")) or [event]
    traffic = loose.line(event.get("traffic"), 80)
    for told in several:
        name = loose.line(told.get("name") or told.get("series"), 80) or "soak"
        yield TrendView(
            name,
            traffic,
            slope=loose.finite(told.get("slope")),
            lower=loose.finite(told.get("lower")),
            upper=loose.finite(told.get("upper")),
            limit=loose.finite(told.get("limit")),
            unit=loose.line(told.get("unit"), 20),
            outcome=loose.outcome(told.get("outcome")),
            reason=loose.line(told.get("reason"), 600),
            horizon=loose.finite(told.get("horizon")),
            growth=_growth(told.get("growth")),
            series=series_of(events, traffic, name),
        )


def _growth(told: Any) -> tuple[float, float, float] | None:
    """Estimate, lower and upper end; None where one of them is missing."""
    found = loose.sequence(told)
    if len(found) != 3 or not all(map(loose.is_number, found)):
        return None
    return float(found[0]), float(found[1]), float(found[2])
