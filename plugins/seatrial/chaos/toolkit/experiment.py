"""Experiments as people write them: ``NAME.experiment.yaml``, every mistake told with its line.

chaostoolkit ignores what it does not know, also a misspelt ``rollback:``. Here that is an error.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from seatrial.core.errors import UsageError
from seatrial.policy.fields import Model, PositiveCount, PositiveDuration
from seatrial.policy.marked import Marked, read_document
from seatrial.policy.problems import PolicyError, Problem, did_you_mean, listed
from seatrial.policy.schema_problems import schema_problems

SUFFIX = ".experiment.yaml"
PACKAGE = "seatrial.chaos.toolkit"
MODULES = tuple(f"{PACKAGE}.{name}" for name in ("actions", "probes", "witnesses", "tolerances"))
"""What an activity of ours may name."""

# The keys of an experiment: https://chaostoolkit.org/reference/api/experiment
KEYS = (
    "version", "title", "description", "tags", "configuration", "secrets", "steady-state-hypothesis",
    "method", "rollbacks", "controls", "extensions", "contributions", "runtime",
)  # fmt: skip
Place = tuple[str | int, ...]


class WitnessModel(Model):
    """What must show that the fault acted."""

    min_hits: PositiveCount = 1
    """How often each injected fault must have acted, as its proxy or its process counts it."""
    probe: str | None = None
    """A probe of the method that shows it instead, where the fault was not injected by seatrial: its output
    must be true, or a number of at least `min_hits`."""


class StopCondition(Model):
    """A probe that is watched all the time: the experiment is ended and rolled back when it leaves its
    tolerance.
    """

    name: str = Field(min_length=1)
    type: Literal["probe"] = "probe"
    tolerance: Any
    provider: dict[str, Any]
    frequency: PositiveDuration = 1.0
    """Time between two looks."""


class Extension(Model):
    """The block ``extensions: [{name: seatrial, ...}]`` of an experiment."""

    name: Literal["seatrial"] = "seatrial"
    witness: WitnessModel = WitnessModel()
    stopConditions: tuple[StopCondition, ...] = ()
    limit: PositiveDuration = 900.0
    """The longest that the whole experiment may take; then it is ended and rolled back."""


@dataclass(frozen=True)
class Experiment:
    """An experiment that was read.

    Attributes:
        title: for people.
        document: as chaostoolkit reads it.
        extension: what it says to seatrial.
    """

    path: Path
    title: str
    document: dict[str, Any]
    extension: Extension

    @property
    def name(self) -> str:
        """The file's name without its suffix."""
        return self.path.name.removesuffix(SUFFIX)


def load(path: Path) -> Experiment:
    """Read an experiment.

    Raises:
        UsageError: it cannot be read or is wrong somewhere; every mistake with its line.
    """
    tree = read_document(path)
    problems = [*_keys(tree), *_activities(tree)]
    if problems:
        raise PolicyError(problems)
    document = tree.plain()
    return Experiment(path, str(document["title"]), document, _extension(tree))


def extension_of(document: dict[str, Any]) -> Extension:
    """What an experiment that was read elsewhere says to seatrial.

    Raises:
        UsageError: its block is wrong.
    """
    for block in document.get("extensions") or ():
        if isinstance(block, dict) and block.get("name") == "seatrial":
            try:
                return Extension.model_validate(block)
            except ValidationError as error:
                first = error.errors()[0]
                place = ".".join(map(str, first["loc"]))
                raise UsageError(f"extension seatrial: {place}: {first['msg']}") from error
    return Extension()


def _keys(tree: Marked) -> Iterator[Problem]:
    for key in tree.value:
        if key not in KEYS:
            yield tree.problem(
                (key,),
                f"an experiment has no {key!r}{did_you_mean(key, KEYS)}",
                "chaostoolkit would ignore it; its keys: " + listed(KEYS),
            )
    for key in ("title", "description"):
        found = tree.child(key)
        if found is None or not isinstance(found.value, str) or not found.value.strip():
            yield tree.problem((key,), f"an experiment needs a {key}")
    method = tree.child("method")
    if method is None or not isinstance(method.value, list):
        yield tree.problem(("method",), "an experiment needs a method: a list of actions and probes")


def _extension(tree: Marked) -> Extension:
    blocks = tree.child("extensions")
    for number, block in enumerate(blocks.value if blocks and isinstance(blocks.value, list) else ()):
        name = block.child("name")
        if name is None or name.value != "seatrial":
            continue
        try:
            return Extension.model_validate(block.plain())
        except ValidationError as error:
            found = schema_problems(error, Extension, tree, ("extensions", number))
            raise PolicyError(found) from error
    return Extension()


def _activities(tree: Marked) -> Iterator[Problem]:
    """Activities of ours: each function must be there and take the arguments."""
    for path, activity in _listed(tree):
        provider = activity.child("provider")
        module = provider.child("module") if provider else None
        if provider is None or module is None or not str(module.value).startswith(PACKAGE):
            continue
        found = _known(str(module.value))
        if not found:
            yield tree.problem(
                (*path, "provider", "module"),
                f"seatrial has no module {module.value!r}",
                f"there are: {listed(MODULES)}",
            )
            continue
        func = provider.child("func")
        name = str(func.value) if func else ""
        if name not in found:
            yield tree.problem(
                (*path, "provider", "func"),
                f"{module.value} has no function {name!r}{did_you_mean(name, found)}",
                f"there are: {listed(sorted(found))}",
            )
            continue
        yield from _arguments(tree, (*path, "provider", "arguments"), provider, found[name])


def _arguments(tree: Marked, path: Place, provider: Marked, function: Any) -> Iterator[Problem]:
    given = provider.child("arguments")
    names = list(given.value) if given is not None and isinstance(given.value, dict) else []
    parameters = inspect.signature(function).parameters
    own = [name for name in parameters if name not in ("configuration", "secrets")]
    for name in names:
        if name not in own:
            text = f"{function.__name__} takes no argument {name!r}{did_you_mean(name, own)}"
            yield tree.problem((*path, name), text, f"it takes: {listed(own)}")
    for name in own:
        if parameters[name].default is inspect.Parameter.empty and name not in names:
            yield tree.problem(path, f"{function.__name__} needs the argument {name!r}")


def _listed(tree: Marked) -> Iterator[tuple[Place, Marked]]:
    """Every activity, and the tolerances that are activities themselves."""
    places: tuple[Place, ...] = (("steady-state-hypothesis", "probes"), ("method",), ("rollbacks",))
    for place in places:
        found: Marked | None = tree
        for step in place:
            found = found.child(step) if found is not None else None
        for number, activity in enumerate(found.value if found and isinstance(found.value, list) else ()):
            yield (*place, number), activity
            tolerance = activity.child("tolerance")
            if tolerance is not None and isinstance(tolerance.value, dict):
                yield (*place, number, "tolerance"), tolerance


def _known(module: str) -> dict[str, Any]:
    if module not in MODULES:
        return {}
    loaded = import_module(module)
    return {name: getattr(loaded, name) for name in loaded.__all__}
