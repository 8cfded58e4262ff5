"""Every fault of processes by its type's name, and the way to inject one."""

from __future__ import annotations

import difflib
import pkgutil
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from seatrial.core.errors import UsageError
from seatrial.faults import process as here
from seatrial.faults.process.base import ProcessAttributes, ProcessFault
from seatrial.faults.process.victim import Victim
from seatrial.faults.registry import told
from seatrial.systems.runner import System

K = TypeVar("K", bound=type[ProcessFault[Any]])

_KINDS: dict[str, type[ProcessFault[Any]]] = {}


def register(kind: K) -> K:
    """Make a kind known by its `type`; a class decorator."""
    _KINDS[kind.type] = kind
    return kind


@cache
def _load() -> None:
    for module in pkgutil.iter_modules(here.__path__, here.__name__ + "."):
        if module.name.rpartition(".")[2] not in ("watchdog", "registry"):
            import_module(module.name)


def process_kinds() -> dict[str, type[ProcessFault[Any]]]:
    """All kinds by type."""
    _load()
    return dict(sorted(_KINDS.items()))


def check_process(type_: str, attributes: dict[str, Any], *, where: str | None = None) -> ProcessAttributes:
    """*attributes*, read as the kind *type_* wants them.

    Raises:
        UsageError: no such type, an unknown attribute, or a value that does not fit.
    """
    kinds = process_kinds()
    if type_ not in kinds:
        near = difflib.get_close_matches(type_, kinds, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(kinds)}"
        raise UsageError(f"no fault of processes is named {type_!r}", where=where, hint=hint)
    model = kinds[type_].Attributes
    for name in attributes:
        if name not in model.model_fields:
            known = ", ".join(model.model_fields) or "none"
            near = difflib.get_close_matches(name, model.model_fields, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"it has: {known}"
            raise UsageError(f"the fault {type_} has no attribute {name!r}", where=where, hint=hint)
    try:
        read = model.model_validate(attributes)
    except ValidationError as error:
        raise UsageError(f"the fault {type_}: {told(error)}", where=where) from error
    assert isinstance(read, ProcessAttributes)
    return read


def inject(
    subject: Victim | System | int | Path,
    type_: str,
    attributes: dict[str, Any] | None = None,
    *,
    name: str | None = None,
    where: str | None = None,
) -> ProcessFault[Any]:
    """A fault of processes as a context manager: entering injects it, leaving reverts it.

    Args:
        subject: a system that a recipe started, a process id, or the folder of a control group.
        type_: such as ``process.stop``.
        attributes: the fault's own.
        name: for the journal.
        where: of the policy, for errors.

    Raises:
        UsageError: no such fault, wrong attributes, or a subject that must not be touched.
    """
    read = check_process(type_, attributes or {}, where=where)
    return process_kinds()[type_](Victim.of(subject), read, name=name)
