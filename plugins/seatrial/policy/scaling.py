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


class ScalingSpec(Model):
    """Load steps up and down again; the objectives of the traffic must hold again within a time."""

    traffic: str | None = None
    """Name of the traffic: its target, prompts and objectives; the only one by default."""
    rate: PositiveRate
    """Load before and after the peak."""
    peak: PositiveRate
    """Load beyond what serves the load before."""
    before: PositiveDuration
    """How long the load before the peak lasts."""
    lasting: PositiveDuration
    """How long the peak lasts."""
    after: PositiveDuration
    """How long the load after the peak lasts."""
    recover_within: PositiveDuration
    """After the step up, until every objective holds again; what is left of the peak is judged."""
    back_within: PositiveDuration | None = None
    """After the step down, until there are no more replicas than before it; needs a gauge."""
    gauge: GaugeSpec | None = None
    """Without one, outsiders see latency and served rate only."""

    @model_validator(mode="after")
    def _room(self) -> ScalingSpec:
        if self.peak <= self.rate:
            raise wrong("the peak is no higher than the load around it", "raise peak")
        if self.recover_within >= self.lasting:
            raise wrong("the peak is over before the objectives must hold again", "raise lasting")
        if self.back_within is not None and self.gauge is None:
            raise wrong("whether it scaled back cannot be seen without a gauge", "name a gauge")
        if self.back_within is not None and self.back_within > self.after:
            raise wrong("the load after the peak ends before it must have scaled back", "raise after")
        return self
