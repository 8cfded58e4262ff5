"""What a policy may say and yet deserves a word, before a cent is spent."""

from __future__ import annotations

import math
from collections.abc import Iterator

from seatrial.core.risk import Risk
from seatrial.core.trials import shared
from seatrial.core.units import format_count, format_duration, format_rate, format_share
from seatrial.policy.arrivals import LATENCY_SHARES
from seatrial.policy.document import ReleasePolicy
from seatrial.policy.objective import ObjectiveSpec
from seatrial.policy.parts import Parts
from seatrial.policy.problems import Path, Problem, listed
from seatrial.policy.traffic import TrafficSpec


def fewest_events(limit: float, risk: Risk, requests: float = 1.0) -> int:
    """The fewest events that can show a share of bad ones of at most *limit*, were every single one good.

    ``ln(1/α) / -ln(1 - limit)`` independent events, times the design effect: no rule of any kind can pass
    with fewer (zero bad ones among n come with a chance of ``(1 - limit)^n`` at the limit, and that must not
    exceed α).

    Args:
        limit: acceptable share of bad events, above 0.
        risk: confidence and declared dependence.
        requests: that an event holds: 1, or those of a slice of time or of a round of all tenants.
    """
    return math.ceil(shared(risk.deff, requests) * math.log(1 / (1 - risk.confidence)) / -math.log1p(-limit))


def notices(policy: ReleasePolicy, parts: Parts) -> list[Problem]:
    """Everything worth a word about a policy that can be run."""
    return [
        *_budgets(policy, parts),
        *_patience(policy, parts),
        *_unjudged(policy, parts),
        *_scenarios(policy, parts),
        *_targets(policy, parts),
    ]


def _budgets(policy: ReleasePolicy, parts: Parts) -> Iterator[Problem]:
    """Budgets with which an objective cannot be proven, whatever the target does."""
    risk = policy.spec.risk.risk
    for index, objective in enumerate(policy.spec.objectives):
        traffic = parts.traffic_named(objective.traffic)
        limit = round(1 - objective.bar.target, 12)
        if limit <= 0:
            at = ("objectives", index, "target")
            yield parts.problem("100 % cannot be proven by a sample", _PERFECT[objective.sli.events], at=at)
        elif traffic is not None:
            found = _SHORT[objective.sli.events](objective, traffic, limit, risk)
            if found is not None:
                yield parts.problem(*found, at=("objectives", index))


def _claim(objective: ObjectiveSpec) -> str:
    return f"{objective.name} ({format_share(objective.bar.target)})"


def _requests_short(
    objective: ObjectiveSpec, traffic: TrafficSpec, limit: float, risk: Risk
) -> tuple[str, str] | None:
    most, fewest = traffic.budget.requests, fewest_events(limit, risk)
    if most is None or most >= fewest:
        return None
    return (
        f"{_claim(objective)} needs {format_count(fewest)} requests even if every one is good; "
        f"the budget of traffic {traffic.name!r} is {format_count(most)}",
        f"raise budget.requests; {risk.assumption}, so that {risk.deff:g} requests count as one",
    )


def _slices_short(
    objective: ObjectiveSpec, traffic: TrafficSpec, limit: float, risk: Risk
) -> tuple[str, str] | None:
    """A slice takes its time, however many requests are in it; how many there are a schedule tells."""
    long, rate = objective.timeSliceWindow or 1.0, _rate(traffic)
    fewest = fewest_events(limit, risk, rate * long if rate else math.inf)
    told = f"{_claim(objective)} needs {format_count(fewest)} slices of {format_duration(long)}"
    spans = [span for span in (traffic.budget.duration, traffic.duration) if span is not None]
    if spans and min(spans) < fewest * long:
        return (
            f"{told} even if every one is good, {format_duration(fewest * long)} in all; "
            f"traffic {traffic.name!r} lasts {format_duration(min(spans))}",
            "raise its duration, or make timeSliceWindow shorter",
        )
    most, needed = traffic.budget.requests, math.ceil(fewest * long * (rate or 0.0))
    if most is None or most >= needed:
        return None
    return (
        f"{told} even if every one is good, about {format_count(needed)} requests at "
        f"{format_rate(rate or 0.0)}; the budget of traffic {traffic.name!r} is {format_count(most)}",
        "raise budget.requests, or make timeSliceWindow shorter",
    )


def _rate(traffic: TrafficSpec) -> float | None:
    """Requests a second, where they come at one rate."""
    arrivals = traffic.arrivals
    return arrivals.rate if arrivals is not None and arrivals.kind in _AT_ONE_RATE else None


