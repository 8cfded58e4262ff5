"""What a policy is going to need: requests, minutes and dollars, told before any is spent.

The count is that of the sequential test for a system with half of the bad events that each limit allows: a
better one is proven sooner, one close to its limit later, and never beyond the budget. Time and money rest
on assumptions that are told with the figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seatrial.core.errors import UsageError
from seatrial.core.objective import Objective
from seatrial.load.prompts import load_prompts

if TYPE_CHECKING:
    from seatrial.core.risk import Risk
    from seatrial.policy.loader import LoadedPolicy
    from seatrial.policy.traffic import TrafficSpec

DEFAULT_ANSWER = 1.0  # seconds: where neither the caller nor an objective says how long an answer takes
DEFAULT_OUTPUT = 256  # tokens of an answer whose length nobody limits
CHARS_PER_TOKEN = 4.0  # English text, https://help.openai.com/en/articles/4936856


@dataclass(frozen=True, slots=True)
class TrafficPlan:
    """What one traffic is expected to need.

    Attributes:
        traffic: its name.
        requests: until its last objective is decided, the warm-up among them.
        seconds: at the assumed length of an answer.
        usd: by the target's prices, None where it has none.
        deciding: the objective that needs most.
        limits: what of the budget does not suffice, in words; empty where all of it does.
        answer: seconds an answer is assumed to take.
        output: tokens an answer is assumed to have.
    """

    traffic: str
    requests: int
    seconds: float
    usd: float | None
    deciding: str
    limits: tuple[str, ...]
    answer: float
    output: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What a policy is expected to need, traffic by traffic."""

    traffics: tuple[TrafficPlan, ...]

    @property
    def requests(self) -> int:
        return sum(traffic.requests for traffic in self.traffics)

    @property
    def minutes(self) -> float:
        return sum(traffic.seconds for traffic in self.traffics) / 60

    @property
    def usd(self) -> float | None:
        """None where no target has prices."""
        priced = [traffic.usd for traffic in self.traffics if traffic.usd is not None]
        return sum(priced) if priced else None

    @property
    def suffices(self) -> bool:
        """Whether every budget is expected to suffice."""
        return not any(traffic.limits for traffic in self.traffics)


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
            plans.append(_plan(loaded, traffic, own, answer))
    if not plans:
        raise UsageError(
            "no objective of this policy has a traffic: there is nothing to plan",
            where=loaded.source,
            hint="add objectives under spec.objectives, each with its traffic",
        )
    return Plan(tuple(plans))


def _plan(
    loaded: LoadedPolicy, traffic: TrafficSpec, objectives: Sequence[Objective], answer: float | None
) -> TrafficPlan:
    risk = loaded.risk
    needs = {objective.name: _requests(risk, traffic, objective) for objective in objectives}
    deciding = max(needs, key=lambda name: needs[name])
    requests = needs[deciding] + traffic.warmup
    each = _answer(objectives) if answer is None else answer
    sending = max(requests * each / traffic.concurrency, risk.min_duration)
    output = traffic.max_tokens or DEFAULT_OUTPUT
    usd = _usd(loaded, traffic, requests, output)
    return TrafficPlan(
        traffic=traffic.name,
        requests=requests,
        seconds=sending + risk.pause * (risk.segments - 1),
        usd=usd,
        deciding=deciding,
        limits=_limits(traffic, needs[deciding], sending, usd),
        answer=each,
        output=output,
    )


def _requests(risk: Risk, traffic: TrafficSpec, objective: Objective) -> int:
    from seatrial.core.evidence.plan import expected_requests

    if objective.limit == 0:
        # A share of zero cannot be proven: such an objective takes what the budget gives.
        return traffic.budget.requests or 0
    return int(expected_requests(objective.limit, risk.confidence, risk.power, risk.deff))


def _answer(objectives: Sequence[Objective]) -> float:
    limits = [
        objective.threshold
        for objective in objectives
        if objective.sli.name == "operation.duration"
        and objective.threshold
        and objective.op in ("lt", "lte")
    ]
    return min(limits) / 2 if limits else DEFAULT_ANSWER


def _usd(loaded: LoadedPolicy, traffic: TrafficSpec, requests: int, output: int) -> float | None:
    """US dollars: the mean length of the prompts, and the longest answer each time."""
    prices = loaded.target(traffic.target).prices
    if prices is None:
        return None
    number = [spec.name for spec in loaded.spec.traffic].index(traffic.name)
    origin = loaded.origin("spec", "traffic", number, "prompts")
    prompts = load_prompts(traffic.prompts, origin.folder or loaded.path.parent, str(origin))
    known = [max(tokens.values()) for tokens in prompts.tokens if tokens]
    guessed = [len(str(prompt.messages)) / CHARS_PER_TOKEN for prompt in prompts]
    tokens = float(np.mean(known if len(known) == len(prompts) else guessed))
    return requests * (tokens * prices.input.amount + output * prices.output.amount) / 1e6


def _limits(traffic: TrafficSpec, needed: int, sending: float, usd: float | None) -> tuple[str, ...]:
    budget = traffic.budget
    found = []
    if budget.requests is not None and needed > budget.requests:
        found.append(f"{needed:,} requests are expected, the budget is {budget.requests:,}")
    if budget.duration is not None and sending > budget.duration:
        found.append(f"{sending:.0f} s of sending are expected, the budget is {budget.duration:g} s")
    if budget.cost is not None and usd is not None and usd > budget.cost.amount:
        found.append(f"${usd:.2f} are expected, the budget is ${budget.cost.amount:.2f}")
    return tuple(found)
