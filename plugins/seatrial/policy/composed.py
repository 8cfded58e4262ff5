"""Objectives that are made of others: which ones, where a policy does not say it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from seatrial.core.errors import UsageError
from seatrial.core.indicator import Indicator
from seatrial.policy.objective import ObjectiveSpec


class Asked(Protocol):
    """An objective, or a criterion under a fault, that may be made of others."""

    @property
    def sli(self) -> Indicator:
        """The indicator."""

    @property
    def of(self) -> tuple[str, ...]:
        """Names of those it is made of, where it says so."""


def parts_of(spec: Asked, traffic: str | None, objectives: Sequence[ObjectiveSpec]) -> list[ObjectiveSpec]:
    """The objectives that *spec* is made of, in the order of the policy; none for most.

    Args:
        traffic: name of the traffic it is judged on.
        objectives: all of the policy.

    Raises:
        UsageError: it is made of others, and there are none that fit; or one that it names does not.
    """
    composed = spec.sli.composed
    if not composed:
        if spec.of:
            raise UsageError(f"{spec.sli.name} is made of no other objectives", hint="leave out of")
        return []
    same = [each for each in objectives if each.traffic == traffic and _single(each)]
    if spec.of:
        found = [_named(name, same) for name in spec.of]
    elif composed == "latencies":
        found = [each for each in same if each.sli.dimension == "duration"]
    elif composed == "budget":
        found = [each for each in same if each.sli.name == "availability"]
    else:
        found = [each for each in same if each.sli.dimension in ("share", "duration")]
    return _fitting(spec, found)


def _single(spec: ObjectiveSpec) -> bool:
    """Whether it judges each request by itself."""
    try:
        sli = spec.sli
    except UsageError:
        return False
    return sli.events == "requests" and not sli.composed


def _named(name: str, same: Sequence[ObjectiveSpec]) -> ObjectiveSpec:
    for each in same:
        if each.name == name:
            return each
    known = ", ".join(each.name for each in same) or "none"
    raise UsageError(
        f"there is no objective {name!r} on single requests of the same traffic", hint=f"there are: {known}"
    )


def _fitting(spec: Asked, found: list[ObjectiveSpec]) -> list[ObjectiveSpec]:
    name, composed = spec.sli.name, spec.sli.composed
    if not found:
        kind = {"latencies": "on latency ", "budget": "on availability "}.get(composed, "")
        raise UsageError(
            f"{name} is made of the objectives {kind}of its traffic, and there is none",
            hint="add one, or name some: of: [NAME]",
        )
    if composed == "budget" and len(found) != 1:
        raise UsageError(f"{name} is of one objective, not of {len(found)}", hint="name it: of: [NAME]")
    return found
