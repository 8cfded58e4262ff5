"""Reads what the API is sent, as leniently as Toxiproxy does: unknown fields are ignored, names' case too."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel, ValidationError

from seatrial.faults.registry import told


class ApiError(Exception):
    """An answer of the kind ``{"error": …, "status": …}``."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message, status)
        self.message = message
        self.status = status


BAD_BODY = "bad request body"
MISSING = "missing required field"


def bad_body(why: str) -> ApiError:
    """The body is not what is expected."""
    return ApiError(f"{BAD_BODY}: {why}", 400)


def missing(field: str) -> ApiError:
    """A field is missing."""
    return ApiError(f"{MISSING}: {field}", 400)


def read_json(body: bytes) -> Any:
    """The first JSON value of *body*; what follows it is ignored.

    Raises:
        ApiError: there is none.
    """
    text = body.decode("utf-8", "replace").lstrip()
    if not text:
        raise bad_body("EOF")
    try:
        return json.JSONDecoder().raw_decode(text)[0]
    except ValueError as error:
        raise bad_body(str(error)) from None


def read_object(body: bytes) -> dict[str, Any]:
    """A JSON object, names in lower case; null is an empty one.

    Raises:
        ApiError: it is none.
    """
    return folded(read_json(body))


def folded(value: Any) -> dict[str, Any]:
    """*value* with its names in lower case.

    Raises:
        ApiError: it is no object.
    """
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise bad_body(f"an object is expected, not {json.dumps(value)[:40]}")
    return {str(name).lower(): each for name, each in value.items()}


def text(fields: dict[str, Any], name: str, default: str = "") -> str:
    """A text field; null is the default.

    Raises:
        ApiError: it is no text.
    """
    value = fields.get(name)
    if value is None:
        return default
    if not isinstance(value, str):
        raise bad_body(f"{name}: a string is expected")
    return value


def flag(fields: dict[str, Any], name: str, default: bool) -> bool:
    """A field that is true or false; null is the default.

    Raises:
        ApiError: it is neither.
    """
    value = fields.get(name)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise bad_body(f"{name}: true or false is expected")
    return value


def number(fields: dict[str, Any], name: str, default: float) -> float:
    """A field that is a number; null is the default.

    Raises:
        ApiError: it is none.
    """
    value = fields.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise bad_body(f"{name}: a number is expected")
    return value


def attributes(model: type[BaseModel], value: Any, before: BaseModel | None = None) -> BaseModel:
    """Attributes of a toxic; those not given are *before*'s, or their defaults.

    Raises:
        ApiError: they do not fit.
    """
    given = {name: each for name, each in folded(value).items() if each is not None}
    if before is not None:
        given = before.model_dump(mode="json", by_alias=True, exclude_none=True) | given
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise bad_body(f"attributes: {told(error)}") from None
