"""What can be wrong about an objective, and between two of them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from seatrial.core.errors import UsageError
from seatrial.core.indicator import Indicator
from seatrial.core.units import format_quantity, format_share
from seatrial.policy.objective import Bar, Criterion, ObjectiveSpec
from seatrial.policy.parts import Parts
from seatrial.policy.problems import Path, Problem, listed

_SIGNS = {"lt": "<", "lte": "≤", "gt": ">", "gte": "≥"}


def objectives_stand(parts: Parts) -> Iterator[Problem]:
    """Objectives that cannot be judged as they are written."""
    for index, objective in parts.objectives.items():
        at: Path = ("objectives", index)
        yield from _stage(parts, objective, at)
        try:
            sli = objective.sli
        except UsageError as error:
            yield parts.problem(error.what, error.hint or "", at=(*at, "indicator"))
            continue
        found = [*_criteria(parts, objective, sli, at), *_warning(parts, objective, sli, at)]
        yield from found
        if not found and objective.looser is not None:
            yield from _useless_warning(parts, objective, at)


def objectives_meet(parts: Parts) -> Iterator[Problem]:
    """Pairs of objectives that no system can meet both."""
    for (_, one), (index, other) in combinations(_judgeable(parts), 2):
        same = (one.sli.name, one.traffic, one.dataset) == (other.sli.name, other.traffic, other.dataset)
        if same and one.bar.contradicts(other.bar):
            first, second = (f"{each.name!r} ({told(each.bar)})" for each in (one, other))
            what = f"no system can meet both {first} and {second}"
            yield parts.problem(what, "correct one of them", at=("objectives", index))


def told(bar: Bar) -> str:
    """A bar in words: ``95 % ≤ 1 s``."""
    share = format_share(bar.target)
    return share if bar.value is None else f"{share} {_SIGNS[str(bar.op)]} {format_quantity(bar.value)}"


def _judgeable(parts: Parts) -> Iterator[tuple[int, ObjectiveSpec]]:
    """Objectives whose bar can be told."""
    for index, objective in parts.objectives.items():
        try:
            bar = objective.bar
        except UsageError:
            continue
        if bar.value is None or bar.op is not None:
            yield index, objective


def _stage(parts: Parts, objective: ObjectiveSpec, at: Path) -> Iterator[Problem]:
    """What it is judged on."""
    names = parts.names("traffic")
    if objective.traffic is None and objective.dataset is None:
        hint = f"add traffic: one of {listed(names)}" if names else "describe some under spec.traffic"
        yield parts.problem(
            "an objective is judged on traffic or on a dataset, and this one names neither", hint, at=at
        )
    elif objective.traffic is not None and objective.dataset is not None:
        yield parts.problem(
            "an objective is judged on traffic or on a dataset, not on both", at=(*at, "dataset")
        )
    elif objective.traffic is not None and objective.traffic not in names:
        yield parts.unknown("traffic", objective.traffic, at=(*at, "traffic"))
    traffic = parts.traffic_named(objective.traffic)
    if traffic and not traffic.stream and objective.indicator.endswith("time_per_output_chunk"):
        what = f"{objective.indicator} needs a stream, and traffic {traffic.name!r} asks for whole answers"
        yield parts.problem(what, f"set stream: true for traffic {traffic.name!r}", at=(*at, "indicator"))


def _criteria(parts: Parts, objective: ObjectiveSpec, sli: Indicator, at: Path) -> Iterator[Problem]:
    criterion = objective.pass_ or Criterion()
    for key in ("op", "value", "target"):
        if getattr(criterion, key) is not None and getattr(objective, key) is not None:
            yield parts.problem(f"{key} is given here and under pass: once is enough", at=(*at, key))
    if sli.dimension == "share":
        yield from _share(parts, objective, sli, at)
        return
    op, value = objective.op or criterion.op, objective.value
    value = criterion.value if value is None else value
    if op is None or value is None:
        missing = " and ".join(key for key, given in (("op", op), ("value", value)) if given is None)
        hint = (
            "such as op: lte, value: 500ms" if sli.dimension == "duration" else "such as op: lte, value: 100"
        )
        yield parts.problem(f"{sli.name} is a {sli.dimension}: {missing} is missing", hint, at=at)
    place = (*at, "pass" if objective.value is None and objective.pass_ else "value")
    yield from _quantity(parts, objective, sli, value, place)
    target = objective.target if criterion.target is None else criterion.target
    yield from _target(parts, target, at)


def _share(parts: Parts, objective: ObjectiveSpec, sli: Indicator, at: Path) -> Iterator[Problem]:
    """Indicators that know good from bad themselves take a target, and no op and value."""
    for key in ("op", "value", "unit"):
        if getattr(objective, key) is not None:
            what = f"{sli.name} itself tells good from bad: it takes a target, and no {key}"
            yield parts.problem(what, "write target: 99%", at=(*at, key))
    criterion = objective.pass_
    if criterion and criterion.value is not None:
        if criterion.op != "gte":
            yield parts.problem(
                f"a criterion for {sli.name} is a share with >=, such as >=99%", at=(*at, "pass")
            )
        yield from _quantity(parts, objective, sli, criterion.value, (*at, "pass"))
        if objective.target is not None:
            yield parts.problem("target is given here and under pass: once is enough", at=(*at, "target"))
        return
    target = objective.target if criterion is None or criterion.target is None else criterion.target
    yield from _target(parts, target, at)


def _target(parts: Parts, target: float | None, at: Path) -> Iterator[Problem]:
    if target is None:
        what = "the share that must be good is missing: target"
        yield parts.problem(what, "such as target: 95%", at=at)
    elif target <= 0:
        yield parts.problem("a target of 0 % is met by everything", "write such as 95%", at=(*at, "target"))


def _quantity(
    parts: Parts, objective: ObjectiveSpec, sli: Indicator, value: str | int | float | None, at: Path
) -> Iterator[Problem]:
    if value is None:
        return
    try:
        objective.quantity(value)
    except UsageError as error:
        yield parts.problem(f"{sli.name}: {error.what}", error.hint or "", at=at)


def _warning(parts: Parts, objective: ObjectiveSpec, sli: Indicator, at: Path) -> Iterator[Problem]:
    criterion, at = objective.warning, (*at, "warning")
    if criterion is None:
        return
    if criterion.value is None and criterion.target is None:
        yield parts.problem("a warning gives a value or a target", at=at)
    if sli.dimension != "share":
        if criterion.target is not None and criterion.target <= 0:
            yield parts.problem("a target of 0 % is met by everything", at=(*at, "target"))
    elif criterion.value is not None and criterion.op not in (None, "gte"):
        yield parts.problem(f"a criterion for {sli.name} is a share with >=, such as >=99%", at=at)
    yield from _quantity(parts, objective, sli, criterion.value, at)


def _useless_warning(parts: Parts, objective: ObjectiveSpec, at: Path) -> Iterator[Problem]:
    bar, looser = objective.bar, objective.looser
    assert looser is not None
    if looser.at_least_as_strict_as(bar):
        what = (
            f"the warning ({told(looser)}) is as strict as the objective ({told(bar)}): it could never warn"
        )
        yield parts.problem(what, "a warning is looser than what passes", at=(*at, "warning"))
    elif bar.contradicts(looser) or (bar.op in ("lt", "lte")) != (looser.op in ("lt", "lte")):
        what = f"the warning ({told(looser)}) looks the other way than the objective ({told(bar)})"
        yield parts.problem(what, "both are upper limits, or both lower ones", at=(*at, "warning"))
