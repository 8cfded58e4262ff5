"""Every kind of fault by its type's name: those in this room, and those that a package outside adds."""

from __future__ import annotations

import difflib
import pkgutil
from functools import cache
from importlib import import_module
from typing import Any, TypeVar

from pydantic import ValidationError

from seatrial.core.errors import UsageError
from seatrial.faults.base import FaultKind

K = TypeVar("K", bound=type[FaultKind[Any]])

_KINDS: dict[str, type[FaultKind[Any]]] = {}


def register(kind: K) -> K:
    """Make a kind of fault known by its `type`; a class decorator.

    Raises:
        UsageError: another kind has that type.
    """
    known = _KINDS.get(kind.type)
    if known is not None and known is not kind:
        raise UsageError(
            f"two kinds of fault are named {kind.type!r}: {known.__qualname__} of {known.__module__} and "
            f"{kind.__qualname__} of {kind.__module__}",
            hint="give yours another type",
        )
    _KINDS[kind.type] = kind
    return kind


@cache
def _load() -> None:
    from seatrial.faults import ai, toxics

    for package in (toxics, ai):
        for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
            import_module(module.name)


def kinds() -> dict[str, type[FaultKind[Any]]]:
    """All kinds by type."""
    _load()
    return dict(_KINDS)


def kind_named(type_: str) -> type[FaultKind[Any]] | None:
    """The kind of that type, None where there is none."""
    _load()
    return _KINDS.get(type_)


def check(type_: str, attributes: dict[str, Any], *, where: str | None = None) -> dict[str, Any]:
    """*attributes* as the kind *type_* will read them; here, unlike in Toxiproxy, an unknown one is an error.

    Raises:
        UsageError: no such type, an unknown attribute, or a value that does not fit.
    """
    kind = kind_named(type_)
    if kind is None:
        near = difflib.get_close_matches(type_, _KINDS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(sorted(_KINDS))}"
        raise UsageError(f"no fault is named {type_!r}", where=where, hint=hint)
    fields = {field.alias or name for name, field in kind.Attributes.model_fields.items()}
    for name in attributes:
        if name not in fields:
            near = difflib.get_close_matches(name, fields, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"it has: {', '.join(sorted(fields)) or 'none'}"
            raise UsageError(f"the fault {type_} has no attribute {name!r}", where=where, hint=hint)
    try:
        return dump(kind.Attributes.model_validate(attributes))
    except ValidationError as error:
        raise UsageError(f"the fault {type_}: {told(error)}", where=where) from error


def dump(attributes: Any) -> dict[str, Any]:
    """Attributes as the control API shows them."""
    return dict(attributes.model_dump(mode="json", by_alias=True, exclude_none=True))


def told(error: ValidationError) -> str:
    """What is wrong, in one line."""
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}" if place else str(first["msg"])
