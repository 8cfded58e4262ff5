"""What a policy may say and yet deserves a word, before a cent is spent."""

from __future__ import annotations

import math
from collections.abc import Iterator

from seatrial.core.risk import Risk
from seatrial.core.units import format_count, format_duration, format_share
from seatrial.policy.document import ReleasePolicy
from seatrial.policy.objective import ObjectiveSpec
from seatrial.policy.parts import Parts
from seatrial.policy.problems import Problem, listed


def fewest_requests(limit: float, risk: Risk) -> int:
    """The fewest requests that can show a share of bad ones of at most *limit*, were every single one good.

    ``ln(1/α) / -ln(1 - limit)`` independent requests, times the design effect: no rule of any kind can pass
    with fewer (zero bad ones among n come with a chance of ``(1 - limit)^n`` at the limit, and that must not
    exceed α).

    Args:
        limit: acceptable share of bad requests, above 0.
        risk: confidence and declared dependence.
    """
    return math.ceil(risk.deff * math.log(1 / (1 - risk.confidence)) / -math.log1p(-limit))


def notices(policy: ReleasePolicy, parts: Parts) -> list[Problem]:
    """Everything worth a word about a policy that can be run."""
    return [
        *_budgets(policy, parts),
        *_patience(policy, parts),
        *_unjudged(policy, parts),
        *_targets(policy, parts),
    ]


def _budgets(policy: ReleasePolicy, parts: Parts) -> Iterator[Problem]:
    """Budgets with which an objective cannot be proven, whatever the target does."""
    risk = policy.spec.risk.risk
    for index, objective in enumerate(policy.spec.objectives):
        traffic = parts.traffic_named(objective.traffic)
        limit = round(1 - objective.bar.target, 12)
        if limit <= 0:
            yield parts.problem(
                "100 % cannot be proven by a sample",
                "one bad request fails it; it passes only where the whole budget is spent without one",
                at=("objectives", index, "target"),
            )
            continue
        most = traffic.budget.requests if traffic else None
        fewest = fewest_requests(limit, risk)
        if traffic and most is not None and most < fewest:
            yield parts.problem(
                f"{_claim(objective)} needs {format_count(fewest)} requests even if every one is good; "
                f"the budget of traffic {traffic.name!r} is {format_count(most)}",
                f"raise budget.requests; {risk.assumption}, so that {risk.deff:g} requests count as one",
                at=("objectives", index),
            )


def _claim(objective: ObjectiveSpec) -> str:
    return f"{objective.name} ({format_share(objective.bar.target)})"


def _patience(policy: ReleasePolicy, parts: Parts) -> Iterator[Problem]:
    risk = policy.spec.risk
    for index, traffic in enumerate(policy.spec.traffic):
        most = traffic.budget.duration
        if most is not None and most < risk.min_duration:
            yield parts.problem(
                f"the budget of {format_duration(most)} ends before risk.min_duration of "
                f"{format_duration(risk.min_duration)}: no objective on {traffic.name!r} can pass",
                "raise the budget, or lower risk.min_duration",
                at=("traffic", index, "budget", "duration"),
            )


def _unjudged(policy: ReleasePolicy, parts: Parts) -> Iterator[Problem]:
    spec = policy.spec
    if spec.objectives and spec.suites is not None and "sla" not in spec.suites:
        yield parts.problem(
            "the suite sla, which judges the objectives, is not among the suites",
            "an objective that nothing judges is not proven",
            at=("suites",),
        )
    if spec.objectives and not any(objective.key_sli for objective in spec.objectives):
        yield parts.problem(
            "no objective is key: the total score alone decides about them", at=("objectives",)
        )
    yield from _unused(policy, parts)
    for index, objective in enumerate(spec.objectives):
        named = parts.traffic_named(objective.traffic)
        if named and not named.stream and objective.sli.name == "time_to_first_chunk":
            yield parts.problem(
                f"traffic {named.name!r} is not streamed: the first chunk is the whole answer",
                "set stream: true",
                at=("objectives", index, "indicator"),
            )


def _unused(policy: ReleasePolicy, parts: Parts) -> Iterator[Problem]:
    """Traffic and scenarios that nothing looks at."""
    spec = policy.spec
    if spec.resilience and spec.suites is not None and "resilience" not in spec.suites:
        yield parts.problem(
            "the suite resilience, which runs the scenarios, is not among the suites",
            "a scenario that nothing runs is not proven",
            at=("suites",),
        )
    judged = {each.traffic for each in spec.objectives} | {each.traffic for each in spec.resilience}
    if (spec.resilience and None in judged) or (spec.dependencies and not spec.resilience):
        return  # a scenario that names none takes the only one
    for index, traffic in enumerate(spec.traffic):
        if traffic.name not in judged:
            yield parts.problem(f"no objective is judged on traffic {traffic.name!r}", at=("traffic", index))


def _targets(policy: ReleasePolicy, parts: Parts) -> Iterator[Problem]:
    for index, target in enumerate(policy.spec.targets):
        if target.apiKey is not None and not target.apiKey.reference:
            yield parts.problem(
                "the key itself stands in the policy",
                "write ${env:NAME}, and take this key out of use",
                at=("targets", index, "apiKey"),
            )
        if not target.tls.verify:
            yield parts.problem(
                "tls.verify is false: anyone on the way can answer in the target's place",
                f"name its authority: tls: {listed(['{ca: FILE}'])}",
                at=("targets", index, "tls", "verify"),
            )
