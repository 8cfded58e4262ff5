"""``${env:NAME}`` in a policy: where it may stand, and what becomes of it.

References belong to targets, to the addresses of dependencies and signals, and to the keys of a traffic's
tenants, alone. A limit that the environment can change would not be fixed by the policy's digest, so that
everywhere else a reference is an error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from seatrial.policy.marked import Marked
from seatrial.policy.problems import Path, Problem, did_you_mean, field_text
from seatrial.policy.secret import Secret

_REFERENCE = re.compile(r"\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}")
_OPENED = re.compile(r"\$\{")
_HIDDEN = frozenset({"apiKey", "headers", "body"})
_ADDRESSES = frozenset({"listen", "upstream"})
_SIGNALS = frozenset({"url", "port", "token"})


@dataclass
class Resolution:
    """A document whose references are replaced.

    Attributes:
        tree: the document; values for secret fields are `Secret`.
        problems: references that cannot be followed.
        secrets: every value of the environment that must not be shown, for redaction.
    """

    tree: Marked
    problems: list[Problem] = field(default_factory=list)
    secrets: list[Secret] = field(default_factory=list)


def resolve(tree: Marked, environ: Mapping[str, str] | None) -> Resolution:
    """Replace every reference.

    Args:
        tree: the document as written.
        environ: the environment; None leaves every reference as it stands (enough to tell the digest).
    """
    resolution = Resolution(tree)
    for path, item in list(tree.walk()):
        if isinstance(item.value, str) and _OPENED.search(item.value):
            resolution.tree = resolution.tree.put(path, _replaced(path, item, environ, resolution))
        elif isinstance(item.value, str) and item.value and _is_key(path):
            secret = Secret(item.value)
            resolution.secrets.append(secret)
            resolution.tree = resolution.tree.put(path, replace(item, value=secret))
    return resolution


def is_secret(path: Path) -> bool:
    """Whether what stands at *path* of a policy must not be shown."""
    if _of_tenant(path) or (_of_signal(path) and path[-1] == "token"):
        return True
    return path[:2] == ("spec", "targets") and any(step in _HIDDEN for step in path[3:5])


def _is_key(path: Path) -> bool:
    """Whether what stands at *path* is a secret also where it was written down as it is."""
    return path[-1:] == ("apiKey",) or (_of_signal(path) and path[-1] == "token")


def _of_tenant(path: Path) -> bool:
    """Whether *path* leads to the key of a tenant."""
    return path[:2] == ("spec", "traffic") and path[3:4] == ("tenants",) and path[5:] == ("apiKey",)


def _of_dependency(path: Path) -> bool:
    """Whether *path* leads to an address of a dependency."""
    return path[:2] == ("spec", "dependencies") and path[3:] in {(name,) for name in _ADDRESSES}


def _of_signal(path: Path) -> bool:
    """Whether *path* leads to where a signal is looked for, or to the token for it."""
    return path[:2] == ("spec", "signals") and len(path) == 5 and path[4] in _SIGNALS


def _replaced(path: Path, item: Marked, environ: Mapping[str, str] | None, into: Resolution) -> Marked:
    text = str(item.value)
    problem = _misplaced(path, text)
    if problem:
        into.problems.append(Problem(str(item.origin), field_text(path), *problem))
        return item
    value: Any = text if environ is None else _filled(path, item, environ, into)
    if is_secret(path) and "body" not in path:
        value = Secret(value, text)
    return replace(item, value=value, reference=text)


def _misplaced(path: Path, text: str) -> tuple[str, str] | None:
    ours = path[:2] == ("spec", "targets") or _of_tenant(path) or _of_dependency(path) or _of_signal(path)
    if not ours:
        places = "in targets, and in addresses of dependencies and signals"
        said = f"a reference to the environment may stand {places}, alone"
        return said, "a limit that the environment can change is not fixed by the policy's digest"
    rest = _REFERENCE.sub("", text)
    if _OPENED.search(rest):
        return f"{text!r} is no reference to the environment", "write ${env:NAME}"
    if path[-1] in ("name", "protocol"):
        return "a name cannot come from the environment", ""
    return None


def _filled(path: Path, item: Marked, environ: Mapping[str, str], into: Resolution) -> str:
    def value_of(match: re.Match[str]) -> str:
        name = match[1]
        value = environ.get(name)
        if not value:
            state = "is not set" if value is None else "is empty"
            guess = did_you_mean(name, environ) if value is None else ""
            what = f"the environment variable {name!r} {state}{guess}"
            into.problems.append(
                Problem(str(item.origin), field_text(path), what, f"export {name}=... and run again")
            )
            return match[0]
        query = "?" in text[: match.start()] and path[-1] == "uri"
        if is_secret(path) or query:
            into.secrets.append(Secret(value, match[0]))
        return value

    text = str(item.value)
    return _REFERENCE.sub(value_of, text)
