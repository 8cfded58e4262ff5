"""The parts of a policy that are sound by themselves, so that what they say together can be checked.

One wrong field must not hide what else is wrong: whatever can be read is checked, the rest is only named.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from seatrial.bundled import bundled
from seatrial.policy.dependency import DependencySpec
from seatrial.policy.document import RiskSpec
from seatrial.policy.marked import Marked
from seatrial.policy.objective import ObjectiveSpec
from seatrial.policy.problems import Path, Problem, did_you_mean, listed
from seatrial.policy.remediation import RemediationSpec
from seatrial.policy.resilience import ScenarioSpec
from seatrial.policy.target import TargetSpec
from seatrial.policy.traffic import TrafficSpec

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Parts:
    """What could be read of a policy.

    Attributes:
        tree: the whole document.
        targets, traffic, objectives, dependencies, resilience, remediation: by their place in the document.
        risk: None where it cannot be read.
        trial: whether the policy is about to be run; False where only its digest is wanted, on a machine
            that may lack its files and its environment.
    """

    tree: Marked
    targets: dict[int, TargetSpec]
    traffic: dict[int, TrafficSpec]
    objectives: dict[int, ObjectiveSpec]
    dependencies: dict[int, DependencySpec]
    resilience: dict[int, ScenarioSpec]
    remediation: dict[int, RemediationSpec]
    risk: RiskSpec | None
    trial: bool

    def names(self, kind: str) -> list[str]:
        """The names under ``spec.<kind>``, also of items that cannot be read."""
        items = self.tree.at(("spec", kind))
        if not isinstance(items.value, list):
            return []
        named = (item.child("name") for item in items.value)
        return [name.value for name in named if name is not None and isinstance(name.value, str)]

    def problem(self, what: str, hint: str = "", *, at: Path) -> Problem:
        """A problem at a path below ``spec``."""
        return self.tree.problem(("spec", *at), what, hint)

    def target_of(self, traffic: TrafficSpec) -> TargetSpec | None:
        """The target of a traffic, None where it cannot be told."""
        if traffic.target is None and len(self.names("targets")) > 1:
            return None
        named = [target for target in self.targets.values() if traffic.target in (None, target.name)]
        return named[0] if len(named) == 1 else None

    def traffic_named(self, name: str | None) -> TrafficSpec | None:
        """The traffic of that name, None where there is none that can be read."""
        return next((traffic for traffic in self.traffic.values() if traffic.name == name), None)

    def unknown(self, kind: str, name: str, *, at: Path) -> Problem:
        """The problem of a name that is not among those of ``spec.<kind>``."""
        names = self.names(kind)
        one = {"dependencies": "dependency"}.get(kind, kind.removesuffix("s"))
        what = f"unknown {one} {name!r}{did_you_mean(name, names)}"
        return self.problem(what, f"known: {listed(names)}", at=at)


def readable(tree: Marked, *, trial: bool) -> Parts:
    """Whatever of a document can be read."""
    plain = tree.plain()
    spec = plain.get("spec") if isinstance(plain, dict) else None
    spec = spec if isinstance(spec, dict) else {}
    risks = _items([spec.get("risk") or {}], RiskSpec)
    return Parts(
        tree,
        _items(spec.get("targets"), TargetSpec),
        _items(spec.get("traffic"), TrafficSpec),
        _items(spec.get("objectives"), ObjectiveSpec),
        _items(spec.get("dependencies"), DependencySpec),
        _items(spec.get("resilience"), ScenarioSpec),
        _items(spec.get("remediation"), RemediationSpec),
        risks.get(0),
        trial,
    )


def _items(items: Any, model: type[M]) -> dict[int, M]:
    read: dict[int, M] = {}
    for index, item in enumerate(items if isinstance(items, list) else ()):
        try:
            read[index] = model.model_validate(item)
        except ValidationError:  # told by the validation of the whole
            continue
    return read


def file_of(text: str, folder: FilePath | None) -> FilePath:
    """The file behind a name in a policy, relative to the file that names it."""
    return (folder or FilePath()) / text


def prompts_file(text: str, folder: FilePath | None) -> FilePath:
    """The file of a prompt set: ``bundled/NAME``, or a file relative to the policy that names it."""
    if text.startswith("bundled/"):
        return bundled("fixtures") / "prompts" / f"{text.removeprefix('bundled/')}.jsonl"
    return file_of(text, folder)


def bundled_prompts() -> list[str]:
    """The prompt sets that ship with seatrial, as a policy names them."""
    folder: Iterable[FilePath] = (bundled("fixtures") / "prompts").glob("*.jsonl")
    return sorted(f"bundled/{path.stem}" for path in folder)
