"""The kinds of values that fields of a policy hold: quantities with units, names, secrets, money.

Each kind is read from what people write, dumped back as text that reads in again to the same value, and
described in the JSON Schema, so that an editor helps while a policy is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    GetCoreSchemaHandler,
    PlainSerializer,
    Strict,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from seatrial.core.errors import UsageError
from seatrial.core.units import (
    Money,
    parse_count,
    parse_duration,
    parse_money,
    parse_rate,
    parse_share,
    parse_size,
    spell_duration,
    spell_size,
)
from seatrial.policy.marked import kind_of
from seatrial.policy.secret import MASK, Secret


class Model(BaseModel):
    """Base of every part of a policy: frozen, and an unknown key is an error."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, use_attribute_docstrings=True
    )


def wrong(what: str, hint: str = "") -> PydanticCustomError:
    """The error a validator raises; braces in the texts are kept as they are."""
    return PydanticCustomError("policy", "{what}", {"what": what, "hint": hint})


def _reader(parse: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if isinstance(value, (dict, list)) or value is None:
            raise wrong(f"one value is expected, not {kind_of(value)}")
        try:
            return parse(value)
        except UsageError as error:
            raise wrong(error.what, error.hint or "") from error

    return read


def _kind(parse: Callable[[Any], Any], write: Callable[[Any], Any], **schema: Any) -> tuple[Any, ...]:
    """What makes a field of units: its reader, its writer and its JSON Schema."""
    return BeforeValidator(_reader(parse)), PlainSerializer(write), WithJsonSchema(schema)


def _positive(value: float) -> float:
    if not value > 0:
        raise wrong("it must be more than 0")
    return value


_NUMBER = r"(\d+(_\d+)*(\.\d+)?|\.\d+)([eE][+-]?\d+)?"
_DURATION = {
    "anyOf": [
        {"type": "string", "pattern": rf"^\s*{_NUMBER}\s*(ns|us|µs|μs|ms|s|m|min|h|d)\s*$"},
        {"const": 0},
    ]
}
_SHARE = {
    "anyOf": [
        {"type": "string", "pattern": rf"^\s*{_NUMBER}\s*%?\s*$"},
        {"type": "number", "minimum": 0, "maximum": 1},
    ]
}
_RATE = {"type": "string", "pattern": rf"^\s*{_NUMBER}\s*/(s|m|min|h)\s*$"}
_SIZE = {"anyOf": [{"type": "string", "pattern": rf"^\s*{_NUMBER}\s*([kMG]?B|[KMG]iB)\s*$"}, {"const": 0}]}
_COUNT = {"anyOf": [{"type": "string", "pattern": r"^\s*\d+(_\d+)*\s*$"}, {"type": "integer", "minimum": 0}]}
_MONEY = {
    "anyOf": [
        {"type": "string", "pattern": rf"^\s*([$€£¥]\s*{_NUMBER}|{_NUMBER}\s*[A-Z]{{3}})\s*$"},
        {"const": 0},
    ]
}


def _spell_rate(rate: float) -> str:
    return f"{rate!r}/s"


def _spell_share(share: float) -> float | int:
    return int(share) if share in (0, 1) else share


Duration = Annotated[float, *_kind(parse_duration, spell_duration, **_DURATION)]
PositiveDuration = Annotated[
    float, AfterValidator(_positive), *_kind(parse_duration, spell_duration, **_DURATION)
]
Share = Annotated[float, *_kind(parse_share, _spell_share, **_SHARE)]
Rate = Annotated[float, *_kind(parse_rate, _spell_rate, **_RATE)]
Size = Annotated[int, AfterValidator(_positive), *_kind(parse_size, spell_size, **_SIZE)]
Count = Annotated[int, *_kind(parse_count, int, **_COUNT)]
PositiveCount = Annotated[int, AfterValidator(_positive), *_kind(parse_count, int, **_COUNT)]
Price = Annotated[Money, *_kind(parse_money, str, **_MONEY)]

Flag = Annotated[bool, Strict()]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def _is_name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise wrong(f"{text!r} is no name", "a name is made of letters, digits, dots, dashes and underscores")
    return text


Name = Annotated[
    str, AfterValidator(_is_name), WithJsonSchema({"type": "string", "pattern": rf"^{_NAME.pattern}$"})
]


class _SecretSchema:
    """Takes a Secret, or text that is made one; dumps its reference, or a mask, and never its text."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            _to_secret,
            serialization=core_schema.plain_serializer_function_ser_schema(_from_secret),
        )


def _to_secret(value: Any) -> Secret:
    if isinstance(value, Secret):
        return value
    if isinstance(value, str) and value:
        return Secret(value)
    raise wrong("a text is expected, such as ${env:BOT_KEY}")


def _from_secret(secret: Secret) -> str:
    return secret.reference or MASK


SecretText = Annotated[
    Secret, _SecretSchema, WithJsonSchema({"type": "string", "description": "write ${env:NAME}"})
]
