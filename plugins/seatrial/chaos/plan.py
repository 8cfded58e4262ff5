"""From a policy's words to a scenario that can be run; its faults are looked at before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from seatrial.bundled import bundled
from seatrial.chaos.behaviour.calls import seconds
from seatrial.core.errors import UsageError
from seatrial.core.objective import Objective
from seatrial.core.risk import Risk
from seatrial.policy.aspects import Aspect
from seatrial.policy.checks_resilience import bundled_scenarios
from seatrial.policy.loader import LoadedPolicy
from seatrial.policy.marked import read_documents
from seatrial.policy.problems import PolicyError
from seatrial.policy.resilience import InjectSpec, ScenarioSpec
from seatrial.policy.schema_problems import schema_problems
from seatrial.policy.traffic import TrafficSpec

DOWN = "down"
PROCESS = "process."
OF_REQUESTS = ("http.", "sse.", "llm.")
"""Faults that act on requests, and need a dependency that speaks HTTP."""
FOR_GOOD = frozenset({"process.kill", "process.restart"})
"""Faults that nothing takes back: the time to recover counts from the fault itself."""
LEAST_PATIENCE = 5.0
MARGIN = 1.0
"""Seconds a fault lasts longer than the Retry-After it asks for, so that who honours it can be told."""


@dataclass(frozen=True, kw_only=True)
class Injection:
    """One fault, and where it goes."""

    on: str
    type: str
    name: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    toxicity: float = 1.0
    stream: str = "downstream"

    @property
    def process(self) -> bool:
        """Whether it hits a process, and no dependency."""
        return self.type.startswith(PROCESS)


@dataclass(frozen=True)
class Stop:
    """What ends a scenario at once: fewer than the objective's share of the last *over* requests are good."""

    objective: Objective
    over: int


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A scenario that can be run.

    Attributes:
        spec: what the policy says.
        where: file and line.
        traffic: the traffic of the policy that it sends.
        beside: why it does not arise for this policy, None where it does.
        objectives: what must hold under the fault, by label.
        hold: seconds that the fault lasts at least, whatever is decided sooner.
        scheduled: whether requests leave on the schedule of the traffic, and not as answers come.
    """

    name: str
    spec: ScenarioSpec
    where: str
    traffic: str
    injections: tuple[Injection, ...]
    beside: str | None
    objectives: Mapping[str, Objective]
    stops: tuple[Stop, ...]
    risk: Risk
    patience: float
    hold: float
    scheduled: bool

    @property
    def under(self) -> str:
        """The name of its traffic under the fault."""
        return f"{self.traffic}@{self.name}"

    @property
    def for_good(self) -> bool:
        """Whether nothing takes its faults back."""
        return bool(self.injections) and all(each.type in FOR_GOOD for each in self.injections)

    @property
    def hit(self) -> tuple[str, ...]:
        """Names of the dependencies that are hit."""
        return tuple(dict.fromkeys(each.on for each in self.injections if not each.process))

    def behaviour(self, name: str) -> Aspect | None:
        """What is asked under ``client_behaviour`` by that name."""
        return next((each for each in self.spec.client_behaviour if each.aspect == name), None)


def scenarios(loaded: LoadedPolicy) -> list[Scenario]:
    """The scenarios of a policy; all bundled ones where it has dependencies and says nothing of its own.

    Raises:
        UsageError: a fault that there is none of, or attributes that it does not take.
    """
    given: list[tuple[ScenarioSpec, tuple[str | int, ...]]] = [
        (_built(spec, loaded.where("spec", "resilience", index)), ("spec", "resilience", index))
        for index, spec in enumerate(loaded.spec.resilience)
    ]
    if not given and loaded.spec.dependencies and loaded.spec.traffic:
        given = [(_bundled(name), ()) for name in bundled_scenarios()]
    return [scenario(loaded, spec, path) for spec, path in given]


def scenario(loaded: LoadedPolicy, spec: ScenarioSpec, path: Sequence[str | int] = ()) -> Scenario:
    """One scenario, resolved against the policy.

    Raises:
        UsageError: as `scenarios`.
    """
    where = loaded.where(*path) if path else f"scenarios/{spec.title}.yaml"
    traffic = spec.traffic or loaded.spec.traffic[0].name
    injections, beside = _injections(loaded, spec, path, where)
    under = f"{traffic}@{spec.title}"
    objectives = {
        label: loaded.criterion(criterion, traffic, f"{spec.title}/{label}", under, where)
        for label, criterion in zip(spec.labels(), spec.during, strict=True)
    }
    return Scenario(
        name=spec.title,
        spec=spec,
        where=where,
        traffic=traffic,
        injections=injections,
        beside=beside,
        objectives=objectives,
        stops=tuple(
            Stop(loaded.criterion(each, traffic, f"{spec.title}/stop", under, where), each.over)
            for each in spec.stopConditions
        ),
        risk=spec.risk(loaded.risk),
        patience=spec.patience or max(LEAST_PATIENCE, 2 * _longest(objectives.values())),
        hold=max(spec.min_duration, _told_to_wait(injections, spec)),
        scheduled=_on_schedule(loaded.traffic(traffic)) and spec.concurrency != 1,
    )


def _on_schedule(traffic: TrafficSpec) -> bool:
    return traffic.arrivals is not None and traffic.arrivals.scheduled


def _built(spec: ScenarioSpec, where: str) -> ScenarioSpec:
    """What stands in the policy, on top of the bundled scenario that it names."""
    if spec.scenario is None:
        return spec
    base = _bundled(spec.scenario)
    own = {name: getattr(spec, name) for name in spec.model_fields_set}
    built = base.model_copy(update=own)
    if not built.inject:
        raise UsageError(f"the scenario {spec.title!r} injects nothing", where=where)
    return built


def _bundled(name: str) -> ScenarioSpec:
    """A scenario that ships with seatrial.

    Raises:
        UsageError: its file is not as it should be.
    """
    path = bundled("scenarios") / f"{name}.yaml"
    (tree,) = read_documents(path, f"scenarios/{name}.yaml")
    try:
        return ScenarioSpec.model_validate({"name": name, **tree.plain()})
    except ValidationError as error:
        raise PolicyError(schema_problems(error, ScenarioSpec, tree)) from error


def _injections(
    loaded: LoadedPolicy, spec: ScenarioSpec, path: Sequence[str | int], where: str
) -> tuple[tuple[Injection, ...], str | None]:
    found: list[Injection] = []
    for number, inject in enumerate(spec.inject):
        at = loaded.where(*path, "inject", number) if path else where
        place = f"{at} inject[{number}]"
        attributes = _checked(inject, place)
        names = _places(loaded, inject)
        if not names:
            speaking = " over HTTP" if inject.toxic.startswith(OF_REQUESTS) else ""
            return (), f"the policy has no {inject.role} that could be hit{speaking}"
        found += [
            Injection(
                on=name,
                type=inject.toxic,
                name=inject.name or inject.toxic.replace(".", "-"),
                attributes=attributes,
                toxicity=inject.toxicity,
                stream=inject.stream,
            )
            for name in names
        ]
    return tuple(found), None


def _places(loaded: LoadedPolicy, inject: InjectSpec) -> list[str]:
    """Names of what a fault is injected on."""
    if inject.on is not None:
        return [inject.on]
    if inject.role == "target":
        names = [target.name for target in loaded.spec.targets if target.process is not None]
    else:
        ours = [each for each in loaded.spec.dependencies if each.kind == inject.role]
        deaf = inject.toxic.startswith(OF_REQUESTS)
        names = [each.name for each in ours if not (deaf and each.protocol == "tcp")]
    return names if inject.which == "all" else names[:1]


def _checked(inject: InjectSpec, where: str) -> dict[str, Any]:
    """The attributes of a fault, as its kind reads them.

    Raises:
        UsageError: no such fault, an attribute it does not have, a value that does not fit.
    """
    from seatrial.faults import registry

    given = {**inject.attributes, **inject.when}
    if inject.toxic == DOWN:
        if given:
            raise UsageError(f"the fault {DOWN} has no attribute {next(iter(given))!r}", where=where)
        return {}
    if inject.toxic.startswith(PROCESS):
        from seatrial.faults.process.registry import check_process

        check_process(inject.toxic, given, where=where)
        return given
    return registry.check(inject.toxic, given, where=where)


def _longest(objectives: Any) -> float:
    """Seconds: the longest duration that a criterion allows."""
    limits = [
        each.threshold
        for each in objectives
        if each.sli.dimension == "duration" and each.threshold and each.op in ("lt", "lte")
    ]
    return max(limits, default=0.0)


def _told_to_wait(injections: Sequence[Injection], spec: ScenarioSpec) -> float:
    if not any(each.aspect == "retry-after-honoured" for each in spec.client_behaviour):
        return 0.0
    asked = [seconds(each.attributes.get("retry_after")) or 0.0 for each in injections]
    return max(asked, default=0.0) + MARGIN
