"""Checklists as people write them: ``NAME.checklist.yaml``, every mistake told with its line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError

from seatrial.bundled import bundled
from seatrial.core.control import (
    AssessmentRequirement,
    Control,
    Demand,
    EvaluationMethod,
    EvidenceRequirement,
    Guideline,
    Mode,
)
from seatrial.core.errors import UsageError
from seatrial.policy.fields import Model, Name, PositiveDuration, Share
from seatrial.policy.marked import Marked, read_document
from seatrial.policy.problems import PolicyError, Problem, did_you_mean, listed
from seatrial.policy.schema_problems import schema_problems

SUFFIX = ".checklist.yaml"


@dataclass(frozen=True)
class Checklist:
    """A checklist that was read.

    Attributes:
        name: its short name, as policies call it.
        title: its name for people.
        path: its file.
    """

    name: str
    title: str
    description: str
    controls: tuple[Control, ...]
    path: Path

    def demanded(self, mode: Demand = "all") -> tuple[Control, ...]:
        """The controls that a policy which demands *mode* demands."""
        return tuple(control for control in self.controls if control.demanded(mode))


class RequirementModel(Model):
    """One thing that must be seen to hold."""

    id: Name
    text: str = Field(min_length=1)
    applicability: tuple[str, ...] = ()


class MethodModel(Model):
    """How the control is looked at."""

    type: Literal["Behavioral", "Intent"] = "Behavioral"
    mode: Mode
    executor: str = ""


class EvidenceModel(Model):
    """What a person must hand in."""

    kind: Literal["attestation", "file"] = "attestation"
    max_age: PositiveDuration | None = None
    text: str = ""


class GuidelineModel(Model):
    """Entries of a framework that the control helps to meet."""

    reference_id: str = Field(alias="reference-id", min_length=1)
    entries: tuple[str, ...] = Field(min_length=1)


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, dict) else value


class ControlModel(Model):
    """One control."""

    control_id: Name = Field(alias="control-id")
    title: str = Field(min_length=1)
    objective: str = ""
    group: str = ""
    impact: Share = 0.5
    assessment_requirements: tuple[RequirementModel, ...] = Field((), alias="assessment-requirements")
    evaluation_methods: tuple[MethodModel, ...] = Field(alias="evaluation-methods", min_length=1)
    evidence_requirements: Annotated[tuple[EvidenceModel, ...], BeforeValidator(_listed)] = Field(
        (), alias="evidence-requirements"
    )
    guidelines: tuple[GuidelineModel, ...] = ()
    proven_by: tuple[Annotated[str, Field(min_length=1)], ...] = ()


class MetadataModel(Model):
    """What the checklist is called."""

    name: Name
    title: str = ""
    description: str = ""


class ChecklistModel(Model):
    """A checklist document."""

    apiVersion: Literal["seatrial/v1alpha1"]
    kind: Literal["Checklist"]
    metadata: MetadataModel
    controls: tuple[ControlModel, ...] = Field(min_length=1)


def load(path: Path) -> Checklist:
    """Read a checklist.

    Raises:
        UsageError: it cannot be read or is wrong somewhere; every mistake with its line.
    """
    tree = read_document(path)
    try:
        model = ChecklistModel.model_validate(tree.plain())
    except ValidationError as error:
        raise PolicyError(schema_problems(error, ChecklistModel, tree)) from error
    problems = list(_problems(model, tree, path))
    if problems:
        raise PolicyError(problems)
    name = model.metadata.name
    controls = tuple(
        _control(control, name, str(tree.at(("controls", index)).origin))
        for index, control in enumerate(model.controls)
    )
    return Checklist(name, model.metadata.title or name, model.metadata.description, controls, path)


def find(name: str, base: Path) -> Path:
    """The file of a checklist that a policy names.

    Args:
        name: a bundled checklist's name, or a file's path.
        base: the folder that a path is relative to: the policy's.

    Raises:
        UsageError: there is none; the nearest bundled name is told.
    """
    if "/" in name or name.endswith((".yaml", ".yml")):
        path = base / name
        if not path.is_file():
            raise UsageError(f"there is no checklist {name!r}", where=str(path))
        return path
    known = available()
    if name not in known:
        raise UsageError(
            f"no checklist is called {name!r}{did_you_mean(name, known)}",
            hint=f"bundled: {listed(known)}; or write the path of a {SUFFIX} file",
        )
    return known[name]


def available() -> dict[str, Path]:
    """The bundled checklists by name."""
    found = sorted((bundled("fixtures") / "checklists").glob(f"*{SUFFIX}"))
    return {path.name.removesuffix(SUFFIX): path for path in found}


def _problems(model: ChecklistModel, tree: Marked, path: Path) -> Iterator[Problem]:
    if path.name != f"{model.metadata.name}{SUFFIX}":
        yield tree.problem(
            ("metadata", "name"),
            f"the checklist is called {model.metadata.name!r} and its file {path.name!r}",
            f"call the file {model.metadata.name}{SUFFIX}: policies and journals know it by one name",
        )
    seen: dict[str, int] = {}
    for index, control in enumerate(model.controls):
        place = ("controls", index)
        if control.control_id in seen:
            first = tree.at(("controls", seen[control.control_id])).origin.line
            yield tree.problem(
                (*place, "control-id"),
                f"the control {control.control_id!r} stands here a second time (first in line {first})",
            )
        seen.setdefault(control.control_id, index)
        yield from _contradictions(control, tree, place)


def _contradictions(control: ControlModel, tree: Marked, path: tuple[str | int, ...]) -> Iterator[Problem]:
    modes = {method.mode for method in control.evaluation_methods}
    if len(modes) > 1:
        yield tree.problem(
            (*path, "evaluation-methods"),
            "the control is proven by items and attested by people at once",
            "split it into two controls: each has one outcome and one proof",
        )
    elif modes == {"Automated"} and not control.proven_by:
        yield tree.problem(
            path,
            "nothing proves this automated control",
            "name the items under proven_by, or make its evaluation method Manual",
        )
    elif modes == {"Automated"} and control.evidence_requirements:
        yield tree.problem(
            (*path, "evidence-requirements"),
            "an automated control asks nobody for evidence: its items are the evidence",
            "drop it, or split the control in two",
        )
    elif modes == {"Manual"} and control.proven_by:
        yield tree.problem(
            (*path, "proven_by"),
            "items prove nothing about a control that people attest",
            "drop it, or make its evaluation method Automated",
        )


def _control(model: ControlModel, checklist: str, where: str) -> Control:
    evidence = model.evidence_requirements
    if not evidence and model.evaluation_methods[0].mode == "Manual":
        evidence = (EvidenceModel(),)
    return Control(
        id=model.control_id,
        title=model.title,
        objective=model.objective,
        group=model.group,
        impact=model.impact,
        assessment_requirements=tuple(
            AssessmentRequirement(found.id, found.text, found.applicability)
            for found in model.assessment_requirements
        ),
        evaluation_methods=tuple(
            EvaluationMethod(found.mode, found.type, found.executor) for found in model.evaluation_methods
        ),
        evidence_requirements=tuple(
            EvidenceRequirement(found.kind, found.max_age, found.text) for found in evidence
        ),
        guidelines=tuple(Guideline(found.reference_id, found.entries) for found in model.guidelines),
        proven_by=model.proven_by,
        checklist=checklist,
        where=where,
    )
