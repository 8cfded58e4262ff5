"""What a game day's parts say together: names that must exist, steps that must make sense in their order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from seatrial.chaos.gameday.model import Background, GameDay, Spec, TargetRef
from seatrial.core.errors import UsageError
from seatrial.policy import dependency
from seatrial.policy.marked import Marked
from seatrial.policy.problems import Path, Problem, did_you_mean, listed
from seatrial.policy.schema_problems import schema_problems

if TYPE_CHECKING:
    from seatrial.policy.loader import LoadedPolicy

DOWN = "down"
"""The one fault that is no toxic: the proxy is switched off."""
ALL = "all"
_PLACEHOLDER = re.compile(r"\{([A-Za-z0-9._-]+)\.([a-z]+)\}")
_FACTS = {
    "systems": ("uri", "root", "address", "port", "key"),
    "dependencies": ("address",),
    "signals": ("url",),
}


def placeholders(text: str) -> list[tuple[str, str]]:
    """``(name, fact)`` of every placeholder in *text*."""
    return _PLACEHOLDER.findall(text)


def check(day: GameDay, tree: Marked, policy: LoadedPolicy | None) -> list[Problem]:
    """Everything that is wrong although each part is sound by itself."""
    found = _Checker(day.spec, tree, policy)
    return [
        *found.names(),
        *found.addresses(),
        *found.stage(),
        *found.script(),
        *found.references(),
        *found.stops(),
    ]


def dependency_names(spec: Spec, policy: LoadedPolicy | None) -> list[str]:
    """The dependencies of the game day and of its policy."""
    named = (*spec.dependencies, *(policy.spec.dependencies if policy else ()))
    return list(dict.fromkeys(each.name for each in named))


class _Checker:
    def __init__(self, spec: Spec, tree: Marked, policy: LoadedPolicy | None) -> None:
        self.spec = spec
        self.tree = tree
        self.policy = policy
        self.signals = [signal.name for signal in spec.signals]

    def problem(self, what: str, hint: str = "", *, at: Path) -> Problem:
        return self.tree.problem(("spec", *at), what, hint)

    def unknown(self, kind: str, name: str, known: list[str], *, at: Path) -> Problem:
        return self.problem(
            f"unknown {kind} {name!r}{did_you_mean(name, known)}", f"known: {listed(known)}", at=at
        )

    def names(self) -> Iterator[Problem]:
        """Systems, dependencies and signals share one space of names: placeholders name them all."""
        seen: dict[str, str] = {}
        for kind in _FACTS:
            for number, part in enumerate(getattr(self.spec, kind)):
                if part.name in seen:
                    said = f"the name {part.name!r} is taken by one of the {seen[part.name]}"
                    yield self.problem(said, at=(kind, number, "name"))
                seen.setdefault(part.name, kind)
        steps: set[str] = set()
        for number, step in enumerate(self.spec.steps):
            if step.name in steps or step.name == ALL:
                said = f"the step's name {step.name!r} is taken"
                yield self.problem(said, at=("steps", number, "name"))
            if step.name:
                steps.add(step.name)
            if step.role and self.spec.roles and step.role not in self.spec.roles:
                yield self.unknown("role", step.role, list(self.spec.roles), at=("steps", number, "role"))

    def addresses(self) -> Iterator[Problem]:
        """What a placeholder names must be there and have that fact; what is no placeholder must be valid."""
        facts = dict.fromkeys(dependency_names(self.spec, self.policy), _FACTS["dependencies"])
        facts |= {part.name: _FACTS[kind] for kind in _FACTS for part in getattr(self.spec, kind)}
        for path, item in self.tree.at(("spec",)).walk():
            for name, fact in placeholders(item.value) if isinstance(item.value, str) else ():
                if name not in facts:
                    yield self.unknown("name", name, list(facts), at=path)
                elif fact not in facts[name]:
                    yield self.problem(f"{name} has no {fact!r}", f"it has: {listed(facts[name])}", at=path)
        for number, part in enumerate(self.spec.dependencies):
            if not placeholders(part.upstream):
                try:
                    dependency.DependencySpec.model_validate(part.model_dump())
                except ValidationError as error:
                    base: Path = ("spec", "dependencies", number)
                    yield from schema_problems(error, dependency.DependencySpec, self.tree, base)

    def stage(self) -> Iterator[Problem]:
        """There must be a target and traffic, from this file or from the policy."""
        spec, policy = self.spec, self.policy
        if isinstance(spec.target, TargetRef) and spec.target.system is not None:
            systems = [each.name for each in spec.systems]
            if spec.target.system not in systems:
                yield self.unknown("system", spec.target.system, systems, at=("target", "system"))
        targets = [each.name for each in policy.spec.targets] if policy else []
        if isinstance(spec.target, str) and spec.target not in targets:
            yield self.unknown("target", spec.target, targets, at=("target",))
        if spec.target is None and len(targets) != 1:
            hint = "add target: {system: …} or {uri: …}, or a policy with one target"
            yield self.problem("the game day has no target", hint, at=())
        traffic = [each.name for each in policy.spec.traffic] if policy else []
        if isinstance(spec.traffic, str) and spec.traffic not in traffic:
            yield self.unknown("traffic", spec.traffic, traffic, at=("traffic",))
        if spec.traffic is None and len(traffic) != 1:
            yield self.problem(
                "the game day has no traffic: nothing could be seen to be hurt",
                "add traffic: {rate: 10}",
                at=(),
            )
        if isinstance(spec.traffic, Background):
            yield from self._prompts(spec.traffic.prompts)

    def _prompts(self, prompts: str) -> Iterator[Problem]:
        from seatrial.policy.parts import bundled_prompts, prompts_file

        folder = self.tree.at(("spec", "traffic")).origin.folder
        if not prompts_file(prompts, folder).is_file():
            known = f"bundled: {listed(bundled_prompts())}"
            yield self.problem(f"there are no prompts {prompts!r}", known, at=("traffic", "prompts"))

    def script(self) -> Iterator[Problem]:
        """Faults that exist, on dependencies that exist; reversals of what was injected before."""
        known = dependency_names(self.spec, self.policy)
        injected: list[str] = []
        for number, step in enumerate(self.spec.steps):
            at: Path = ("steps", number)
            if step.inject is not None:
                if step.inject.on not in known:
                    yield self.unknown("dependency", str(step.inject.on), known, at=(*at, "inject", "on"))
                yield from self._fault(step.inject.toxic, {**step.inject.attributes, **step.inject.when}, at)
                injected += [step.name] if step.name else []
            if step.revert not in (None, ALL, *injected):
                what = f"nothing called {step.revert!r} was injected before"
                hint = f"name a step that injects: {listed(injected)}; or all"
                yield self.problem(what, hint, at=(*at, "revert"))
            if step.run is not None:
                scenarios = [each.title for each in self.policy.spec.resilience] if self.policy else []
                if step.run not in scenarios:
                    yield self.unknown("scenario", step.run, scenarios, at=(*at, "run"))

    def _fault(self, toxic: str, attributes: dict[str, Any], at: Path) -> Iterator[Problem]:
        from seatrial.faults.registry import check as check_fault
        from seatrial.faults.registry import kinds

        if toxic == DOWN:
            return
        if toxic not in kinds():
            yield self.unknown("fault", toxic, sorted([DOWN, *kinds()]), at=(*at, "inject", "toxic"))
            return
        try:
            check_fault(toxic, attributes)
        except UsageError as error:
            yield self.problem(error.what, error.hint or "", at=(*at, "inject", "attributes"))

    def references(self) -> Iterator[Problem]:
        """Signals and steps that are named must be there, and come before what refers to them."""
        named: list[str] = []
        faults = False
        for number, step in enumerate(self.spec.steps):
            faults = faults or step.inject is not None or step.run is not None
            for key in ("expect", "checkpoint"):
                part = getattr(step, key)
                if part is None:
                    continue
                at: Path = ("steps", number, key)
                if part.since is not None and part.since not in named:
                    yield self.unknown("earlier step", part.since, named, at=(*at, "since"))
                if key == "expect" and part.signal not in self.signals:
                    yield self.unknown("signal", part.signal, self.signals, at=(*at, "signal"))
                if part.since is None and not faults and (key == "expect" or part.rto is not None):
                    hint = "inject a fault first, or name a step with since"
                    yield self.problem(f"no fault comes before this {key}", hint, at=at)
            named += [step.name] if step.name else []

    def stops(self) -> Iterator[Problem]:
        """Stop conditions on signals that are there."""
        for number, stop in enumerate(self.spec.stopConditions):
            if stop.signal is not None and stop.signal not in self.signals:
                at: Path = ("stopConditions", number, "signal")
                yield self.unknown("signal", stop.signal, self.signals, at=at)
