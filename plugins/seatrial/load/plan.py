"""What a policy is going to need: requests, minutes and dollars, told before any is spent.

Each figure is a span. It begins with a system without a single bad event, which nothing can prove sooner;
then comes one with half of the bad events that each limit allows. One that is closer to its limit needs more,
up to what the policy's own limits leave it. Time and money rest on assumptions that stand with the figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from seatrial.core.errors import UsageError
from seatrial.core.objective import Objective
from seatrial.core.trials import shared
from seatrial.core.units import format_duration, format_money
from seatrial.load.assumed import answer_of, output_of, pace_of, price_of, recorded
from seatrial.load.plan_load import Part, load_parts

if TYPE_CHECKING:
    from seatrial.core.risk import Risk
    from seatrial.policy.loader import LoadedPolicy
    from seatrial.policy.traffic import TrafficSpec


class NothingToPlan(UsageError):
    """A policy that sends no traffic."""


class Span(NamedTuple):
    """What is needed at best, by a system with half of the bad events that each limit allows, and at most.

    At most is what the policy's own limits leave: less than expected where a budget will not do.
    """

    least: float
    expected: float
    most: float

    def __add__(self, other: object) -> Span:
        assert isinstance(other, Span)
        return Span(*(one + two for one, two in zip(self, other, strict=True)))

    def times(self, factor: float) -> Span:
        """Each figure *factor* times."""
        return Span(*(figure * factor for figure in self))


_NOTHING = Span(0, 0, 0)


@dataclass(frozen=True, slots=True)
class TrafficPlan:
    """What one traffic is expected to need.

    Attributes:
        traffic: its name.
        pattern: how its requests leave, in words.
        requests: until its last objective is decided, the warm-up among them.
        seconds: at the assumed length of an answer.
        usd: by the target's prices, None where the policy names none.
        deciding: the objective that needs most.
        never: what of the budget cannot suffice, in words: no system whatever would pass.
        maybe: what of the budget may not suffice, and when it would.
        answer: seconds an answer is assumed to take.
        output: tokens an answer is assumed to have.
    """

    traffic: str
    pattern: str
    requests: Span
    seconds: Span
    usd: Span | None
    deciding: str
    never: tuple[str, ...]
    maybe: tuple[str, ...]
    answer: float
    output: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What a policy is expected to need: its traffics, and what the suite `load` measures beside them.

    How far a search goes is not known beforehand: it is among what is needed at most, and nowhere else.
    """

    traffics: tuple[TrafficPlan, ...]
    parts: tuple[Part, ...] = ()

    @property
    def requests(self) -> Span:
        parts = [(each, each.requests) for each in self._certified]
        return _sum([each.requests for each in self.traffics], parts)

    @property
    def minutes(self) -> Span:
        parts = [(each, each.seconds) for each in self._certified]
        return _sum([each.seconds for each in self.traffics], parts).times(1 / 60)

    @property
    def usd(self) -> Span | None:
        """None where no target has prices."""
        priced = [each.usd for each in self.traffics if each.usd is not None]
        parts = [(each, each.usd) for each in self._certified if each.usd is not None]
        return _sum(priced, parts) if priced or parts else None

    @property
    def _certified(self) -> list[Part]:
        """What `seatrial certify` measures: all but what has a command of its own."""
        return [part for part in self.parts if not part.alone]


def _sum(spans: Sequence[Span], parts: Sequence[tuple[Part, float]]) -> Span:
    known = (Span(most if part.exact else 0, most if part.exact else 0, most) for part, most in parts)
    return sum((*spans, *known), _NOTHING)


