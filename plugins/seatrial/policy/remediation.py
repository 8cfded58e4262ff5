"""Automated remediation as a policy writes it: alert, steps, resolved; else a person is called (R45)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from seatrial.policy.fields import (
    Duration,
    Flag,
    Model,
    Name,
    PositiveCount,
    PositiveDuration,
    wrong,
)
from seatrial.policy.resilience import InjectSpec


class AlertSpec(Model):
    """The monitoring notices."""

    signal: Name
    """Which of the signals fires."""
    within: PositiveDuration = 30.0
    """Counted from the fault."""


class StepsSpec(Model):
    """What automation does about it, as far as a signal tells."""

    signal: Name
    """Which of the signals tells of a step, each time it says something new."""
    at_most: PositiveCount | None = None
    """More steps than these are no repair any more."""


class ResolvedSpec(Model):
    """It is repaired without a person, while the fault is not taken back by us."""

    within: PositiveDuration = 120.0
    """Counted from the fault: callers are served again, and the alert has stopped."""


class EscalationSpec(Model):
    """A person is called, where automation could not repair it."""

    signal: Name
    """Which of the signals fires."""
    within: PositiveDuration = 300.0
    """Counted from the fault."""


class RemediationSpec(Model):
    """One loop of automated remediation, exercised by a fault."""

    name: Name
    description: str = ""
    traffic: str | None = None
    """Name of the traffic; the only one by default."""
    inject: Annotated[tuple[InjectSpec, ...], Field(min_length=1)]
    persists: Flag = False
    """Whether the fault is made again on whatever is started in place of what it hit: no restart helps."""
    alert: AlertSpec
    steps: StepsSpec | None = None
    resolved: ResolvedSpec | None = None
    """Where automation is expected to repair it."""
    escalation: EscalationSpec | None = None
    """Who is called where that fails, or where nothing but a person can help."""
    calm: Duration = 2.0
    """How long no signal may fire before the fault, while callers are served."""
    quiet_within: PositiveDuration = 60.0
    """How long signals from before may still fire at the beginning, and this one once the fault is gone."""
    consecutive: PositiveCount = 20
    """Good answers in a row that are a steady state."""

    @model_validator(mode="after")
    def _whole(self) -> RemediationSpec:
        if self.resolved is None and self.escalation is None:
            raise wrong(
                "an alert that leads to nothing is no remediation",
                "add resolved: {within: 2m} where automation can repair it, escalation: {signal: ...} where "
                "it cannot, or both",
            )
        if self.persists and self.resolved is not None:
            raise wrong(
                "a fault that comes again with every restart is nothing that automation can repair",
                "drop persists, or resolved",
            )
        if self.resolved and self.escalation and self.escalation.within < self.resolved.within:
            raise wrong(
                "a person would have to be called before automation is expected to be done",
                "give escalation more time than resolved",
            )
        return self

    @property
    def signals(self) -> dict[str, str]:
        """The names of the signals it listens to, by what they are for."""
        named = {"alert": self.alert, "steps": self.steps, "escalation": self.escalation}
        return {key: part.signal for key, part in named.items() if part is not None}

    @property
    def longest(self) -> float:
        """Seconds from the fault after which nothing is waited for any more."""
        return max(part.within for part in (self.alert, self.resolved, self.escalation) if part is not None)
