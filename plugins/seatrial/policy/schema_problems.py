"""What the models refuse, in words, each with its line and the nearest right name."""

from __future__ import annotations

import re
import types
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from seatrial.policy.document import LATER
from seatrial.policy.marked import Marked, kind_of
from seatrial.policy.problems import Path, Problem, did_you_mean, field_text, listed

Said = tuple[str, str]


def schema_problems(
    error: ValidationError, model: type[BaseModel], tree: Marked, base: Path = ()
) -> Iterator[Problem]:
    """Every problem pydantic found, as one of ours.

    Args:
        error: what pydantic raised.
        model: the model that was filled.
        tree: the whole document.
        base: where in it the model's part begins.
    """
    for detail in error.errors(include_url=False):
        path = _path(tree, base, detail)
        said = _said(detail, model, path[len(base) :])
        yield Problem(str(tree.at(path).origin), field_text(path), *said)


def _path(tree: Marked, base: Path, detail: ErrorDetails) -> Path:
    """The error's place in the document: pydantic's steps without those that name members of a union."""
    path, here = list(base), tree.at(base)
    steps = detail["loc"][:-1] if detail["type"] == "missing" else detail["loc"]
    for step in steps:
        inside = here.child(step)
        if inside is not None:
            path.append(step)
            here = inside
    return tuple(path)


def _said(detail: ErrorDetails, model: type[BaseModel], path: Path) -> Said:
    kind, value = detail["type"], detail.get("input")
    if kind == "policy":
        context = detail.get("ctx", {})
        return context["what"], context["hint"]
    if kind == "extra_forbidden":
        return _unknown_key(str(path[-1]), keys_at(model, path[:-1]))
    if kind == "missing":
        name = detail["loc"][-1]
        return f"the key {name!r} is missing", ""
    if kind == "literal_error":
        names = re.findall(r"'([^']*)'", str(detail.get("ctx", {}).get("expected", "")))
        return f"{value!r} is not known here{did_you_mean(str(value), names)}", f"one of: {listed(names)}"
    for wanted, said in _EXPECTED.items():
        if kind.startswith(wanted):
            return said(value)
    return detail["msg"][:1].lower() + detail["msg"][1:], ""


def _unknown_key(name: str, known: list[str]) -> Said:
    if name in LATER and name not in known:
        return f"unknown key {name!r}: {LATER[name]}", ""
    guess = did_you_mean(name, known)
    return f"unknown key {name!r}{guess}", "" if guess else f"known here: {listed(known)}"


def _text(value: Any) -> Said:
    quote = "put it into quotes" if isinstance(value, (bool, int, float)) else ""
    return f"a text is expected, not {kind_of(value)}", quote


def _expected(what: str) -> Callable[[Any], Said]:
    return lambda value: (f"{what} is expected, not {kind_of(value)}", "")


_EXPECTED: dict[str, Callable[[Any], Said]] = {
    "string_type": _text,
    "string_too_short": lambda value: ("it must not be empty", ""),
    "string_pattern_mismatch": lambda value: (f"{value!r} is not of the expected form", ""),
    "too_short": lambda value: ("at least one is needed", ""),
    "model": _expected("a mapping of keys"),
    "dict": _expected("a mapping of keys"),
    "list": _expected("a list"),
    "tuple": _expected("a list"),
    "bool": _expected("true or false"),
    "float": _expected("a number"),
    "finite_number": _expected("a finite number"),
    "greater_than": lambda value: ("it must be more than 0", ""),
}


def keys_at(model: type[BaseModel], path: Path) -> list[str]:
    """The keys that may stand in the mapping at *path* of a model's data."""
    here: Any = model
    for step in path:
        here = _inside(here, step)
    found = _model(here)
    return [field.alias or name for name, field in found.model_fields.items()] if found else []


def _inside(annotation: Any, step: str | int) -> Any:
    """The type of what stands under a key or a position of a value of type *annotation*."""
    model = _model(annotation)
    if isinstance(step, str) and model:
        fields = model.model_fields
        return next((field.annotation for name, field in fields.items() if step in (field.alias, name)), None)
    for option in _options(annotation):
        arguments = get_args(option)
        if arguments and get_origin(option) in (tuple, list, dict):
            return arguments[1] if get_origin(option) is dict else arguments[0]
    return None


def _model(annotation: Any) -> type[BaseModel] | None:
    for option in _options(annotation):
        if isinstance(option, type) and issubclass(option, BaseModel):
            return option
    return None


def _options(annotation: Any) -> Iterator[Any]:
    """The members of a union, one by one, without the wrapping of Annotated."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _options(get_args(annotation)[0])
    elif origin in (Union, types.UnionType):
        for option in get_args(annotation):
            yield from _options(option)
    else:
        yield annotation
