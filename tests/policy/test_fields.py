"""The kinds of values that fields of a policy hold."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from seatrial.core.units import Money
from seatrial.policy import fields
from seatrial.policy.secret import MASK, Secret


@pytest.mark.parametrize(
    ("kind", "written", "value", "dumped"),
    [
        (fields.Duration, "90s", 90.0, "90s"),
        (fields.Duration, "0.5 s", 0.5, "500ms"),
        (fields.Duration, 0, 0.0, "0s"),
        (fields.Share, "99%", 0.99, 0.99),
        (fields.Share, 1, 1.0, 1),
        (fields.Size, "16MiB", 2**24, "16MiB"),
        (fields.Count, "8_000", 8000, 8000),
        (fields.Price, "$0.15", Money(0.15), "0.15 USD"),
        (fields.Name, "a.b-c_1", "a.b-c_1", "a.b-c_1"),
        (fields.Flag, True, True, True),
    ],
)
def test_read_and_dumped(kind: Any, written: Any, value: Any, dumped: Any) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(kind)
    assert adapter.validate_python(written) == value
    assert adapter.dump_python(value, mode="json") == dumped
    assert adapter.validate_python(dumped) == value


@pytest.mark.parametrize(
    ("kind", "written", "said"),
    [
        (fields.PositiveDuration, "0s", "it must be more than 0"),
        (fields.PositiveCount, 0, "it must be more than 0"),
        (fields.Size, "0B", "it must be more than 0"),
        (fields.Name, "-a", "'-a' is no name"),
        (fields.Name, "a\n", "'a\\n' is no name"),
        (fields.Name, "a" * 101, "is no name"),
        (fields.Duration, [5], "one value is expected, not a list"),
        (fields.Duration, None, "one value is expected, not nothing"),
        (fields.Flag, "yes", "Input should be a valid boolean"),
        (fields.SecretText, "", "a text is expected"),
        (fields.SecretText, 5, "a text is expected"),
    ],
)
def test_refused(kind: Any, written: Any, said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(written)
    assert said in caught.value.errors()[0]["msg"]


def test_secrets_are_dumped_as_their_reference() -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(fields.SecretText)
    assert adapter.validate_python("canary").reveal() == "canary"
    assert adapter.dump_python(Secret("canary", "${env:K}"), mode="json") == "${env:K}"
    assert adapter.dump_json(Secret("canary")).decode() == f'"{MASK}"'


def test_parts_of_a_policy_do_not_change() -> None:
    class Part(fields.Model):
        name: fields.Name

    part = Part(name="a")
    with pytest.raises(ValidationError, match="frozen"):
        part.name = "b"  # type: ignore[misc]
    with pytest.raises(ValidationError, match="extra"):
        Part.model_validate({"name": "a", "nam": 1})
