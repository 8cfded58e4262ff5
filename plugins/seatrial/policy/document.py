"""The release policy: what a system must be before anyone boards."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, WithJsonSchema

from seatrial.core.risk import Risk
from seatrial.policy.capacity import CapacitySpec
from seatrial.policy.dependency import DependencySpec
from seatrial.policy.fields import Count, Duration, Model, Name, PositiveCount, Share, wrong
from seatrial.policy.governance import (
    Attestations,
    ChecklistRef,
    Contacts,
    TotalScore,
    Validity,
    WaiverSpec,
)
from seatrial.policy.objective import ObjectiveSpec
from seatrial.policy.problems import did_you_mean
from seatrial.policy.remediation import RemediationSpec
from seatrial.policy.resilience import RecoveryPlan, ScenarioSpec
from seatrial.policy.scaling import ScalingSpec
from seatrial.policy.signals import SignalSpec
from seatrial.policy.target import TargetSpec
from seatrial.policy.traffic import TrafficSpec

API_VERSION = "seatrial/v1alpha1"

LATER = {
    "scenarios": "write open-loop load as arrivals of a traffic, scenarios under faults as resilience",
    "comparison": "comparing with a baseline is not part of this version",
    "effectSize": "comparing with a baseline is not part of this version",
    "direction": "comparing with a baseline is not part of this version",
    "controls": "write them into a checklist, and name its file under checklists",
    "dataSources": "seatrial judges only what it measures itself",
}
"""Keys that belong to the policy's vocabulary and are refused until what they ask for is there."""


class Dependence(Model):
    """How failures hang together."""

    bursts_up_to: PositiveCount | None
    """They come in bursts of at most this mean length, in requests; None: they are independent."""


_DEPENDENCE = "write {bursts_up_to: 5}, or independent"
INDEPENDENT = "independent"


def _read_dependence(value: Any) -> Any:
    if value == INDEPENDENT:
        return Dependence(bursts_up_to=None)
    if isinstance(value, Dependence):
        return value
    if not isinstance(value, dict) or value.get("bursts_up_to", 1) is None:
        said = f"{value!r} is no dependence" + (did_you_mean(str(value), [INDEPENDENT]))
        raise wrong(said, _DEPENDENCE)
    return value


def _write_dependence(dependence: Dependence) -> Any:
    bursts = dependence.bursts_up_to
    return INDEPENDENT if bursts is None else {"bursts_up_to": bursts}


DependenceField = Annotated[
    Dependence,
    BeforeValidator(_read_dependence),
    PlainSerializer(_write_dependence),
    WithJsonSchema(
        {
            "anyOf": [
                {"const": INDEPENDENT},
                {
                    "type": "object",
                    "properties": {"bursts_up_to": {"type": "integer", "minimum": 1}},
                    "required": ["bursts_up_to"],
                    "additionalProperties": False,
                },
            ]
        }
    ),
]


def _probability(value: float) -> float:
    if not 0.5 < value < 1:
        raise wrong("it must be more than 50 % and less than 100 %")
    return value


Probability = Annotated[Share, AfterValidator(_probability)]


class RiskSpec(Model):
    """What chance of error is accepted, and what is assumed about dependence."""

    confidence: Probability = 0.95
    """1 - α: α is the chance of passing a system that breaks its limit."""
    power: Probability = 0.9
    """1 - β: β is the chance of failing a system that holds it."""
    dependence: DependenceField = Dependence(bursts_up_to=5)
    min_duration: Duration = 10.0
    """Traffic before an objective may pass."""
    segments: PositiveCount = 3
    """Separated stretches of traffic before an objective may pass."""
    pause: Duration = 0.25
    """Silence between two segments."""

    @property
    def risk(self) -> Risk:
        """As the statistics take it."""
        bursts = self.dependence.bursts_up_to
        return Risk(self.confidence, self.power, bursts, self.min_duration, self.segments, self.pause)


class Metadata(Model):
    """What the policy is called."""

    name: Name
    displayName: str = ""
    labels: dict[str, str | tuple[str, ...]] = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)


def _named(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class Spec(Model):
    """What is tried, on what evidence, and what must hold."""

    description: str = ""
    service: str | None = None
    """Name of the service, as OpenSLO uses it."""
    contacts: Contacts = Field(default_factory=Contacts)
    extends: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()
    """Policies this one builds on: bundled names such as tiers/business, or files relative to it."""
    targets: tuple[TargetSpec, ...] = ()
    dependencies: tuple[DependencySpec, ...] = ()
    """What the targets call, with the fault proxy in between."""
    traffic: tuple[TrafficSpec, ...] = ()
    risk: RiskSpec = Field(default_factory=RiskSpec)
    objectives: tuple[ObjectiveSpec, ...] = ()
    capacity: CapacitySpec | None = None
    """The search for the highest rate at which every objective of a traffic holds, and projected demand."""
    scaling: ScalingSpec | None = None
    """A step of load that judges auto-scaling from outside."""
    resilience: tuple[ScenarioSpec, ...] = ()
    """Faults, and what must hold under them and after them; all bundled scenarios where there are
    dependencies and nothing is said here."""
    recovery: RecoveryPlan = Field(default_factory=RecoveryPlan)
    signals: tuple[SignalSpec, ...] = ()
    """What the monitoring says, and where: Prometheus, Alertmanager, or a webhook that we listen on."""
    remediation: tuple[RemediationSpec, ...] = ()
    """Loops of automated remediation: a fault, and the alert, the steps, the repair or the call after it."""
    suites: tuple[Name, ...] | None = None
    """Suites that are run; all that apply by default."""
    checklists: tuple[Annotated[ChecklistRef, BeforeValidator(_named)], ...] = ()
    """Checklists whose controls are demanded."""
    attestations: Attestations | None = None
    waivers: tuple[WaiverSpec, ...] = ()
    total_score: TotalScore = Field(default_factory=TotalScore)
    validity: Validity = Field(default_factory=Validity)
    seed: Count | None = None
    """Of everything that is drawn; a fresh one a run by default."""


class ReleasePolicy(Model):
    """A release policy."""

    apiVersion: Literal["seatrial/v1alpha1"]
    kind: Literal["ReleasePolicy"]
    metadata: Metadata
    spec: Spec
