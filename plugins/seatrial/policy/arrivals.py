"""When requests leave, as a policy writes it: ``arrivals: {kind: poisson, rate: 200/s}``."""

from __future__ import annotations

from typing import Any, Literal, get_args

from pydantic import Field, model_validator

from seatrial.core.units import format_duration, format_rate
from seatrial.policy.fields import Duration, Model, PositiveCount, PositiveDuration, Rate, wrong

Kind = Literal[
    "constant",
    "poisson",
    "gamma",
    "ramp",
    "steps",
    "spike",
    "sinusoid",
    "trace",
    "closed",
    "single-stream",
    "multi-stream",
    "server",
    "offline",
]
Process = Literal["poisson", "constant", "gamma"]
Unit = Literal["s", "ms"]

BLOCK = 512
"""Tokens that a hash id of a trace stands for, where the policy says nothing: as in Mooncake's traces
(https://github.com/kvcache-ai/Mooncake, FAST25-release)."""

_NEEDS: dict[str, tuple[str, ...]] = {
    "constant": ("rate",),
    "poisson": ("rate",),
    "gamma": ("rate",),
    "ramp": ("start", "rate"),
    "steps": ("rates", "each"),
    "spike": ("rate", "peak", "at", "lasting"),
    "sinusoid": ("rate", "amplitude", "period"),
    "trace": ("file",),
    "closed": ("think_time",),
    "single-stream": (),
    "multi-stream": ("samples",),
    "server": ("rate",),
    "offline": (),
}
_MAY: dict[str, tuple[str, ...]] = {"trace": ("unit", "block"), "offline": ("samples",)}
_EVERY = {"kind", "process", "cv"}

CLOSED = ("closed", "single-stream", "multi-stream")
"""Kinds in which a request waits for an answer to another one: so many are in flight, and no more."""
LATENCY_SHARES = {"single-stream": 0.90, "multi-stream": 0.99, "server": 0.99}
"""The percentile of latency that MLPerf judges a scenario by: ``target_latency_percentile`` of LoadGen's
mlperf.conf (https://github.com/mlcommons/inference/blob/master/loadgen/mlperf.conf)."""


class ArrivalsSpec(Model):
    """When requests leave. A schedule is drawn in advance, and latency counts from it, so that a stalled
    target cannot hide its queue; in a closed loop a request waits for the answer to another one.

    The last four kinds are MLPerf's scenarios, after LoadGen's mlperf.conf: single-stream is judged by the
    90th percentile of latency, multi-stream by the 99th of its queries (8 samples each there, 662 queries at
    the least), server by the 99th of its requests, offline by throughput. Each lasts 600 s at the least:
    risk.min_duration sets that here.
    """

    kind: Kind
    """constant, poisson or gamma (bursty) at one rate; ramp, steps, spike or sinusoid; a recorded trace;
    closed (users who think between answer and question); MLPerf's single-stream, multi-stream, server
    (Poisson) and offline (all at once)."""
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
    """A trace relative to the policy (CSV with a header, or JSON lines): a column of arrival times, and where
    they are known, of input tokens, output tokens, session and turn, or hash ids."""
    unit: Unit | None = None
    """Of a trace's times that are numbers: s (the default) or ms."""
    block: PositiveCount | None = None
    """Tokens that each hash id of a trace stands for; 512 by default."""
    think_time: PositiveDuration | None = None
    """How long a user of a closed loop thinks on average; there are as many users as concurrency says."""
    samples: PositiveCount | None = None
    """Requests that leave together in multi-stream; in offline all prompts of the set by default."""
    process: Process = "poisson"
    """How arrivals scatter around a ramp, steps, a spike or a sinusoid, and think times around their mean
    (poisson: exponentially)."""
    cv: float = Field(2.0, gt=0, allow_inf_nan=False)
    """Coefficient of variation of gamma gaps; above 1 arrivals come in bursts."""

    @model_validator(mode="after")
    def _fits(self) -> ArrivalsSpec:
        needed = _NEEDS[self.kind]
        missing = [name for name in needed if getattr(self, name) is None]
        if missing:
            raise wrong(f"arrivals of kind {self.kind} need {' and '.join(missing)}")
        known = (*needed, *_MAY.get(self.kind, ()))
        strange = sorted(self.model_fields_set - _EVERY - set(known))
        if strange:
            raise wrong(
                f"arrivals of kind {self.kind} have no {' and no '.join(strange)}",
                f"they have {', '.join(known)}" if known else "they have nothing beside their kind",
            )
        return self

    @property
    def closed(self) -> bool:
        """Whether a request waits for the answer to another one."""
        return self.kind in CLOSED

    @property
    def scheduled(self) -> bool:
        """Whether requests leave on a schedule, however slow the answers are."""
        return not self.closed and self.kind != "offline"

    def told(self, users: int = 1) -> str:
        """The arrivals in words, as plans and reports have them.

        Args:
            users: of a closed loop.
        """
        given: Any = self  # which fields are there was checked
        if self.kind in _WORDS:
            return _WORDS[self.kind]
        if self.kind == "closed":
            who = f"{users} users who think" if users > 1 else "1 user who thinks"
            scattered = "" if self.process == "constant" else " on average"
            return f"{who} for {format_duration(given.think_time)}{scattered} before the next request"
        if self.kind == "multi-stream":
            return f"MLPerf's multi-stream: queries of {self.samples} requests, one after the other"
        if self.kind == "server":
            return f"MLPerf's server: poisson arrivals at {format_rate(given.rate)}"
        if self.kind == "ramp":
            return f"arrivals in a ramp from {format_rate(given.start)} to {format_rate(given.rate)}"
        if self.kind == "steps":
            rates = ", ".join(format_rate(rate) for rate in given.rates)
            return f"arrivals in steps of {rates}, {format_duration(given.each)} each"
        if self.kind == "spike":
            return f"arrivals at {format_rate(given.rate)} with a spike of {format_rate(given.peak)}"
        if self.kind == "trace":
            return f"arrivals of the trace {self.file}"
        return f"{self.kind} arrivals at {format_rate(given.rate)}"


_WORDS = {
    "single-stream": "MLPerf's single-stream: one request after the other",
    "offline": "MLPerf's offline: all at once",
}
KINDS: tuple[str, ...] = get_args(Kind)
