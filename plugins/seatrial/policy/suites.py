"""Which bundled suites apply to a policy: each suite says itself what a policy must have for it.

``NEEDS = ("capacity", "traffic.arrivals")`` in the ``__init__.py`` of a suite's folder names fields of a
policy's spec; a suite applies where one of them is given, and one without ``NEEDS`` always does. It is read,
not imported: a suite's modules are for pytest.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

from seatrial.bundled import bundled
from seatrial.policy.document import Spec

NEEDS = "NEEDS"


def bundled_suites() -> dict[str, tuple[str, ...]]:
    """The name of every bundled suite, and what it needs: any of these."""
    files = sorted(bundled("suites").glob("*/__init__.py"))
    return {file.parent.name: needs(file) for file in files}


def applicable(spec: Spec) -> tuple[str, ...]:
    """The bundled suites that apply to a policy, by name."""
    return tuple(name for name, wanted in bundled_suites().items() if applies(spec, wanted))


def applies(spec: Spec, wanted: tuple[str, ...]) -> bool:
    """Whether a suite with these needs applies to a policy."""
    return not wanted or any(_given(spec, path.split(".")) for path in wanted)


def needs(file: Path) -> tuple[str, ...]:
    """What the suite with this ``__init__.py`` needs; nothing where it does not say.

    Raises:
        ValueError: ``NEEDS`` is no tuple of texts: a defect of ours, or of whoever wrote the suite.
    """
    for statement in ast.parse(file.read_text("utf-8"), str(file)).body:
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        if any(isinstance(target, ast.Name) and target.id == NEEDS for target in targets):
            assert isinstance(statement, ast.Assign)
            wanted = ast.literal_eval(statement.value)
            if not isinstance(wanted, tuple) or not all(isinstance(path, str) for path in wanted):
                raise ValueError(f"{file}: {NEEDS} is a tuple of texts")
            return wanted
    return ()


def _given(value: Any, path: list[str]) -> bool:
    """Whether something stands at *path*; in a list, whether it does in one of its items."""
    if not path:
        return bool(value) or value == 0
    if isinstance(value, tuple):
        return any(_given(item, path) for item in value)
    return value is not None and _given(getattr(value, path[0]), path[1:])