def plan_policy(loaded: LoadedPolicy, answer: float | None = None) -> Plan:
    """What *loaded* is expected to need.

    Args:
        loaded: the policy.
        answer: seconds an answer takes on average; by default half of the strictest limit on
            ``operation.duration`` of each traffic, or 1 s.

    Raises:
        NothingToPlan: no objective has a traffic, and no suite measures anything else.
        UsageError: the prompts of a traffic cannot be read.
    """
    plans = []
    for traffic in loaded.spec.traffic:
        own = [objective for objective in loaded.objectives() if objective.traffic == traffic.name]
        if own:
            plans.append(_plan(loaded, traffic, own, answer_of(own) if answer is None else answer))
    plans += _scenarios(loaded, answer)
    plan = Plan(tuple(plans), load_parts(loaded, answer))
    if not plan.traffics and not plan.parts:
        raise NothingToPlan(
            "no objective of this policy has a traffic: there is nothing to plan",
            where=loaded.source,
            hint="add objectives under spec.objectives, each with its traffic",
        )
    return plan


def _scenarios(loaded: LoadedPolicy, answer: float | None) -> list[TrafficPlan]:
    """What must hold under a fault takes traffic of its own; the way there and back is not counted."""
    plans = []
    for scenario in loaded.spec.resilience:
        traffic = loaded.traffic(scenario.traffic or loaded.spec.traffic[0].name)
        own = [
            criterion.objective(f"{scenario.title}/{label}", traffic.name)
            for label, criterion in zip(scenario.labels(), scenario.during, strict=True)
        ]
        if own:
            under = traffic.model_copy(
                update={
                    "name": f"{traffic.name}@{scenario.title}",
                    "warmup": 0,
                    "concurrency": scenario.concurrency or traffic.concurrency,
                    "budget": scenario.budget or traffic.budget,
                }
            )
            takes = answer_of(own) if answer is None else answer
            plans.append(_plan(loaded, under, own, takes, scenario.risk(loaded.risk)))
    return plans


def _plan(
    loaded: LoadedPolicy,
    traffic: TrafficSpec,
    objectives: Sequence[Objective],
    answer: float,
    risk: Risk | None = None,
) -> TrafficPlan:
    risk = loaded.risk if risk is None else risk
    recording = recorded(loaded, traffic)
    pace, output = pace_of(traffic, answer, recording), output_of(traffic, recording)
    each = price_of(loaded, traffic, output, recording)
    most = _budgeted(traffic, pace, each)
    most = most if recording is None else min(most, max(len(recording) - traffic.warmup, 0))
    needs = {objective.name: _requests(risk, traffic, objective, pace, most) for objective in objectives}
    deciding = max(needs, key=lambda name: needs[name].expected)
    need = Span(max(each.least for each in needs.values()), needs[deciding].expected, needs[deciding].most)
    requests = need + Span(*[traffic.warmup] * 3)
    sending = Span(*(max(count / pace, risk.min_duration) for count in requests))
    sending = sending._replace(most=_longest(traffic, pace, sending.most))
    pauses = risk.pause * (risk.segments - 1)
    usd = None if each is None else requests.times(each)
    if usd is not None and traffic.budget.cost is not None:
        usd = usd._replace(most=min(usd.most, traffic.budget.cost.amount))
    never, maybe = _limits(traffic, need, sending, usd)
    if recording is not None and requests.least > len(recording):
        never = (
            *never,
            f"{requests.least:,.0f} requests are needed at best, the trace has {len(recording):,}",
        )
    return TrafficPlan(
        traffic=traffic.name,
        pattern=traffic.pattern,
        requests=requests,
        seconds=sending + Span(*[pauses] * 3),
        usd=usd,
        deciding=deciding,
        never=never,
        maybe=maybe,
        answer=answer,
        output=output,
    )


def _budgeted(traffic: TrafficSpec, pace: float, each: float | None) -> float:
    """The requests that a traffic's own limits leave; where they count none, at an assumed pace or price."""
    budget = traffic.budget
    spans = [span for span in (budget.duration, traffic.duration) if span is not None]
    sure = [] if budget.requests is None else [float(budget.requests)]
    sure += [pace * min(spans)] if spans and _scheduled(traffic) else []
    guessed = [pace * span for span in spans]
    guessed += [] if budget.cost is None or not each else [budget.cost.amount / each]
    return min(sure or guessed, default=0.0)


