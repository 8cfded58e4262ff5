"""How much load a target must carry: the search for its capacity, and the demand that it has to meet."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, WithJsonSchema, model_validator

from seatrial.policy.fields import Duration, Model, Name, PositiveCount, PositiveDuration, Rate, Share, wrong

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


def _positive(value: float) -> float:
    if not value > 0:
        raise wrong("it must be more than 0")
    return value


def _factor(value: float) -> float:
    if not 0 < value <= 100:
        raise wrong("a factor is more than 0 and at most 100", "1.15 is 15 % more, 0.95 is 5 % less")
    return value


def _month(value: Any) -> str:
    # An unquoted 2026-11 is a text in YAML 1.2 and in ours; a full date is one to people, and no month.
    if not isinstance(value, str) or not _MONTH.fullmatch(value.strip()):
        raise wrong(f"{value!r} is no month", "write such as 2026-11")
    return value.strip()


def _seasons(value: Any) -> Any:
    """Twelve factors from January on, or only the months that differ, by number."""
    if isinstance(value, list):
        if len(value) != 12:
            raise wrong(f"{len(value)} factors where a year has 12 months", "or name months: {11: 1.2}")
        return dict(enumerate(value, 1))
    if isinstance(value, dict):
        strange = [key for key in value if str(key) not in {str(month) for month in range(1, 13)}]
        if strange:
            raise wrong(f"{strange[0]!r} is no month of the year", "1 is January, 12 is December")
        return {int(key): factor for key, factor in value.items()}
    raise wrong("twelve factors, or months with their factors", "such as {11: 1.2, 12: 1.3}")


PositiveRate = Annotated[Rate, AfterValidator(_positive)]
PositiveShare = Annotated[Share, AfterValidator(_positive)]
Factor = Annotated[float, AfterValidator(_factor)]
Month = Annotated[
    str, BeforeValidator(_month), WithJsonSchema({"type": "string", "pattern": r"^\d{4}-(0[1-9]|1[0-2])$"})
]
_FACTORS = {"type": "array", "items": {"type": "number"}, "minItems": 12, "maxItems": 12}
_BY_MONTH = {
    "type": "object",
    "patternProperties": {"^([1-9]|1[0-2])$": {"type": "number"}},
    "additionalProperties": False,
}
Season = Annotated[
    dict[int, Factor],
    BeforeValidator(_seasons),
    PlainSerializer(lambda months: {str(month): factor for month, factor in months.items()}),
    WithJsonSchema({"anyOf": [_FACTORS, _BY_MONTH]}),
]


class LevelSpec(Model):
    """One level of the search: Poisson arrivals at one rate, until every objective is decided there."""

    duration: PositiveDuration = 120.0
    """Sending at the most, the warm-up left out."""
    requests: PositiveCount = 50_000
    """Requests at the most."""
    warmup: Duration = 2.0
    """Sending at the level's rate that is no evidence."""
    least: Duration = 5.0
    """Sending at the least before a level counts as held."""
    pause: Duration = 1.0
    """Silence before the next level."""

    @model_validator(mode="after")
    def _fits(self) -> LevelSpec:
        if self.least > self.duration:
            raise wrong("a level lasts at least longer than at the most", "least up to duration")
        return self


class Factors(Model):
    """What changes demand, a month."""

    growth: Factor | None = None
    """Users, a month: 1.15 is 15 % more."""
    usage: Factor | None = None
    """Use by each user, a month."""
    efficiency: Factor | None = None
    """Load of each use, a month: 0.95 is 5 % less by better models, prompts and caches."""
    season: Season | None = None
    """Factors of the months of a year, from January on, or only of those that differ: {11: 1.2}."""
    surge: Factor | None = None
    """A factor on every month: an event that nobody plans."""


class ScenarioFactors(Factors):
    """A scenario: what it leaves out is as in the demand itself."""

    lasts: PositiveCount | None = None
    """Months that the measured capacity must suffice in this scenario."""


class DemandSpec(Factors):
    """Demand, projected month by month: now, times growth, usage and efficiency each month, times season."""

    now: PositiveRate
    """Requests in the busiest second of today."""
    month: Month | None = None
    """The month of now, such as 2026-11; that of the run by default. Its season is in now already."""
    months: Annotated[int, Field(ge=1, le=120)] = 36
    """How far to look."""
    lasts: PositiveCount | None = None
    """Months that the measured capacity must suffice in the base scenario."""
    scenarios: dict[Name, ScenarioFactors] = Field(default_factory=dict)
    """Such as base, optimistic, pessimistic and stress; base alone, as the demand itself, by default."""

    @model_validator(mode="after")
    def _within(self) -> DemandSpec:
        asked = [self.lasts, *(scenario.lasts for scenario in self.scenarios.values())]
        if any(months is not None and months > self.months for months in asked):
            raise wrong("it must last for longer than is looked ahead", "raise months")
        return self


class CapacitySpec(Model):
    """The highest rate at which every objective of a traffic holds."""

    traffic: str | None = None
    """Name of the traffic: its target, prompts and objectives; the only one by default."""
    from_: PositiveRate = Field(1.0, alias="from")
    """The first level."""
    to: PositiveRate = 10_000.0
    """The highest level."""
    precision: PositiveShare = 0.1
    """How far apart the highest rate that held and the lowest that broke may end, as a share of the rate; and
    by what share answers may stay behind arrivals where a level holds."""
    at_least: PositiveRate | None = None
    """The rate that must be shown to hold."""
    level: LevelSpec = Field(default_factory=LevelSpec)
    demand: DemandSpec | None = None

    @model_validator(mode="after")
    def _upwards(self) -> CapacitySpec:
        if self.to < self.from_:
            raise wrong(f"the search goes up, and {self.to:g}/s is below {self.from_:g}/s", "from, then to")
        if self.at_least is not None and self.at_least > self.to:
            raise wrong("at_least is beyond the highest level", "raise to")
        return self
