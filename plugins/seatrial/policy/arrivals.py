"""When requests leave, as a policy writes it: ``arrivals: {kind: poisson, rate: 200/s}``."""

from __future__ import annotations

from typing import Literal, get_args

from pydantic import Field, model_validator

from seatrial.policy.fields import Duration, Model, PositiveDuration, Rate, wrong

Kind = Literal["constant", "poisson", "gamma", "ramp", "steps", "spike", "sinusoid", "trace"]
Process = Literal["poisson", "constant", "gamma"]

_NEEDS: dict[str, tuple[str, ...]] = {
    "constant": ("rate",),
    "poisson": ("rate",),
    "gamma": ("rate",),
    "ramp": ("start", "rate"),
    "steps": ("rates", "each"),
    "spike": ("rate", "peak", "at", "lasting"),
    "sinusoid": ("rate", "amplitude", "period"),
    "trace": ("file",),
}
_EVERY = {"kind", "process", "cv"}


class ArrivalsSpec(Model):
    """A schedule drawn in advance: latency counts from it, so that a stalled target cannot hide its queue."""

    kind: Kind
    """constant, poisson or gamma (bursty) at one rate; ramp, steps, spike or sinusoid; a recorded trace."""
    rate: Rate | None = None
    """Requests a second, such as 200/s; the end of a ramp, the mean of a sinusoid, the base of a spike."""
    start: Rate | None = None
    """Where a ramp begins."""
    rates: tuple[Rate, ...] | None = Field(None, min_length=1)
    """The rates of steps, one after the other."""
    each: PositiveDuration | None = None
    """How long each step lasts."""
    peak: Rate | None = None
    """The rate within a spike."""
    at: Duration | None = None
    """When a spike begins."""
    lasting: PositiveDuration | None = None
    """How long a spike lasts."""
    amplitude: Rate | None = None
    """By how much a sinusoid swings."""
    period: PositiveDuration | None = None
    """The period of a sinusoid."""
    file: str | None = None
    """A trace relative to the policy: a column of arrival times in seconds (CSV or JSON lines)."""
    process: Process = "poisson"
    """How arrivals scatter around a ramp, steps, a spike or a sinusoid."""
    cv: float = Field(2.0, gt=0, allow_inf_nan=False)
    """Coefficient of variation of gamma gaps; above 1 arrivals come in bursts."""

    @model_validator(mode="after")
    def _fits(self) -> ArrivalsSpec:
        needed = _NEEDS[self.kind]
        missing = [name for name in needed if getattr(self, name) is None]
        if missing:
            raise wrong(f"arrivals of kind {self.kind} need {' and '.join(missing)}")
        strange = sorted(self.model_fields_set - _EVERY - set(needed))
        if strange:
            raise wrong(
                f"arrivals of kind {self.kind} have no {' and no '.join(strange)}",
                f"they have {', '.join(needed)}",
            )
        return self


KINDS: tuple[str, ...] = get_args(Kind)
