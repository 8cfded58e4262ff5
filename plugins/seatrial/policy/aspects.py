"""What may be asked of a target under a fault beside objectives: names, and the numbers each takes.

They are judged in the room chaos; here they are only known, so that a policy is refused before anything runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

from seatrial.policy.fields import Model, PositiveCount, PositiveDuration, wrong
from seatrial.policy.problems import did_you_mean, listed

CLIENT_BEHAVIOUR: dict[str, tuple[str, ...]] = {
    "retry-after-honoured": (),
    "backoff-grows": (),
    "backoff-jitter": (),
    "backoff-bounded": ("within", "attempts"),
    "amplification": ("at_most",),
    "non-retryable-not-retried": (),
    "no-double-billing": (),
    "no-thundering-herd": ("at_most",),
    "no-stampede": ("at_most",),
    "breaker-opens": ("at_most",),
    "breaker-half-opens": ("within", "at_most"),
    "breaker-closes": ("within",),
    "fallback-order": (),
}
"""How the target behaves as a client of what it depends on, judged on the flight recorder."""

ANSWERS: dict[str, tuple[str, ...]] = {
    "errors-typed": (),
    "degraded-marked": (),
    "cuts-told": (),
    "model-kept": (),
    "health-truthful": (),
}
"""What the caller sees of it, judged on the answers."""

NUMBERS: dict[str, str] = {"at_most": "a number", "within": "a duration", "attempts": "a count"}


class Aspect(Model):
    """One thing that is asked for, with its limit where it has one."""

    aspect: str
    at_most: float | None = Field(None, gt=0, allow_inf_nan=False)
    """Of amplification, attempts a call; of a herd, times the rate before; of a stampede, attempts at once
    for callers who ask the same; of an open breaker, the share of the calls that pass; of a half-open one,
    how many at once."""
    within: PositiveDuration | None = None
    """The longest time it may take."""
    attempts: PositiveCount | None = None
    """The most attempts of one call."""


def _reader(known: Mapping[str, tuple[str, ...]]) -> Any:
    def read(value: Any) -> Any:
        if isinstance(value, Aspect):
            return value
        if isinstance(value, str):
            value = {value: {}}
        if isinstance(value, dict) and len(value) == 1:
            name, limits = next(iter(value.items()))
            return {"aspect": _known(str(name), known), **_limits(str(name), limits, known)}
        raise wrong("a name is expected, or a name with its limits", "such as amplification: {at_most: 2}")

    return read


def _known(name: str, known: Mapping[str, tuple[str, ...]]) -> str:
    if name not in known:
        guess = did_you_mean(name, known)
        raise wrong(f"{name!r} is not known here{guess}", f"known: {listed(known)}")
    return name


def _limits(name: str, limits: Any, known: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    takes = known[name]
    if limits is None:
        limits = {}
    if not isinstance(limits, dict):
        raise wrong(
            f"{name} takes its limits by name", f"such as {name}: {{{takes[0]}: ...}}" if takes else ""
        )
    for key in limits:
        if key not in takes:
            hint = f"it takes: {listed(takes)}"
            raise wrong(f"{name} takes no {key!r}{did_you_mean(str(key), takes)}", hint)
    return limits


def _write(aspect: Aspect) -> Any:
    limits = aspect.model_dump(mode="json", exclude_none=True, exclude={"aspect"})
    return {aspect.aspect: limits} if limits else aspect.aspect


def _schema(known: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    properties = {
        name: {"type": "object", "properties": {key: {} for key in takes}, "additionalProperties": False}
        for name, takes in known.items()
        if takes
    }
    longer = {"type": "object", "properties": properties, "additionalProperties": False, "maxProperties": 1}
    return {"anyOf": [{"enum": list(known)}, longer]}


Behaviour = Annotated[
    Aspect,
    BeforeValidator(_reader(CLIENT_BEHAVIOUR)),
    PlainSerializer(_write),
    WithJsonSchema(_schema(CLIENT_BEHAVIOUR)),
]
AnswerAspect = Annotated[
    Aspect, BeforeValidator(_reader(ANSWERS)), PlainSerializer(_write), WithJsonSchema(_schema(ANSWERS))
]
