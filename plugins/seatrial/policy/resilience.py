"""Resilience scenarios as a policy writes them: what is injected, and what must hold meanwhile and after."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

from pydantic import Field, model_validator

from seatrial.core.indicator import Indicator
from seatrial.core.objective import Objective
from seatrial.core.risk import Risk
from seatrial.core.units import parse_quantity
from seatrial.policy.aspects import AnswerAspect, Behaviour
from seatrial.policy.fields import (
    Duration,
    Flag,
    Model,
    Name,
    PositiveCount,
    PositiveDuration,
    SecretText,
    Share,
    wrong,
)
from seatrial.policy.objective import Op, Written, known_indicator
from seatrial.policy.traffic import BudgetSpec


class InjectSpec(Model):
    """One fault."""

    on: str | None = None
    """Name of the dependency it hits; of a target, for a fault of its process."""
    role: Literal["provider", "cache", "store", "target"] | None = None
    """In place of a name: whatever the policy has in that role."""
    which: Literal["first", "all"] = "first"
    """Of a role: the first in the policy's order, or all."""
    toxic: str = Field(min_length=1)
    """Type of the fault, such as down, timeout, http.status, sse.truncate, process.kill."""
    attributes: dict[str, Any] = Field(default_factory=dict)
    """The fault's own; docs/faults.md lists them."""
    when: dict[str, Any] = Field(default_factory=dict)
    """Which requests it hits (every, first, path, model, tenant, from, until)."""
    toxicity: Share = 1.0
    """The share of requests (or connections) it hits."""
    stream: Literal["upstream", "downstream"] = "downstream"
    name: Name | None = None
    """What it is called in the journal; its type by default."""

    @model_validator(mode="after")
    def _somewhere(self) -> InjectSpec:
        if (self.on is None) == (self.role is None):
            raise wrong("a fault is injected on something", "name it: on: primary, or role: provider")
        if self.toxicity <= 0:
            raise wrong("a toxicity of 0 hits nothing", "a share above 0, such as 50%")
        return self


class CriterionSpec(Model):
    """What must hold, as an objective has it."""

    name: Name | None = None
    """The indicator's name by default."""
    indicator: str = Field(min_length=1)
    op: Op | None = None
    """An exchange is good where 'indicator op value' holds."""
    value: Written | None = None
    """With its unit, such as 3s."""
    unit: str | None = None
    target: Share
    """The share of exchanges that must be good, such as 95%."""
    of: tuple[str, ...] = ()
    """Objectives of the same traffic that goodput, fairness or error_budget_burn is made of, as there."""
    timeSliceWindow: PositiveDuration | None = None
    """Length of the slices of time that are judged; 1s by default."""

    @property
    def sli(self) -> Indicator:
        """The indicator.

        Raises:
            UsageError: there is none of that name.
        """
        return known_indicator(self.indicator)

    def objective(self, name: str, traffic: str, where: str | None = None) -> Objective:
        """The objective that judges.

        Raises:
            UsageError: unknown indicator, a value of another dimension, or one that is missing.
        """
        bare = Objective(indicator=self.indicator, target=1.0) if self.op is None else None
        value = self.value
        if value is not None and bare is None:
            from seatrial.core.indicator import find

            sli = find(self.indicator)
            value = str(parse_quantity(value, sli.dimension, self.unit)) if sli else value
        return Objective(
            indicator=self.indicator,
            op=self.op,
            value=value,
            target=self.target,
            name=name,
            traffic=traffic,
            where=where,
            slice=self.timeSliceWindow or 1.0,
        )


class StopSpec(CriterionSpec):
    """What ends a scenario at once: as soon as fewer than *target* of the last *over* requests are good."""

    over: PositiveCount = 50


class RecoverySpec(Model):
    """How the target comes back."""

    rto: PositiveDuration | None = None
    """Recovery time objective: from the end of the fault to the first of `consecutive` good answers in a row;
    from the fault itself where nothing takes it back (process.kill)."""
    rpo: Duration | None = None
    """Recovery point objective: how far back accepted work may be lost; judged by the suite recovery."""
    consecutive: PositiveCount = 20
    """Good answers in a row that are a steady state, before the fault and after it."""
    repeats: PositiveCount = 1
    """How often fault and recovery are tried; the slowest recovery counts."""


class WitnessSpec(Model):
    """What proves that a fault acted."""

    min_hits: PositiveCount = 1


