"""Traffic: what is sent to a target, how fast, and what it may cost."""

from __future__ import annotations

from typing import Any

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from seatrial.policy.arrivals import ArrivalsSpec
from seatrial.policy.fields import (
    Count,
    Flag,
    Model,
    Name,
    PositiveCount,
    PositiveDuration,
    Price,
    SecretText,
    wrong,
)
from seatrial.policy.soak import SoakSpec


class BudgetSpec(Model):
    """Upper limits of one traffic; it stops earlier, as soon as every objective on it is decided."""

    requests: PositiveCount | None = None
    """Requests, warm-up not counted."""
    duration: PositiveDuration | None = None
    """Time of sending."""
    cost: Price | None = None
    """Money by the target's prices."""

    @model_validator(mode="after")
    def _bounded(self) -> BudgetSpec:
        if self.requests is None and self.duration is None and self.cost is None:
            raise wrong("a budget without a limit", "give requests, duration or cost")
        return self


class TenantSpec(Model):
    """One of several callers of a traffic, with a key of its own."""

    name: Name
    apiKey: SecretText | None = None
    """The key that it sends; the target's own by default."""
    weight: PositiveCount = 1
    """How many of its requests are in each round of all tenants."""


class TrafficSpec(Model):
    """A stream of requests to one target, shared by all objectives that name it."""

    name: Name
    target: str | None = None
    """Name of the target; the only one by default."""
    prompts: str = "bundled/chat-short"
    """A bundled prompt set (bundled/NAME), or a JSONL file relative to the policy."""
    concurrency: PositiveCount = 4
    """Requests in flight where there are no arrivals (closed loop); users where arrivals are closed."""
    arrivals: ArrivalsSpec | None = None
    """When requests leave: on schedule, however slow the answers are (open loop: latency counts from then),
    or as users who think ask (closed)."""
    connections: PositiveCount | None = None
    """Most connections at a time under arrivals; requests beyond wait, and their waiting counts."""
    duration: PositiveDuration | None = None
    """How long the arrivals last; the budget's duration by default."""
    processes: PositiveCount | None = None
    """Processes of this machine that send the arrivals, with connections of their own; one by default."""
    parquet: Flag = False
    """Whether every exchange is also kept as a row of exchanges-NAME.parquet beside the journal."""
    stream: Flag = False
    """Whether answers are asked for as a stream."""
    warmup: Count = 8
    """Requests sent first and kept apart."""
    max_tokens: PositiveCount | None = None
    """Longest answer asked for."""
    params: dict[str, Any] = Field(default_factory=dict)
    """Further fields of the request, as the protocol names them, such as temperature."""
    budget: BudgetSpec = Field(
        default_factory=lambda: BudgetSpec.model_validate({"requests": 10_000, "duration": "5m"})
    )
    tenants: tuple[TenantSpec, ...] = ()
    """Callers that take turns, each with a key of its own; fairness is judged between them."""
    soak: SoakSpec | None = None
    """Whether the target stays the same for hours under the prompts of this traffic, at a low rate."""
    seed: Count | None = None
    """Of the order of prompts; derived from the run's seed by default."""

    @model_validator(mode="after")
    def _tenants_differ(self) -> TrafficSpec:
        names = [tenant.name for tenant in self.tenants]
        if len(names) != len(set(names)):
            raise wrong("two tenants of one name", "each tenant once; weight gives it more requests")
        return self

    @property
    def in_flight(self) -> int | None:
        """Requests in flight at the most in a closed loop; None where a schedule knows of none."""
        if self.arrivals is None or self.arrivals.kind == "closed":
            return self.concurrency
        if self.arrivals.kind == "single-stream":
            return 1
        return self.arrivals.samples if self.arrivals.kind == "multi-stream" else None

    @property
    def pattern(self) -> str:
        """How requests leave, in words."""
        if self.arrivals is None:
            return f"{self.concurrency} at a time"
        return self.arrivals.told(self.concurrency)

    @model_serializer(mode="wrap")
    def _dumped(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """A default that says nothing here is left out: what is dumped must read in again."""
        dumped: dict[str, Any] = dump(self)
        if self.arrivals is not None and self.arrivals.kind != "closed":
            dumped.pop("concurrency", None)
        return dumped

    @model_validator(mode="after")
    def _one_loop(self) -> TrafficSpec:
        if self.arrivals is None:
            for name in ("connections", "duration", "processes"):
                if getattr(self, name) is not None:
                    raise wrong(
                        f"{name} belongs to arrivals, and there are none",
                        "name arrivals, or use concurrency and budget",
                    )
        elif not self.arrivals.scheduled:
            self._without_schedule(self.arrivals)
        elif "concurrency" in self.model_fields_set:
            raise wrong(
                "arrivals leave on schedule, whatever is in flight: there is no concurrency",
                "drop concurrency; connections bounds the connections",
            )
        return self

    def _without_schedule(self, arrivals: ArrivalsSpec) -> None:
        """What belongs to a schedule, and so not to *arrivals*."""
        kind = arrivals.kind
        if (self.processes or 1) > 1:
            raise wrong(
                f"arrivals of kind {kind} leave from one process: each waits for the answers of others",
                "drop processes, or take arrivals on schedule, such as poisson",
            )
        if self.duration is not None:
            raise wrong(f"arrivals of kind {kind} have no schedule that could end", "use budget.duration")
        if self.connections is not None and arrivals.closed:
            what = f"arrivals of kind {kind} have a connection for each request in flight"
            raise wrong(what, "drop connections")
        if "concurrency" in self.model_fields_set and kind != "closed":
            what = f"arrivals of kind {kind} say themselves how many requests are in flight"
            raise wrong(what, "drop concurrency")
