"""From a file to a game day that can be run; everything that is wrong is told at once, with its line."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from seatrial.bundled import bundled
from seatrial.chaos.gameday.checks import check
from seatrial.chaos.gameday.model import GameDay, Spec
from seatrial.core.errors import UsageError
from seatrial.policy.marked import Marked, read_document
from seatrial.policy.problems import Path as Steps
from seatrial.policy.problems import PolicyError, Problem, did_you_mean, field_text
from seatrial.policy.schema_problems import schema_problems
from seatrial.policy.secret import Secret

if TYPE_CHECKING:
    from seatrial.policy.loader import LoadedPolicy

SUFFIX = ".gameday.yaml"
_REFERENCE = re.compile(r"\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}")
_SECRET = ("apiKey", "token")


@dataclass(frozen=True)
class LoadedGameDay:
    """A game day that can be run.

    Attributes:
        path, source: the file, and how people name it.
        tree: the document, each value with its line.
        digest: ``sha256:…`` over what the file says: fixed before the first step.
        policy: the release policy it builds on, where it names one.
        secrets: values that must not be shown.
    """

    day: GameDay
    path: Path
    source: str
    tree: Marked
    digest: str
    policy: LoadedPolicy | None
    secrets: tuple[Secret, ...]

    @property
    def name(self) -> str:
        """What it is called."""
        return self.day.metadata.name

    @property
    def spec(self) -> Spec:
        """What it asks for."""
        return self.day.spec

    def where(self, *path: str | int) -> str:
        """File and line of the value at *path*: ``outage.gameday.yaml:12``."""
        return str(self.tree.at(path).origin)


def find_game_day(name: str) -> tuple[Path, str]:
    """The file behind a name: a path, or a bundled game day.

    Raises:
        UsageError: there is none.
    """
    path = Path(name)
    if path.is_file():
        return path, name
    there = {file.name.removesuffix(SUFFIX): file for file in bundled("scenarios").glob(f"*{SUFFIX}")}
    known = f"bundled: {', '.join(sorted(there)) or 'none'}; or the path of a file"
    if path.suffix in (".yaml", ".yml"):
        raise UsageError("there is no such file", where=name, hint=known)
    if name not in there:
        raise UsageError(f"no game day is called {name!r}{did_you_mean(name, there)}", hint=known)
    return there[name], there[name].name


def load_game_day(name: str, *, environ: Mapping[str, str] | None = None) -> LoadedGameDay:
    """Read a game day.

    Args:
        name: a file, or a bundled one such as ``provider-outage``.
        environ: where ``${env:NAME}`` is looked up; the process's environment by default.

    Raises:
        UsageError: with everything that is wrong.
    """
    path, source = find_game_day(name)
    try:
        tree, problems, secrets = _resolved(
            read_document(path, source), os.environ if environ is None else environ
        )
    except PolicyError as error:
        raise refused(list(error.problems)) from error
    try:
        day: GameDay | None = GameDay.model_validate(tree.plain())
    except ValidationError as error:
        day = None
        problems += schema_problems(error, GameDay, tree)
    if problems or day is None:
        raise refused(problems)
    policy = _policy(day, path)
    problems += check(day, tree, policy)
    if problems:
        raise refused(problems)
    return LoadedGameDay(day, path, source, tree, _digest(tree, policy), policy, tuple(secrets))


def refused(problems: list[Problem]) -> UsageError:
    """All problems as one error, in the order of lines."""
    told = list(dict.fromkeys(sorted(problems, key=lambda problem: problem.position)))
    if len(told) == 1:
        return UsageError(told[0].what, where=told[0].place, hint=told[0].hint or None)
    return UsageError("\n".join([f"the game day has {len(told)} problems", *map(str, told)]))


def _policy(day: GameDay, path: Path) -> LoadedPolicy | None:
    from seatrial.policy.loader import load_policy

    named = day.spec.policy
    if named is None:
        return None
    beside = path.parent / named
    return load_policy(beside if beside.is_file() else named)


def _digest(tree: Marked, policy: LoadedPolicy | None) -> str:
    from seatrial.policy.effective import digest

    said = {"game_day": _written(tree), "policy": digest(policy) if policy else None}
    text = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _written(tree: Marked) -> object:
    """The document as it was written: references in place of secrets."""
    if isinstance(tree.value, dict):
        return {key: _written(item) for key, item in tree.value.items()}
    if isinstance(tree.value, list):
        return [_written(item) for item in tree.value]
    return tree.reference if tree.reference is not None else tree.value


def _resolved(tree: Marked, environ: Mapping[str, str]) -> tuple[Marked, list[Problem], list[Secret]]:
    """The document with ``${env:NAME}`` replaced; secrets are the only place for it."""
    problems: list[Problem] = []
    secrets: list[Secret] = []
    for path, item in list(_texts(tree)):
        text = str(item.value)
        if path[-1] not in _SECRET:
            if "${" in text:
                said = "a reference to the environment may stand in apiKey and token alone"
                problems.append(Problem(str(item.origin), field_text(path), said))
            continue
        found = _REFERENCE.fullmatch(text)
        value = text if found is None else environ.get(found[1], "")
        if not value:
            name = found[1] if found else ""
            said = f"the environment variable {name!r} is not set"
            problems.append(
                Problem(str(item.origin), field_text(path), said, f"export {name}=... and run again")
            )
            continue
        secrets.append(Secret(value, text if found else ""))
        tree = tree.put(path, replace(item, value=secrets[-1], reference=text if found else "(secret)"))
    return tree, problems, secrets


def _texts(tree: Marked) -> Iterator[tuple[Steps, Marked]]:
    return ((path, item) for path, item in tree.walk() if isinstance(item.value, str) and path)