class PulsesSpec(Model):
    """The fault comes and goes."""

    count: PositiveCount = 30
    requests: PositiveCount = 60
    """Requests from one to the next."""


class BackgroundSpec(Model):
    """Other load on the target meanwhile: another tenant's, another model's."""

    model: str | None = None
    """The model it asks for; the target's own by default, which another tenant's key may ask for."""
    apiKey: SecretText | None = None
    """The other tenant's key; write ${env:NAME}."""
    concurrency: PositiveCount = 64


class ScenarioSpec(Model):
    """A fault, and what must hold under it and after it."""

    name: Name | None = None
    scenario: Name | None = None
    """A bundled scenario that this one builds on; what is given here replaces what stands there."""
    description: str = ""
    traffic: str | None = None
    """Name of the traffic; the only one by default."""
    concurrency: PositiveCount | None = None
    """Requests in flight, in place of the traffic's. A traffic with arrivals keeps its schedule, except
    where this is 1: one call at a time."""
    stream: Flag | None = None
    """Whether answers are streamed, in place of the traffic's."""
    params: dict[str, Any] = Field(default_factory=dict)
    """Further fields of the request, beside the traffic's and before them, such as temperature."""
    alike: PositiveCount = 1
    """Requests in a row that ask the same, word by word, so that a cache has something to do."""
    budget: BudgetSpec | None = None
    """In place of the traffic's: under the fault."""
    inject: tuple[InjectSpec, ...] = ()
    during: tuple[CriterionSpec, ...] = ()
    """What must hold under the fault."""
    client_behaviour: tuple[Behaviour, ...] = ()
    """How the target must behave towards what it depends on."""
    answers: tuple[AnswerAspect, ...] = ()
    """What its callers must be told."""
    recovery: RecoverySpec = Field(default_factory=RecoverySpec)
    witness: WitnessSpec = Field(default_factory=WitnessSpec)
    stopConditions: tuple[StopSpec, ...] = ()
    """What ends it at once."""
    steady_within: PositiveDuration = 30.0
    """How long the steady state before may take to be seen."""
    min_duration: Duration = 3.0
    """Traffic under the fault before a criterion may pass."""
    segments: PositiveCount = 1
    """Separated stretches of traffic under the fault before a criterion may pass."""
    patience: PositiveDuration | None = None
    """When a caller gives up under the fault; twice the longest duration in `during` by default, at least
    5 s."""
    pulses: PulsesSpec | None = None
    background: BackgroundSpec | None = None

    @model_validator(mode="after")
    def _whole(self) -> ScenarioSpec:
        if self.scenario is None and self.name is None:
            raise wrong("a scenario needs a name", "add name: what-happens, or scenario: a bundled one")
        if self.scenario is None and not self.inject:
            raise wrong(
                "a scenario that injects nothing proves nothing", "add inject: [{on: ..., toxic: ...}]"
            )
        return self

    def risk(self, own: Risk) -> Risk:
        """What is accepted and assumed under the fault, where *own* is for the rest of the policy.

        A fault that is drawn for each request on its own makes failures that come independently of each
        other; what the data show to be worse counts all the same.
        """
        drawn = bool(self.inject) and all(inject.toxicity < 1 for inject in self.inject)
        return replace(
            own,
            bursts_up_to=None if drawn else own.bursts_up_to,
            min_duration=self.min_duration,
            segments=self.segments,
        )

    @property
    def title(self) -> str:
        """What it is called: its own name, or that of the bundled one."""
        return self.name or self.scenario or ""

    def labels(self) -> list[str]:
        """What each criterion under `during` is called, each once."""
        found: list[str] = []
        for criterion in self.during:
            label, number = criterion.name or criterion.indicator, 2
            while label in found:
                label, number = f"{criterion.name or criterion.indicator}-{number}", number + 1
            found.append(label)
        return found


class ComponentSpec(Model):
    """A component with recovery objectives of its own (the table of R08)."""

    name: Name
    kind: Literal["service", "models", "conversations", "work", "page"] = "page"
    page: str | None = Field(None, pattern=r"^/\S*$")
    """For kind page: a path of the target whose content must be there again."""
    rto: PositiveDuration | None = None
    rpo: Duration | None = None


class RecoveryPlan(Model):
    """What the suite recovery holds the target to."""

    toxic: str = "process.kill"
    """The fault of the target's process."""
    state: Literal["probe", "none"] = "probe"
    """Whether the target keeps anything: found out by asking, or `none` as the policy says."""
    components: tuple[ComponentSpec, ...] = ()
