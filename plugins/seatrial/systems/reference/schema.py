"""A small instance of a JSON Schema: what the built-in model fills forms with.

Knows the common part of the vocabulary: types, properties, required, items, enum, const, default-free bounds,
anyOf/oneOf/allOf and local ``$ref``. What it does not know it leaves out, and a schema it cannot satisfy
gives an instance that may not fit: it is a stand-in for a model, not a solver.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

MAX_DEPTH = 12
_WORDS = ("anchor", "beacon", "café", "deck", "ebb", "fathom", "gale", "harbour")
_FORMATS = {
    "date": "2026-11-20",
    "date-time": "2026-11-20T12:00:00Z",
    "time": "12:00:00Z",
    "email": "crew@example.org",
    "uri": "https://example.org/",
    "uuid": "6f1a2b3c-4d5e-4f60-8a7b-9c0d1e2f3a4b",
    "ipv4": "192.0.2.1",
}

Schema = dict[str, Any]


def instance(schema: Any, rng: random.Random) -> Any:
    """A value that fits *schema*, the same for the same state of *rng*."""
    return _value(schema, schema if isinstance(schema, dict) else {}, rng, 0)


def _value(schema: Any, root: Schema, rng: random.Random, depth: int) -> Any:
    if not isinstance(schema, dict) or depth > MAX_DEPTH:
        return rng.choice(_WORDS)
    schema = _resolved(schema, root)
    if "const" in schema:
        return schema["const"]
    if isinstance(schema.get("enum"), list) and schema["enum"]:
        return rng.choice(schema["enum"])
    for key in ("anyOf", "oneOf"):
        if isinstance(schema.get(key), list) and schema[key]:
            return _value(schema[key][0], root, rng, depth + 1)
    return _MAKERS.get(_type(schema), _object)(schema, root, rng, depth)


def _type(schema: Schema) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((item for item in kind if item != "null"), "null")
    if kind is None and "items" in schema:
        return "array"
    return str(kind)


def _resolved(schema: Schema, root: Schema) -> Schema:
    for _ in range(MAX_DEPTH):
        reference = schema.get("$ref")
        if not isinstance(reference, str) or not reference.startswith("#"):
            break
        found: Any = root
        for step in reference.removeprefix("#").split("/")[1:]:
            found = found.get(step) if isinstance(found, dict) else None
        if not isinstance(found, dict):
            break
        schema = found
    if isinstance(schema.get("allOf"), list):
        schema = _merged(schema, root)
    return schema


def _merged(schema: Schema, root: Schema) -> Schema:
    whole = {key: value for key, value in schema.items() if key != "allOf"}
    for part in schema["allOf"]:
        part = _resolved(part, root) if isinstance(part, dict) else {}
        whole["properties"] = {**whole.get("properties", {}), **part.get("properties", {})}
        whole["required"] = [*whole.get("required", []), *part.get("required", [])]
        whole.update((key, part[key]) for key in part if key not in ("properties", "required"))
    return whole


def _object(schema: Schema, root: Schema, rng: random.Random, depth: int) -> Any:
    properties = schema.get("properties")
    fields = dict(properties) if isinstance(properties, dict) else {}
    for name in schema.get("required") or ():
        fields.setdefault(str(name), {"type": "string"})
    if depth > MAX_DEPTH // 2:  # a schema that holds itself: only what it insists on
        fields = {name: fields[name] for name in schema.get("required") or ()}
    return {name: _value(field, root, rng, depth + 1) for name, field in fields.items()}


def _array(schema: Schema, root: Schema, rng: random.Random, depth: int) -> Any:
    length = max(int(schema.get("minItems", 0)), 1 if depth < MAX_DEPTH // 2 else 0)
    length = min(length, int(schema.get("maxItems", length)))
    return [_value(schema.get("items", {"type": "string"}), root, rng, depth + 1) for _ in range(length)]


def _string(schema: Schema, _root: Schema, rng: random.Random, _depth: int) -> Any:
    text = _FORMATS.get(str(schema.get("format")), "") or rng.choice(_WORDS)
    text += "x" * (int(schema.get("minLength", 0)) - len(text))
    return text[: int(schema.get("maxLength", len(text)))]


def _integer(schema: Schema, _root: Schema, rng: random.Random, _depth: int) -> Any:
    low, high = _bounds(schema, step=1)
    low, high = math.ceil(low), math.floor(high)
    step = int(schema.get("multipleOf", 1)) or 1
    return max(low, rng.randint(low, max(low, high)) // step * step) if step == 1 else -(-low // step) * step


def _number(schema: Schema, _root: Schema, rng: random.Random, _depth: int) -> Any:
    low, high = _bounds(schema, step=1e-6)
    return round(low + (high - low) * rng.random() * 0.999, 3) if high - low > 0.01 else low


def _bounds(schema: Schema, *, step: float) -> tuple[float, float]:
    low, high = schema.get("minimum"), schema.get("maximum")
    if schema.get("exclusiveMinimum") is not None:
        low = schema["exclusiveMinimum"] + step
    if schema.get("exclusiveMaximum") is not None:
        high = schema["exclusiveMaximum"] - step
    if low is None:
        low = 0 if high is None else min(0, high - 1)
    return float(low), float(low + 100 if high is None else high)


def _boolean(_schema: Schema, _root: Schema, rng: random.Random, _depth: int) -> Any:
    return rng.random() < 0.5


def _null(_schema: Schema, _root: Schema, _rng: random.Random, _depth: int) -> Any:
    return None


_MAKERS: dict[str, Callable[[Schema, Schema, random.Random, int], Any]] = {
    "object": _object,
    "array": _array,
    "string": _string,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "null": _null,
}
