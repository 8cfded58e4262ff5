"""What can be wrong about objectives under load, the search for capacity and the step of load."""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.core.errors import UsageError
from seatrial.policy.composed import parts_of
from seatrial.policy.objective import ObjectiveSpec
from seatrial.policy.parts import Parts
from seatrial.policy.problems import Path, Problem, listed
from seatrial.policy.resilience import CriterionSpec
from seatrial.policy.traffic import TrafficSpec


def under_load(parts: Parts) -> Iterator[Problem]:
    """Objectives under load that cannot be judged as they are written."""
    for index, objective in parts.objectives.items():
        yield from can_be_judged(parts, objective, objective.traffic, ("objectives", index))


def can_be_judged(
    parts: Parts, asked: ObjectiveSpec | CriterionSpec, traffic: str | None, at: Path
) -> Iterator[Problem]:
    """What an objective, or a criterion under a fault, is made of, and what *traffic* must tell for it."""
    try:
        sli = asked.sli
    except UsageError:  # told by the check of the objective by itself
        return
    try:
        parts_of(asked, traffic, list(parts.objectives.values()))
    except UsageError as error:
        yield parts.problem(error.what, error.hint or "", at=(*at, "of") if asked.of else at)
    if asked.timeSliceWindow is not None and sli.events != "slices":
        what = f"{sli.name} is judged request by request: it has no slices of time"
        yield parts.problem(what, at=(*at, "timeSliceWindow"))
    sent = parts.traffic_named(traffic)
    if sent is not None:
        yield from _needs(parts, sli.name, sent, at)


def _needs(parts: Parts, name: str, traffic: TrafficSpec, at: Path) -> Iterator[Problem]:
    """What the traffic and its target must tell for the indicator called *name*."""
    if name == "fairness" and len(traffic.tenants) < 2:
        what = f"fairness is judged between tenants, and traffic {traffic.name!r} has fewer than two"
        yield parts.problem(what, "add tenants: [{name: ..., apiKey: ...}, ...] there", at=at)
    if name == "queueing" and traffic.in_flight is not None:
        what = f"nothing queues in a closed loop, and traffic {traffic.name!r} has no arrivals on schedule"
        yield parts.problem(what, "add arrivals and connections there", at=at)
    if name == "query.duration" and (traffic.arrivals is None or traffic.arrivals.kind != "multi-stream"):
        what = f"a query is made of requests that leave together, and traffic {traffic.name!r} has none"
        yield parts.problem(what, "take operation.duration, or arrivals: {kind: multi-stream, ...}", at=at)
    target = parts.target_of(traffic)
    if name.startswith("cost.") and target is not None and target.prices is None:
        hint = "add prices: {input: ..., output: ...}, each for a million tokens"
        yield parts.problem(f"{name} needs the prices of target {target.name!r}", hint, at=at)


def load_stands(parts: Parts) -> Iterator[Problem]:
    """A search for capacity and a step of load that cannot be run as they are written."""
    for kind in ("capacity", "scaling"):
        node = parts.tree.at(("spec",)).child(kind)
        if node is not None and isinstance(node.value, dict):
            named = node.child("traffic")
            yield from _traffic(parts, kind, named.value if named is not None else None)


def _traffic(parts: Parts, kind: str, name: object) -> Iterator[Problem]:
    names = parts.names("traffic")
    if name is not None and name not in names:
        yield parts.unknown("traffic", str(name), at=(kind, "traffic"))
        return
    if name is None and len(names) != 1:
        what = "there is no traffic" if not names else "there is more than one traffic, and none is named"
        hint = f"add traffic: one of {listed(names)}" if names else "describe some under spec.traffic"
        yield parts.problem(what, hint, at=(kind,))
        return
    chosen = name or names[0]
    if not any(each.traffic == chosen for each in parts.objectives.values()):
        what = f"traffic {chosen!r} has no objective: nothing could hold or break under load"
        yield parts.problem(what, "add one under spec.objectives", at=(kind,))
