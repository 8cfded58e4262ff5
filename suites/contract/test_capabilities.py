"""Optional abilities, judged where the policy lists them under `capabilities`."""

from __future__ import annotations

import json
import math
from typing import Any

from .dialect import brief
from .probe import Probe, failed, manner, parsed, told

FIELDS = ("port", "hours", "unit")
TIDE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "port": {"type": "string"},
        "hours": {"type": "integer"},
        "unit": {"type": "string", "enum": ["metre", "foot"]},
    },
    "required": list(FIELDS),
    "additionalProperties": False,
}
ASKS = "Use tide_table for the port of Santos, the next 12 hours, in metre."
TRIES = 3


def test_tools_are_called(probe: Probe) -> None:
    """A tool that must be called is called, by its name, with arguments that fit its schema."""
    probe.needs("tools")
    for number in range(1, TRIES + 1):
        exchange = probe.reply(ASKS, stream=number == 2, max_tokens=128, **_tools(probe))
        where = f"answer {number} of {TRIES} ({manner(exchange)})"
        if not exchange.tool_calls:
            failed(f"{where} calls no tool although one is required: {told(exchange)}")
        name, arguments = exchange.tool_calls[0]
        if name != "tide_table":
            failed(f"{where} calls {name!r}, which was not offered")
        problem = _misfit(arguments)
        if problem is not None:
            failed(f"{where}: the arguments hold {problem}")
        if exchange.finish_reason not in ("tool_calls", "tool_use", "stop"):
            failed(f"{where}: {told(exchange)}")


def test_json_schema_is_kept(probe: Probe) -> None:
    """An answer under a JSON schema is an instance of it."""
    probe.needs("json_schema")
    schema = {"name": "tide", "strict": True, "schema": TIDE}
    for number in range(1, TRIES + 1):
        exchange = probe.reply(
            f"Give a tide request number {number} as JSON.",
            stream=number == 2,
            max_tokens=128,
            response_format={"type": "json_schema", "json_schema": schema},
        )
        problem = _misfit(exchange.text)
        if problem is not None:
            failed(f"answer {number} of {TRIES}: the text holds {problem}")


def test_logprobs_are_given(probe: Probe) -> None:
    """Asked for log probabilities, the answer brings one for every token, none above zero."""
    probe.needs("logprobs")
    exchange = probe.reply(max_tokens=8, logprobs=True, top_logprobs=2)
    choices = (parsed(exchange) or {}).get("choices") or [{}]
    tokens = (choices[0].get("logprobs") or {}).get("content") or []
    if not tokens:
        failed("log probabilities were asked for and none came")
    wrong = [token for token in tokens if not _probability(token)]
    if wrong:
        failed(f"{len(wrong)} of {len(tokens)} tokens bring no log probability: {brief(wrong[0])}")
    if exchange.usage is not None:
        spare = abs(len(tokens) - exchange.usage.output_tokens)
        if spare > 1:
            failed(f"{len(tokens)} log probabilities for {exchange.usage.output_tokens} tokens")


def test_embeddings_are_given(probe: Probe) -> None:
    """Texts become vectors of one length, the same text the same vector, another text another."""
    probe.needs("embeddings")
    asked = {"model": _embedding_model(probe), "input": ["a lighthouse", "a lighthouse", "an invoice"]}
    exchange = probe.raw(asked, path="embeddings")
    if exchange.status != 200:
        failed(f"{told(exchange)} for embeddings")
    rows = (parsed(exchange) or {}).get("data") or []
    vectors: list[Any] = [row.get("embedding") for row in rows if isinstance(row, dict)]
    if len(vectors) != len(asked["input"]):
        failed(f"{len(asked['input'])} texts became {len(vectors)} vectors")
    if not all(_is_vector(vector) for vector in vectors):
        failed("a vector is empty, all zeros or holds what is no number")
    if len({len(vector) for vector in vectors}) != 1:
        failed(f"lengths differ: {[len(vector) for vector in vectors]}")
    if _cosine(vectors[0], vectors[1]) <= 0.999:
        failed("the same text became two different vectors")
    if _cosine(vectors[0], vectors[2]) >= 0.999:
        failed("two different texts became the same vector")


def _tools(probe: Probe) -> dict[str, Any]:
    about = "The tide table of a port"
    if probe.dialect.name == "anthropic-messages":
        tool = {"name": "tide_table", "description": about, "input_schema": TIDE}
        return {"tools": [tool], "tool_choice": {"type": "any"}}
    function = {"name": "tide_table", "description": about, "parameters": TIDE}
    return {"tools": [{"type": "function", "function": function}], "tool_choice": "required"}


def _misfit(text: str) -> str | None:
    """Why *text* is no instance of `TIDE`, None where it is one."""
    try:
        value = json.loads(text)
    except ValueError:
        return f"no JSON: {text[:120]!r}"
    if not isinstance(value, dict) or set(value) != set(FIELDS):
        return f"not exactly the fields {', '.join(FIELDS)}: {brief(value)}"
    right = (
        isinstance(value["port"], str) and type(value["hours"]) is int and value["unit"] in ("metre", "foot")
    )
    return None if right else f"a value of a wrong type: {brief(value)}"


def _probability(token: Any) -> bool:
    value = token.get("logprob") if isinstance(token, dict) else None
    return isinstance(value, (int, float)) and not math.isnan(value) and value <= 1e-6


def _embedding_model(probe: Probe) -> str:
    """The model for embeddings: one that the target lists and whose name says so, else the target's own."""
    data = (parsed(probe.target.get("models")) or {}).get("data") or []
    names = [str(item.get("id")) for item in data if isinstance(item, dict)]
    return next((name for name in names if "embed" in name.lower()), probe.target.config.model or "")


def _is_vector(vector: Any) -> bool:
    return (
        isinstance(vector, list)
        and any(vector)
        and all(isinstance(x, (int, float)) and math.isfinite(x) for x in vector)
    )


def _cosine(one: list[float], other: list[float]) -> float:
    dot = math.fsum(a * b for a, b in zip(one, other, strict=True))
    return dot / (math.hypot(*one) * math.hypot(*other))
