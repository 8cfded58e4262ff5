"""Recipes: how to start a real system, how to tell that it serves, and what it then offers.

    name: reference
    description: a small multi-provider AI gateway
    command: ["{python}", -m, seatrial.systems.reference, --port, "{port}"]
    ready: {url: "http://127.0.0.1:{port}/ready"}
    provides: {protocol: openai-chat, uri: "http://127.0.0.1:{port}/v1", model: small}

Texts may hold ``{python}`` (this interpreter), ``{port}`` (a free port on 127.0.0.1), ``{folder}`` (an empty
folder for its files), ``{api_key}`` and ``{other_key}`` (random keys, made for this start), ``{venv}`` (the
folder of the recipe's own virtual environment) and ``{port.NAME}`` (another free port, named in ``ports``).
Processes that stand beside the system, such as the providers that it asks, are listed under ``beside``.
"""

from __future__ import annotations

import re
import shutil
import signal
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationError, model_validator

from seatrial.bundled import bundled
from seatrial.core.errors import UsageError
from seatrial.policy.fields import Duration, Model, Name, PositiveDuration, wrong
from seatrial.policy.marked import read_document
from seatrial.policy.problems import PolicyError
from seatrial.policy.schema_problems import schema_problems

PLACEHOLDERS = ("python", "port", "folder", "api_key", "other_key", "venv")
_PLACEHOLDER = re.compile(r"\{([a-z_]+|port\.[a-z_]+)\}")
_PORT = "port."


def _known_placeholders(text: str) -> str:
    for name in _PLACEHOLDER.findall(text):
        if name not in PLACEHOLDERS and not name.startswith(_PORT):
            known = ", ".join(f"{{{each}}}" for each in (*PLACEHOLDERS, "port.NAME"))
            raise wrong(f"{{{name}}} is no placeholder", f"known: {known}")
    return text


def _known_signal(name: str) -> str:
    if name not in signal.Signals.__members__:
        raise wrong(f"{name!r} is no signal", "write SIGTERM or SIGINT")
    return name


Template = Annotated[str, AfterValidator(_known_placeholders)]
SignalName = Annotated[str, AfterValidator(_known_signal)]


class Ready(Model):
    """When the system serves.

    Attributes:
        url: asked with GET until it answers well.
        status: the HTTP status of a good answer.
        timeout: seconds from the start.
        stable: good answers in a row that are needed.
    """

    url: Template
    status: int = 200
    timeout: PositiveDuration = 30.0
    stable: Annotated[int, Field(ge=1, le=100)] = 2


class Stop(Model):
    """How the system is asked to stop.

    Attributes:
        signal: sent to the process that was started.
        grace: seconds until its whole process group is killed.
    """

    signal: SignalName = "SIGTERM"
    grace: Duration = 5.0


class Dependency(Model):
    """Something that the system asks, in the words of a policy: where it was told to find it, where it is."""

    name: Name
    listen: Template
    upstream: Template
    protocol: Name = "openai-chat"
    role: str | None = None


class Provides(Model):
    """What the running system offers, in the words of a policy's target.

    Attributes:
        other_key: the API key of a second tenant.
        pidfile: tells the process to hit, where that is not the one that was started.
        dependencies: what it asks, with room for a fault proxy in between.
    """

    protocol: Name
    uri: Template
    model: str | None = None
    api_key: Template | None = Field(None, alias="apiKey")
    other_key: Template | None = Field(None, alias="otherKey")
    pidfile: Template | None = None
    dependencies: tuple[Dependency, ...] = ()


class Part(Model):
    """A process that the system needs beside its own."""

    name: Name
    command: Annotated[tuple[Template, ...], Field(min_length=1)]
    env: dict[str, Template] = Field(default_factory=dict)
    ready: Ready
    stop: Stop = Stop()


class Venv(Model):
    """A virtual environment of its own, made on first use and kept in this user's cache.

    Attributes:
        packages: what pip installs into it.
    """

    packages: Annotated[tuple[str, ...], Field(min_length=1)]