def _rounds_short(
    objective: ObjectiveSpec, traffic: TrafficSpec, limit: float, risk: Risk
) -> tuple[str, str] | None:
    """In a round every tenant has as many requests as its weight says."""
    weights = [tenant.weight for tenant in traffic.tenants] or [1]
    rounds = math.ceil(fewest_events(limit, risk, sum(weights)) / min(weights))
    most, needed = traffic.budget.requests, rounds * sum(weights)
    if most is None or most >= needed:
        return None
    return (
        f"{_claim(objective)} needs {format_count(needed)} requests even if every one is good, "
        f"{format_count(rounds)} rounds of all tenants; "
        f"the budget of traffic {traffic.name!r} is {format_count(most)}",
        "raise budget.requests",
    )


def _queries_short(
    objective: ObjectiveSpec, traffic: TrafficSpec, limit: float, risk: Risk
) -> tuple[str, str] | None:
    """A query has as many requests as its traffic says."""
    size = (traffic.arrivals.samples if traffic.arrivals is not None else None) or 1
    fewest = fewest_events(limit, risk, size)
    most, needed = traffic.budget.requests, fewest * size
    if most is None or most >= needed:
        return None
    return (
        f"{_claim(objective)} needs {format_count(needed)} requests even if every one is good, "
        f"{format_count(fewest)} queries of {size}; "
        f"the budget of traffic {traffic.name!r} is {format_count(most)}",
        "raise budget.requests",
    )


_PERFECT = {
    "queries": "one bad query fails it; it passes only where the whole budget is spent without one",
    "requests": "one bad request fails it; it passes only where the whole budget is spent without one",
    "slices": "one bad slice of time fails it; it passes only where the whole budget is spent without one",
    "tenants": "no difference at all is never shown: allow some, such as target: 95%",
}
_SHORT = {
    "requests": _requests_short,
    "slices": _slices_short,
    "tenants": _rounds_short,
    "queries": _queries_short,
}
_AT_ONE_RATE = ("constant", "poisson", "gamma", "server")


def _scenarios(policy: ReleasePolicy, parts: Parts) -> Iterator[Problem]:
    """Traffic called as a scenario of MLPerf that is not judged as MLPerf judges it."""
    for index, traffic in enumerate(policy.spec.traffic):
        kind = traffic.arrivals.kind if traffic.arrivals is not None else ""
        own = [each for each in policy.spec.objectives if each.traffic == traffic.name]
        at: Path = ("traffic", index, "arrivals", "kind")
        share = LATENCY_SHARES.get(kind)
        if own and share is not None and not any(_on_latency(each, kind, share) for each in own):
            name = "query.duration" if kind == "multi-stream" else "operation.duration"
            percentile = f"the {share * 100:g}th percentile of latency"
            what = f"MLPerf judges {kind} by {percentile}, and no objective on {traffic.name!r} does"
            yield parts.problem(what, f"add one: indicator: {name}, target: {format_share(share)}", at=at)
        if own and kind == "offline" and not any(each.sli.dimension == "rate" for each in own):
            what = f"MLPerf judges offline by throughput, and no objective on {traffic.name!r} does"
            yield parts.problem(what, "add one: indicator: served_rate, op: gte", at=at)


def _on_latency(objective: ObjectiveSpec, kind: str, share: float) -> bool:
    sli, whole = objective.sli, kind == "multi-stream"
    fits = sli.dimension == "duration" and (sli.events == "queries") == whole and sli.name != "queueing"
    return fits and abs(objective.bar.target - share) < 1e-9


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
    if spec.suites is not None and "load" not in spec.suites:
        for at in _wanted_of_load(policy):
            yield parts.problem(
                "the suite load, which looks at this, is not among the suites",
                "seatrial capacity and seatrial soak do it alone; certify needs the suite",
                at=at,
            )
    judged = {each.traffic for each in spec.objectives} | {each.traffic for each in spec.resilience}
    if (spec.resilience and None in judged) or (spec.dependencies and not spec.resilience):
        return  # a scenario that names none takes the only one
    for index, traffic in enumerate(spec.traffic):
        if traffic.name not in judged and traffic.soak is None:
            yield parts.problem(f"no objective is judged on traffic {traffic.name!r}", at=("traffic", index))


def _wanted_of_load(policy: ReleasePolicy) -> Iterator[Path]:
    """What the policy asks of the suite `load`, by its place."""
    spec = policy.spec
    yield from ((name,) for name in ("capacity", "scaling") if getattr(spec, name) is not None)
    yield from (("traffic", index, "soak") for index, each in enumerate(spec.traffic) if each.soak)


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
