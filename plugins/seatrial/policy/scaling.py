"""Auto-scaling, judged from outside: a step of load up, and down again."""

from __future__ import annotations

from pydantic import model_validator

from seatrial.policy.capacity import PositiveRate
from seatrial.policy.fields import Model, PositiveDuration, wrong
from seatrial.policy.target import UrlPath


class GaugeSpec(Model):
    """Where the target tells how many replicas it has."""

    path: UrlPath = "/metrics"
    """A page in the text format of Prometheus."""
    metric: str
    """The gauge's name; the values of all its series are added up."""
    every: PositiveDuration = 1.0
    """Time between two looks."""


class StepSpec(Model):
    """One stretch of the step."""

    rate: PositiveRate
    duration: PositiveDuration


class ScalingSpec(Model):
    """Load steps up and down; the objectives of the traffic must hold again within a time."""

    traffic: str | None = None
    """Name of the traffic: its target, prompts and objectives; the only one by default."""
    before: StepSpec
    """Load that holds from the beginning."""
    peak: StepSpec
    """Load beyond what serves the load before."""
    after: StepSpec
    """Load that the scale-in has to follow."""
    recover_within: PositiveDuration
    """After the step up, until every objective holds again."""
    back_within: PositiveDuration | None = None
    """After the step down, until there are no more replicas than before the step; needs a gauge."""
    gauge: GaugeSpec | None = None
    """Without one, outsiders see latency and served rate only."""

    @model_validator(mode="after")
    def _room(self) -> ScalingSpec:
        if not self.before.rate < self.peak.rate > self.after.rate:
            raise wrong("the peak is not above what comes before and after it", "raise peak.rate")
        if self.recover_within >= self.peak.duration:
            raise wrong(
                "the peak is over before the objectives must hold again",
                "peak.duration beyond recover_within: what lies between is judged",
            )
        if self.back_within is not None and self.gauge is None:
            raise wrong("whether it scaled back cannot be seen without a gauge", "name a gauge")
        if self.back_within is not None and self.back_within > self.after.duration:
            raise wrong("the load after the peak is over before back_within", "raise after.duration")
        return self
