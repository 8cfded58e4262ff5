"""What can be wrong about dependencies and resilience scenarios, and between them and the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from seatrial.bundled import bundled
from seatrial.core.errors import UsageError
from seatrial.policy.checks_load import can_be_judged
from seatrial.policy.dependency import DependencySpec, split_address, unset
from seatrial.policy.parts import Parts
from seatrial.policy.problems import Path, Problem, did_you_mean, listed
from seatrial.policy.resilience import InjectSpec, ScenarioSpec

PROCESS = "process."


def bundled_scenarios() -> list[str]:
    """The scenarios that ship with seatrial, as a policy names them."""
    return sorted(path.stem for path in bundled("scenarios").glob("*.yaml") if "." not in path.stem)


def dependencies_stand(parts: Parts) -> Iterator[Problem]:
    """Dependencies that cannot be put between the target and the world."""
    ports: Counter[tuple[str, int]] = Counter()
    for index, dependency in parts.dependencies.items():
        at: Path = ("dependencies", index)
        if not unset(dependency.listen):
            yield from _address(parts, dependency, ports, at)
        if dependency.name in parts.names("targets"):
            what = f"{dependency.name!r} is a target too: a fault could not tell which is meant"
            yield parts.problem(what, at=(*at, "name"))


def _address(
    parts: Parts, dependency: DependencySpec, ports: Counter[tuple[str, int]], at: Path
) -> Iterator[Problem]:
    listen = split_address(dependency.listen)
    if not listen[1]:
        return
    ports[listen] += 1
    if ports[listen] == 2:
        what = f"another dependency listens on {dependency.listen} already"
        yield parts.problem(what, "give each a port of its own", at=(*at, "listen"))
    if not unset(dependency.upstream) and listen == dependency.upstream_address[:2]:
        what = f"the proxy of {dependency.name!r} would call itself: listen and upstream are the same"
        yield parts.problem(what, at=(*at, "upstream"))


def scenarios_stand(parts: Parts) -> Iterator[Problem]:
    """Scenarios that cannot be run as they are written."""
    for index, scenario in parts.resilience.items():
        at: Path = ("resilience", index)
        yield from _bundled(parts, scenario, at)
        yield from traffic_stands(parts, scenario.traffic, "scenario", at)
        yield from _arrivals(parts, scenario, at)
        for number, inject in enumerate(scenario.inject):
            yield from inject_stands(parts, inject, (*at, "inject", number))
        yield from _contradictions(parts, scenario, at)
        yield from _criteria(parts, scenario, at)
        if scenario.pulses and scenario.recovery.repeats > 1:
            yield parts.problem("a fault in pulses is not repeated as well", at=(*at, "pulses"))


def _bundled(parts: Parts, scenario: ScenarioSpec, at: Path) -> Iterator[Problem]:
    known = bundled_scenarios()
    if scenario.scenario is not None and scenario.scenario not in known:
        what = f"there is no scenario {scenario.scenario!r}{did_you_mean(scenario.scenario, known)}"
        yield parts.problem(what, f"known: {listed(known)}", at=(*at, "scenario"))


def traffic_stands(parts: Parts, named: str | None, what: str, at: Path) -> Iterator[Problem]:
    """A traffic that is there, or the only one; *what* is what needs it."""
    names = parts.names("traffic")
    if named is not None and named not in names:
        yield parts.unknown("traffic", named, at=(*at, "traffic"))
    elif named is None and len(names) != 1:
        there = "there is no traffic" if not names else "there is more than one traffic"
        hint = f"add traffic: one of {listed(names)}" if names else "describe some under spec.traffic"
        yield parts.problem(f"{there}, and the {what} names none", hint, at=at)


def inject_stands(parts: Parts, inject: InjectSpec, at: Path) -> Iterator[Problem]:
    """A fault on what is there and can be hit by it."""
    if inject.on is None:
        return
    process = inject.toxic.startswith(PROCESS)
    kind = "targets" if process else "dependencies"
    if inject.on in parts.names(kind):
        if process:
            yield from _process(parts, inject, at)
        return
    if inject.on in parts.names("targets" if not process else "dependencies"):
        what = (
            f"{inject.toxic} hits a process, and {inject.on!r} is a dependency"
            if process
            else f"{inject.toxic} hits a dependency, and {inject.on!r} is a target"
        )
        yield parts.problem(what, f"known: {listed(parts.names(kind))}", at=(*at, "on"))
        return
    yield parts.unknown(kind, inject.on, at=(*at, "on"))


def _process(parts: Parts, inject: InjectSpec, at: Path) -> Iterator[Problem]:
    named = next((target for target in parts.targets.values() if target.name == inject.on), None)
    if named is not None and named.process is None:
        what = f"{inject.toxic} must be told which process target {inject.on!r} is"
        yield parts.problem(what, "add process: {pidfile: FILE} to the target", at=(*at, "on"))


def _contradictions(parts: Parts, scenario: ScenarioSpec, at: Path) -> Iterator[Problem]:
    """Faults of which one leaves the other nothing to hit, and names that stand twice."""
    down = {inject.on for inject in scenario.inject if inject.toxic == "down" and inject.on}
    names: Counter[tuple[str | None, str]] = Counter()
    for number, inject in enumerate(scenario.inject):
        if inject.on in down and inject.toxic != "down":
            what = f"{inject.on!r} is down: {inject.toxic} on it could never act"
            yield parts.problem(what, "take one of them away", at=(*at, "inject", number, "toxic"))
        names[(inject.on, inject.name or inject.toxic)] += 1
        if names[(inject.on, inject.name or inject.toxic)] == 2 and inject.on:
            what = f"{inject.name or inject.toxic!r} on {inject.on!r} is there already"
            yield parts.problem(what, "give each a name of its own", at=(*at, "inject", number))
        doubled = sorted(set(inject.when) & set(inject.attributes))
        if doubled:
            what = f"{doubled[0]} is given under attributes and under when: once is enough"
            yield parts.problem(what, at=(*at, "inject", number, "when"))


def _criteria(parts: Parts, scenario: ScenarioSpec, at: Path) -> Iterator[Problem]:
    traffic = _chosen(parts, scenario)
    for key, criteria in (("during", scenario.during), ("stopConditions", scenario.stopConditions)):
        for number, criterion in enumerate(criteria):
            here: Path = (*at, key, number)
            try:
                criterion.objective(criterion.indicator, "")
            except UsageError as error:
                yield parts.problem(error.what, error.hint or "", at=here)
                continue
            yield from can_be_judged(parts, criterion, traffic, here)
            if key == "stopConditions" and criterion.sli.events != "requests":
                what = f"what ends a scenario is its latest requests, and {criterion.sli.name} is of none"
                yield parts.problem(what, "take availability or operation.duration", at=here)


def _arrivals(parts: Parts, scenario: ScenarioSpec, at: Path) -> Iterator[Problem]:
    """Requests in flight of a traffic that leaves on schedule, however many are in flight."""
    traffic = parts.traffic_named(_chosen(parts, scenario))
    arrivals = None if traffic is None else traffic.arrivals
    if traffic is None or arrivals is None or not arrivals.scheduled or scenario.concurrency in (None, 1):
        return
    what = f"traffic {traffic.name!r} leaves on schedule, whatever is in flight: there is no concurrency"
    yield parts.problem(what, "drop concurrency, or name another traffic", at=(*at, "concurrency"))


def _chosen(parts: Parts, scenario: ScenarioSpec) -> str | None:
    """The name of a scenario's traffic, None where it cannot be told."""
    names = parts.names("traffic")
    return scenario.traffic or (names[0] if len(names) == 1 else None)
