"""What a policy's parts must be to each other: names that exist, units that fit, criteria that can be met."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from seatrial.policy.checks_arrivals import arrivals_stand
from seatrial.policy.checks_load import load_stands, under_load
from seatrial.policy.checks_objective import objectives_meet, objectives_stand
from seatrial.policy.checks_remediation import remediation_stands
from seatrial.policy.checks_resilience import dependencies_stand, scenarios_stand
from seatrial.policy.parts import Parts, bundled_prompts, file_of, prompts_file
from seatrial.policy.problems import Problem, did_you_mean, listed

_TWINS = {
    "targets": "name",
    "traffic": "name",
    "objectives": "name",
    "dependencies": "name",
    "resilience": "name",
    "signals": "name",
    "remediation": "name",
    "waivers": "control_id",
    "checklists": "name",
}


def check(parts: Parts) -> list[Problem]:
    """Everything wrong between the parts, in order of the document."""
    checks: tuple[Callable[[Parts], Iterator[Problem]], ...] = (
        _twins,
        _targets,
        _traffic,
        objectives_stand,
        objectives_meet,
        under_load,
        load_stands,
        arrivals_stand,
        dependencies_stand,
        scenarios_stand,
        remediation_stands,
        _files,
        _something,
    )
    return [problem for one in checks for problem in one(parts)]


def _twins(parts: Parts) -> Iterator[Problem]:
    for kind, key in _TWINS.items():
        items = parts.tree.at(("spec", kind)).value
        seen: Counter[str] = Counter()
        for index, item in enumerate(items if isinstance(items, list) else ()):
            name = item.child(key).value if item.child(key) else item.value
            if isinstance(name, str):
                seen[name] += 1
                if seen[name] == 2:
                    yield parts.problem(f"{name!r} is there already: each name once", at=(kind, index, key))


def _targets(parts: Parts) -> Iterator[Problem]:
    if parts.trial and not parts.tree.at(("spec", "targets")).value:
        yield parts.problem("there is no target", "name one under spec.targets, or give --target URL", at=())
    for index, target in parts.targets.items():
        at = ("targets", index)
        if target.protocol == "http-json" and target.http is None:
            yield parts.problem(
                "the protocol http-json needs to be told how to ask",
                "add http: {path: ..., body: ..., answer: $.JSONPath}",
                at=at,
            )
        elif target.protocol != "http-json" and target.http is not None:
            yield parts.problem(
                f"the protocol {target.protocol} knows itself how to ask: http is for http-json",
                at=(*at, "http"),
            )
        if target.prices and len({target.prices.input.currency, target.prices.output.currency}) > 1:
            yield parts.problem("prices are in one currency", at=(*at, "prices"))


def _traffic(parts: Parts) -> Iterator[Problem]:
    names = parts.names("targets")
    for index, traffic in parts.traffic.items():
        at = ("traffic", index)
        if traffic.target is not None and traffic.target not in names:
            yield parts.unknown("targets", traffic.target, at=(*at, "target"))
        elif traffic.target is None and len(names) > 1:
            hint = f"add target: one of {listed(names)}"
            yield parts.problem("there is more than one target, and the traffic names none", hint, at=at)
        target = parts.target_of(traffic)
        if target is None:
            continue
        if traffic.stream and target.protocol == "http-json":
            yield parts.problem("the protocol http-json does not stream", at=(*at, "stream"))
        cost = traffic.budget.cost
        if cost is None:
            continue
        if target.prices is None:
            hint = "add prices: {input: ..., output: ...}, each for a million tokens"
            what = f"a budget of money needs the prices of target {target.name!r}"
            yield parts.problem(what, hint, at=(*at, "budget", "cost"))
        elif cost.amount and cost.currency != target.prices.input.currency:
            what = f"the budget is in {cost.currency}, the prices are in {target.prices.input.currency}"
            yield parts.problem(what, at=(*at, "budget", "cost"))


def _files(parts: Parts) -> Iterator[Problem]:
    """Files that are named and are not there."""
    if not parts.trial:
        return
    for index, traffic in parts.traffic.items():
        at = ("traffic", index, "prompts")
        folder = parts.tree.at(("spec", *at)).origin.folder
        if prompts_file(traffic.prompts, folder).is_file():
            continue
        known = bundled_prompts()
        what = f"there are no prompts {traffic.prompts!r}{did_you_mean(traffic.prompts, known)}"
        yield parts.problem(what, f"a JSONL file relative to the policy, or one of: {listed(known)}", at=at)
    for index, target in parts.targets.items():
        at = ("targets", index, "tls")
        folder = parts.tree.at(("spec", *at)).origin.folder
        if target.tls.ca and not file_of(target.tls.ca, folder).is_file():
            yield parts.problem(f"there is no file {target.tls.ca!r}", at=(*at, "ca"))
    for index, objective in parts.objectives.items():
        at = ("objectives", index, "dataset")
        folder = parts.tree.at(("spec", *at)).origin.folder
        if objective.dataset and not file_of(objective.dataset, folder).is_file():
            yield parts.problem(f"there is no file {objective.dataset!r}", at=at)


def _something(parts: Parts) -> Iterator[Problem]:
    spec = parts.tree.at(("spec",))
    asked = ("objectives", "suites", "checklists", "resilience", "remediation", "capacity", "scaling")
    if not any(spec.at((key,)).value for key in asked if spec.child(key)):
        yield parts.problem(
            "there is nothing to measure: neither objectives nor scenarios nor suites nor checklists",
            "a policy that asks for nothing certifies nothing",
            at=(),
        )
