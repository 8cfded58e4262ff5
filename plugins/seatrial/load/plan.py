"""What a policy is going to need: requests, minutes and dollars, told before any is spent.

Each figure is a span. Its lower end is for a system without a single bad event, which nothing can prove
sooner; its upper end for one with half of the bad events that each limit allows. One that is closer to its
limit needs more. Time and money rest on assumptions that are told with the figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from seatrial.core.errors import UsageError
from seatrial.core.objective import Objective
from seatrial.core.trials import shared
from seatrial.core.units import format_duration, format_money
from seatrial.load.prompts import load_prompts

if TYPE_CHECKING:
    from seatrial.core.risk import Risk
    from seatrial.policy.loader import LoadedPolicy
    from seatrial.policy.traffic import TrafficSpec

DEFAULT_ANSWER = 1.0  # seconds: where neither the caller nor an objective says how long an answer takes
DEFAULT_OUTPUT = 256  # tokens of an answer whose length nobody limits
CHARS_PER_TOKEN = 4.0  # English text, https://help.openai.com/en/articles/4936856


class Span(NamedTuple):
    """What is needed at best, and by a system with half of the bad events that each limit allows."""

    least: float
    expected: float

    def __add__(self, other: object) -> Span:
        assert isinstance(other, Span)
        return Span(self.least + other.least, self.expected + other.expected)


@dataclass(frozen=True, slots=True)
class TrafficPlan:
    """What one traffic is expected to need.

    Attributes:
        traffic: its name.
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
    """What a policy is expected to need, traffic by traffic."""

    traffics: tuple[TrafficPlan, ...]

    @property
    def requests(self) -> Span:
        return sum((traffic.requests for traffic in self.traffics), Span(0, 0))

    @property
    def minutes(self) -> Span:
        total = sum((traffic.seconds for traffic in self.traffics), Span(0, 0))
        return Span(total.least / 60, total.expected / 60)

    @property
    def usd(self) -> Span | None:
        """None where no target has prices."""
        priced = [traffic.usd for traffic in self.traffics if traffic.usd is not None]
        return sum(priced, Span(0, 0)) if priced else None


def plan_policy(loaded: LoadedPolicy, answer: float | None = None) -> Plan:
    """What *loaded* is expected to need.

    Args:
        loaded: the policy.
        answer: seconds an answer takes on average; by default half of the strictest limit on
            ``operation.duration`` of each traffic, or 1 s.

    Raises:
        UsageError: the prompts of a traffic cannot be read, or no objective has a traffic.
    """
    plans = []
    for traffic in loaded.spec.traffic:
        own = [objective for objective in loaded.objectives() if objective.traffic == traffic.name]
        if own:
            plans.append(_plan(loaded, traffic, own, _answer(own) if answer is None else answer))
    plans += _scenarios(loaded, answer)
    if not plans:
        raise UsageError(
            "no objective of this policy has a traffic: there is nothing to plan",
            where=loaded.source,
            hint="add objectives under spec.objectives, each with its traffic",
        )
    return Plan(tuple(plans))


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
            plans.append(
                _plan(
                    loaded, under, own, _answer(own) if answer is None else answer, scenario.risk(loaded.risk)
                )
            )
    return plans


def _plan(
    loaded: LoadedPolicy,
    traffic: TrafficSpec,
    objectives: Sequence[Objective],
    answer: float,
    risk: Risk | None = None,
) -> TrafficPlan:
    risk = loaded.risk if risk is None else risk
    pace = _pace(traffic, answer)
    needs = {objective.name: _requests(risk, traffic, objective, pace) for objective in objectives}
    deciding = max(needs, key=lambda name: needs[name].expected)
    most = Span(max(need.least for need in needs.values()), needs[deciding].expected)
    requests = most + Span(traffic.warmup, traffic.warmup)
    sending = Span(*(max(count / pace, risk.min_duration) for count in requests))
    pauses = risk.pause * (risk.segments - 1)
    output = traffic.max_tokens or DEFAULT_OUTPUT
    each = _usd(loaded, traffic, output)
    usd = None if each is None else Span(*(count * each for count in requests))
    never, maybe = _limits(traffic, most, sending, usd)
    return TrafficPlan(
        traffic=traffic.name,
        requests=requests,
        seconds=sending + Span(pauses, pauses),
        usd=usd,
        deciding=deciding,
        never=never,
        maybe=maybe,
        answer=answer,
        output=output,
    )


def _pace(traffic: TrafficSpec, answer: float) -> float:
    """Requests a second: on schedule, or as fast as answers come."""
    if traffic.arrivals is None:
        return traffic.concurrency / answer
    rates = traffic.arrivals.rates or (traffic.arrivals.rate,)
    known = [rate for rate in rates if rate]
    return sum(known) / len(known) if known else 1.0 / answer


def _requests(risk: Risk, traffic: TrafficSpec, objective: Objective, pace: float) -> Span:
    from seatrial.core.evidence.plan import expected_requests

    if objective.limit == 0:
        # A share of zero cannot be proven: such an objective takes what the budget gives.
        whole = traffic.budget.requests or 0
        return Span(whole, whole)
    events = objective.sli.events
    each = {"slices": objective.slice * pace, "tenants": float(len(traffic.tenants))}.get(events, 1.0)
    levels = (objective.limit, risk.confidence, risk.power, shared(risk.deff, each))
    return Span(each * expected_requests(*levels, zero=True), each * expected_requests(*levels))


def _answer(objectives: Sequence[Objective]) -> float:
    limits = [
        objective.threshold
        for objective in objectives
        if objective.sli.name == "operation.duration"
        and objective.threshold
        and objective.op in ("lt", "lte")
    ]
    return min(limits) / 2 if limits else DEFAULT_ANSWER


def _usd(loaded: LoadedPolicy, traffic: TrafficSpec, output: int) -> float | None:
    """US dollars of one request: a prompt of mean length and the longest answer."""
    prices = loaded.target(traffic.target).prices if loaded.spec.targets else None
    if prices is None:
        return None
    prompts = load_prompts(loaded.prompts(traffic.name.partition("@")[0]), traffic.prompts)
    known = [max(tokens.values()) for tokens in prompts.tokens if tokens]
    guessed = [len(str(prompt.messages)) / CHARS_PER_TOKEN for prompt in prompts]
    tokens = float(np.mean(known if len(known) == len(prompts) else guessed))
    return (tokens * prices.input.amount + output * prices.output.amount) / 1e6


def _too_short(traffic: TrafficSpec, duration: float, requests: Span) -> str:
    """Why a budget of time may not suffice."""
    if traffic.arrivals is not None:
        return f"{format_duration(duration)} suffice only for more arrivals or fewer bad events than that"
    quick = format_duration(duration * traffic.concurrency / requests.least)
    return f"{format_duration(duration)} suffice only where an answer takes less than {quick}"


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
    """What the policy is expected to need, for the journal: at best, and for an ordinary good system."""
    if not any(spec.traffic for spec in loaded.spec.objectives):
        return {"requests": 0, "minutes": 0.0, "usd": None}
    expected = plan_policy(loaded)
    usd = expected.usd
    return {
        "requests": round(expected.requests.expected),
        "requests_at_least": round(expected.requests.least),
        "minutes": round(expected.minutes.expected, 2),
        "usd": None if usd is None else round(usd.expected, 4),
    }
