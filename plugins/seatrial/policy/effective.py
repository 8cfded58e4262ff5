"""The effective policy: every value that holds, where each comes from, and the digest over all of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path as FilePath
from typing import Any

from seatrial.policy.loader import DEFAULT, LoadedPolicy, load_policy
from seatrial.policy.marked import Marked
from seatrial.policy.problems import Path, field_text

_NAMES = ("name", "control_id")
_ABSENT: dict[Path, Any] = {("spec", "targets"): []}
"""What the command line can add, as it is where nobody added it; anything else is simply not there."""


def effective(loaded: LoadedPolicy, *, overridden: bool = False) -> dict[str, Any]:
    """Every value that holds, defaults and what is built on included; JSON-ready, and a valid policy itself.

    Args:
        loaded: the policy.
        overridden: with what the command line changed. Without, it is what the file says: what the digest
            is taken over.

    Returns:
        References to the environment stand as ``${env:NAME}``; a secret never shows.
    """
    document: dict[str, Any] = loaded.policy.model_dump(mode="json", by_alias=True, exclude_none=True)
    document["spec"].pop("extends", None)
    for path, item in loaded.tree.walk():
        if item.reference is not None and path[:2] != ("spec", "objectives"):
            _set(document, path, item.reference)
    if not overridden:
        for path, before in loaded.overridden.items():
            _set(document, path, _ABSENT.get(path) if before is None else before.plain())
    return document


def digest(loaded: LoadedPolicy) -> str:
    """``sha256:…`` over the canonical JSON of the effective policy, without what the command line changed.

    It is the same on every machine and in every environment, so that whoever holds the policy's files can
    tell which policy a certificate speaks of.
    """
    text = json.dumps(
        effective(loaded), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def digest_of(file: str | FilePath) -> str:
    """The digest of a policy that is not going to be run: no environment and no address are needed.

    Raises:
        PolicyError: with everything that is wrong.
    """
    return digest(load_policy(file, trial=False))


def facts(loaded: LoadedPolicy) -> dict[str, Any]:
    """The policy, as it is fixed before the first request."""
    return {
        "name": loaded.name,
        "digest": digest(loaded),
        "file": loaded.source,
        "effective": effective(loaded, overridden=True),
        "checklists": [ref.model_dump() for ref in loaded.spec.checklists],
        "validity": {"expires_after_seconds": loaded.spec.validity.expires},
        "total_score": loaded.spec.total_score.model_dump(by_alias=True),
        "notices": [str(notice) for notice in loaded.notices],
    }


def provenance(loaded: LoadedPolicy) -> dict[str, str]:
    """Where each value of the effective policy comes from: its field, and ``file:line`` or ``default``."""
    return {field_text(path): origin for path, _, origin in rows(loaded)}


def rows(loaded: LoadedPolicy) -> Iterator[tuple[Path, Any, str]]:
    """Every scalar of the effective policy as it is run: its path, its value, its origin."""
    for path, value in _leaves(effective(loaded, overridden=True), ()):
        yield path, value, _origin(loaded, path)


def show(loaded: LoadedPolicy) -> str:
    """The effective policy as plain text, one value a line with its origin; named things by their name.

    What is empty by default is left out.
    """
    lines = [
        (_shown_path(loaded, path), _shown(value), origin)
        for path, value, origin in rows(loaded)
        if value not in ("", [], {}) or origin != DEFAULT.source
    ]
    left = max(len(path) for path, _, _ in lines)
    middle = min(max(len(value) for _, value, _ in lines), 48)
    body = [f"{path:<{left}}  {value:<{middle}}  {origin}" for path, value, origin in lines]
    return "\n".join([f"# {loaded.name}  {digest(loaded)}", *body]) + "\n"


def _leaves(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _leaves(item, (*path, key))
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for index, item in enumerate(value):
            yield from _leaves(item, (*path, index))
    else:
        yield path, value


def _origin(loaded: LoadedPolicy, path: Path) -> str:
    here: Marked = loaded.tree
    for step in path:
        inside = here.child(step)
        if inside is None:
            # What stands in a short form (a checklist by its name) comes from where the short form stands.
            return "default" if isinstance(here.value, (dict, list)) else str(here.origin)
        here = inside
    return str(here.origin)


def _shown_path(loaded: LoadedPolicy, path: Path) -> str:
    """The path with names in place of positions."""
    document: Any = effective(loaded, overridden=True)
    text: list[str | int] = []
    for step in path:
        document = document[step]
        if isinstance(step, int):
            name = next((document[key] for key in _NAMES if key in document), step)
            text[-1] = f"{text[-1]}[{name}]"
        else:
            text.append(step)
    return ".".join(str(step) for step in text)


def _shown(value: Any) -> str:
    return value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)


def _set(document: Any, path: Path, value: Any) -> None:
    """Put *value* at *path* where its parent is there; None takes away what is there."""
    for step in path[:-1]:
        known = (
            step in document if isinstance(document, dict) else isinstance(step, int) and step < len(document)
        )
        if not known:
            return
        document = document[step]
    if value is None:
        document.pop(path[-1], None)
    else:
        document[path[-1]] = value
