"""Controls: what a checklist demands of a system, and of the people who answer for it.

The words are those of Gemara and OSCAL: a control has assessment requirements, evaluation methods, and
evidence requirements. This is vocabulary alone; `seatrial.compliance` reads and judges.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Mode = Literal["Automated", "Manual"]
Demand = Literal["all", "automated", "manual"]


@dataclass(frozen=True, slots=True)
class AssessmentRequirement:
    """One thing that must be seen to hold; `applicability` names the tiers it is for, none means all."""

    id: str
    text: str
    applicability: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EvaluationMethod:
    """How a control is looked at: by whom, and at how the system behaves or at what was meant."""

    mode: Mode
    type: Literal["Behavioral", "Intent"] = "Behavioral"
    executor: str = ""


@dataclass(frozen=True, slots=True)
class EvidenceRequirement:
    """What a person must hand in.

    Attributes:
        kind: ``attestation`` (a signed statement) or ``file`` (one that also names at least one file).
        max_age: how old it may be, seconds; None leaves it to the attestation's own expiry.
        text: what it must show.
    """

    kind: Literal["attestation", "file"] = "attestation"
    max_age: float | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Guideline:
    """Entries of a framework that the control helps to meet, by their ids there."""

    reference_id: str
    entries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Control:
    """One control of a checklist.

    Attributes:
        id: unique in its checklist, for example ``rdy-pre-02``.
        group: the part of the checklist it stands in, for example ``before deployment``.
        objective: what it is good for.
        impact: what is at stake, 0…1 (InSpec's scale).
        proven_by: patterns of the items that prove an automated control; each must be met.
        checklist: the name of its checklist.
        where: file and line.
    """

    id: str
    title: str
    objective: str = ""
    group: str = ""
    impact: float = 0.5
    assessment_requirements: tuple[AssessmentRequirement, ...] = ()
    evaluation_methods: tuple[EvaluationMethod, ...] = ()
    evidence_requirements: tuple[EvidenceRequirement, ...] = ()
    guidelines: tuple[Guideline, ...] = ()
    proven_by: tuple[str, ...] = ()
    checklist: str = ""
    where: str = ""

    @property
    def automated(self) -> bool:
        """Whether items prove it; otherwise a person attests it."""
        return any(method.mode == "Automated" for method in self.evaluation_methods)

    def demanded(self, mode: Demand) -> bool:
        """Whether a policy that demands this *mode* of a checklist demands this control."""
        return mode == "all" or (mode == "automated") == self.automated
