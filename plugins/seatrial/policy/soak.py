"""Soak: a steady low rate for hours, and what may not grow meanwhile."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from seatrial.policy.fields import Duration, Model, Name, PositiveCount, PositiveDuration, Rate, Share, wrong
from seatrial.policy.target import UrlPath


def _above_zero(value: float) -> float:
    if not value > 0:
        raise wrong("it must be more than 0", "nothing is ever shown not to grow at all")
    return value


Growth = Annotated[Share, AfterValidator(_above_zero)]


class GrowthSpec(Model):
    """How much each may grow over the soak (or its horizon), of what it was at the beginning."""

    latency: Growth = 0.1
    """Of the median, and of the 95th percentile, of the time to the last byte."""
    errors: Growth = 0.01
    """Of the share of failed requests, in points: from the first third to the last."""
    memory: Growth = 0.1
    """Of the resident memory of the target's process."""
    files: Growth = 0.1
    """Of its open file descriptors."""


class GaugeSpec(Model):
    """A figure that the target tells about itself on a page in Prometheus' format."""

    name: Name
    page: UrlPath = "/metrics"
    """From the root of the target's host."""
    metric: str = Field(pattern=r"^[a-zA-Z_:][a-zA-Z0-9_:]*$")
    """Such as process_resident_memory_bytes; samples of several labels are added up."""
    labels: dict[str, str] = Field(default_factory=dict)
    """Only samples with these labels count."""
    growth: Growth = 0.1


class SoakSpec(Model):
    """Whether the target is the same after hours: memory, files, latency and errors, tested for a trend."""

    duration: PositiveDuration = 7200.0
    rate: Annotated[Rate, AfterValidator(_above_zero)] = 2.0
    """Requests a second, at random times."""
    settle: Share = 0.1
    """The part at the beginning that is not judged: caches fill, pools grow to their size."""
    horizon: Duration | None = None
    """How long the target must last without a restart; growth is projected to it. The duration by default."""
    checkpoints: PositiveCount = 120
    """Looks at everything; after each an interrupted soak can go on."""
    growth: GrowthSpec = Field(default_factory=GrowthSpec)
    gauges: tuple[GaugeSpec, ...] = ()

    @model_validator(mode="after")
    def _fits(self) -> SoakSpec:
        if not 20 <= self.checkpoints <= 240:
            raise wrong(
                f"{self.checkpoints} checkpoints", "20 to 240: a trend needs points, and no more than these"
            )
        if self.settle > 0.5:
            raise wrong("more than half of the soak would not be judged", "settle: 10%")
        names = [gauge.name for gauge in self.gauges]
        taken = {"latency", "latency-p95", "errors", "memory", "files"}
        if len(names) != len(set(names)) or taken & set(names):
            raise wrong("two figures of one name", f"{', '.join(sorted(taken))} are there already")
        return self
