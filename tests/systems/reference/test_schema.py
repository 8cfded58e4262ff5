from __future__ import annotations

import random
from typing import Any

import jsonschema
import pytest

from seatrial.systems.reference.schema import instance

SCHEMAS: list[Any] = [
    {"type": "string", "minLength": 12, "maxLength": 14},
    {"type": "string", "enum": ["a", "b"]},
    {"const": 3},
    {"type": "integer", "minimum": 3, "maximum": 5},
    {"type": "integer", "exclusiveMinimum": 3, "exclusiveMaximum": 5},
    {"type": "integer", "minimum": 10, "multipleOf": 7},
    {"type": "number", "maximum": -1},
    {"type": "number", "minimum": 0.5, "maximum": 0.6},
    {"type": ["null", "string"]},
    {"type": "null"},
    {"type": "boolean"},
    {"type": "array", "items": {"type": "integer"}, "minItems": 3, "maxItems": 3},
    {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a", "b"]},
    {"properties": {"a": {"type": "boolean"}}, "required": ["a"]},
    {"anyOf": [{"type": "integer"}, {"type": "string"}]},
    {"allOf": [{"properties": {"a": {"type": "integer"}}, "required": ["a"]}, {"type": "object"}]},
    {"$ref": "#/$defs/port", "$defs": {"port": {"type": "integer", "minimum": 1024}}},
    {
        "type": "object",
        "properties": {"next": {"$ref": "#"}, "name": {"type": "string"}},
        "required": ["name"],
    },
    {},
    True,
]


@pytest.mark.parametrize("schema", SCHEMAS, ids=str)
def test_the_instance_fits(schema: Any) -> None:
    for seed in range(5):
        jsonschema.validate(instance(schema, random.Random(seed)), schema)


def test_the_same_state_gives_the_same_instance() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "number"}}}
    assert instance(schema, random.Random(5)) == instance(schema, random.Random(5))


@pytest.mark.parametrize(
    "schema",
    [{"$ref": "#/nowhere"}, {"$ref": "#"}, {"type": "object", "required": ["a"], "$ref": "http://x"}],
)
def test_a_schema_that_leads_nowhere_still_ends(schema: Any) -> None:
    instance(schema, random.Random(0))