class Requires(Model):
    """What must be on this machine.

    Attributes:
        modules: importable Python modules.
        commands: programs on the PATH.
        files: paths.
        hint: how to get them.
    """

    modules: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    hint: str | None = None

    def missing(self) -> list[str]:
        """What is not there, in words."""
        lacking = [f"the Python module {name!r}" for name in self.modules if not _importable(name)]
        lacking += [f"the program {name!r}" for name in self.commands if not shutil.which(name)]
        lacking += [f"the file {name!r}" for name in self.files if not Path(name).exists()]
        return lacking


class Recipe(Model):
    """How to start, watch and stop one system.

    Attributes:
        ports: names of further free ports.
        files: written into its folder before it starts, by name.
        beside: started before it, and stopped after it.
    """

    name: Name
    description: str
    command: Annotated[tuple[Template, ...], Field(min_length=1)]
    env: dict[str, Template] = Field(default_factory=dict)
    ready: Ready
    stop: Stop = Stop()
    provides: Provides
    requires: Requires = Requires()
    ports: tuple[Name, ...] = ()
    files: dict[Annotated[str, Field(pattern=r"^[\w.-]+$")], Template] = Field(default_factory=dict)
    beside: tuple[Part, ...] = ()
    venv: Venv | None = None

    @model_validator(mode="after")
    def _whole(self) -> Recipe:
        for name in _PLACEHOLDER.findall(self.model_dump_json()):
            if name.startswith(_PORT) and name.removeprefix(_PORT) not in self.ports:
                raise wrong(f"{{{name}}} is a port without a name", "list it under ports")
            if name == "venv" and self.venv is None:
                raise wrong("{venv} is used and none is described", "add venv: {packages: [...]}")
        return self


@dataclass(frozen=True, slots=True)
class Found:
    """A recipe that ships with seatrial.

    Attributes:
        missing: what this machine lacks to start it.
    """

    name: str
    description: str
    file: Path
    missing: tuple[str, ...]


def load_recipe(name: str | Path) -> Recipe:
    """A recipe by the name of a bundled one, or from a file.

    Raises:
        UsageError: no such recipe, or it is wrong; with file, line and field.
    """
    file = Path(name)
    if file.suffix not in (".yaml", ".yml") and not file.is_file():
        file = _bundled_file(str(name))
    tree = read_document(file)
    try:
        return Recipe.model_validate(tree.plain())
    except ValidationError as error:
        raise PolicyError(schema_problems(error, Recipe, tree)) from error


def list_recipes() -> list[Found]:
    """The recipes that ship with seatrial, by name."""
    found = []
    for name, file in sorted(_bundled_files().items()):
        recipe = load_recipe(file)
        found.append(Found(name, recipe.description, file, tuple(recipe.requires.missing())))
    return found


def require(recipe: Recipe) -> None:
    """Make sure that this machine has what *recipe* needs.

    Raises:
        UsageError: it has not; tells what is missing and how to get it.
    """
    lacking = recipe.requires.missing()
    if lacking:
        raise UsageError(
            f"the system {recipe.name!r} needs {' and '.join(lacking)}",
            where=f"recipe {recipe.name}",
            hint=recipe.requires.hint,
        )


def filled(texts: Iterable[str], values: Mapping[str, str]) -> list[str]:
    """*texts* with their placeholders replaced."""
    return [_PLACEHOLDER.sub(lambda match: values[match[1]], text) for text in texts]


def _bundled_files() -> dict[str, Path]:
    return {file.stem: file for file in (bundled("fixtures") / "systems").glob("*.yaml")}


def _bundled_file(name: str) -> Path:
    files = _bundled_files()
    if name in files:
        return files[name]
    near = get_close_matches(name, files, n=1)
    hint = (
        f"did you mean {near[0]!r}?" if near else f"known: {', '.join(sorted(files))}, or the path of a file"
    )
    raise UsageError(f"no recipe is called {name!r}", hint=hint)


def _importable(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # a parent package is missing
        return False