def _longest(traffic: TrafficSpec, pace: float, seconds: float) -> float:
    """The seconds of sending that a traffic's own limits leave; *seconds* where they bound no time."""
    spans = [span for span in (traffic.budget.duration, traffic.duration) if span is not None]
    if not spans:
        return seconds
    longest = min(spans) + traffic.warmup / pace
    # A schedule is over when its last request has left; a closed loop is as slow as the answers are.
    return min(longest, seconds) if _scheduled(traffic) else longest


def _scheduled(traffic: TrafficSpec) -> bool:
    return traffic.arrivals is not None and traffic.arrivals.scheduled


def _requests(risk: Risk, traffic: TrafficSpec, objective: Objective, pace: float, most: float) -> Span:
    from seatrial.core.evidence.plan import expected_requests

    if objective.limit == 0:
        # A share of zero cannot be proven: such an objective takes what the budget gives.
        return Span(most, most, most)
    events, block = objective.sli.events, sum(tenant.weight for tenant in traffic.tenants)
    each = {"slices": objective.slice * pace, "tenants": float(block)}.get(events, 1.0)
    each = float(objective.samples) if events == "queries" else each
    levels = (objective.limit, risk.confidence, risk.power, shared(risk.deff, each))
    return Span(each * expected_requests(*levels, zero=True), each * expected_requests(*levels), most)


def _too_short(traffic: TrafficSpec, duration: float, requests: Span) -> str:
    """Why a budget of time may not suffice."""
    if _scheduled(traffic):
        return f"{format_duration(duration)} suffice only for more arrivals or fewer bad events than that"
    think = (traffic.arrivals.think_time or 0.0) if traffic.arrivals is not None else 0.0
    quick = duration * (traffic.in_flight or 1) / requests.least - think
    if quick <= 0:
        return f"{format_duration(duration)} suffice only for more users, or for users who think less"
    return (
        f"{format_duration(duration)} suffice only where an answer takes less than {format_duration(quick)}"
    )


def _limits(
    traffic: TrafficSpec, requests: Span, sending: Span, usd: Span | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What of the budget cannot suffice; and what may not: time and money rest on a guess."""
    budget = traffic.budget
    never: list[str] = []
    maybe: list[str] = []
    if budget.requests is not None and requests.least > budget.requests:
        never.append(f"{requests.least:,.0f} requests are needed at best, the budget is {budget.requests:,}")
    elif budget.requests is not None and requests.expected > budget.requests:
        maybe.append(
            f"{budget.requests:,} requests suffice only for a system with fewer bad events than that"
        )
    if budget.duration is not None and sending.expected > budget.duration:
        maybe.append(_too_short(traffic, budget.duration, requests))
    if budget.cost is not None and usd is not None and usd.expected > budget.cost.amount:
        maybe.append(f"{format_money(budget.cost)} suffice only for shorter answers or fewer bad events")
    return tuple(never), tuple(maybe)


def facts(loaded: LoadedPolicy) -> dict[str, Any]:
    """What the policy is expected to need, for the journal: at best, for an ordinary good system, at most."""
    try:
        expected = plan_policy(loaded)
    except NothingToPlan:
        return {"requests": 0, "minutes": 0.0, "usd": None}
    usd = expected.usd
    return {
        "requests": round(expected.requests.expected),
        "requests_at_least": round(expected.requests.least),
        "requests_at_most": round(expected.requests.most),
        "minutes": round(expected.minutes.expected, 2),
        "minutes_at_most": round(expected.minutes.most, 2),
        "usd": None if usd is None else round(usd.expected, 4),
        "usd_at_most": None if usd is None else round(usd.most, 4),
    }
