"""Anthropic's messages: what an answer, a stream and an error must look like.

Source: the published API reference of messages and of streaming messages.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from .dialect import Dialect, Problems, brief, wants, wants_count, wants_text

STOP_REASONS = frozenset(
    {
        "end_turn",
        "max_tokens",
        "stop_sequence",
        "tool_use",
        "pause_turn",
        "refusal",
        "model_context_window_exceeded",
    }
)


def answer_problems(body: Any) -> Problems:
    """An unstreamed answer: a message of the assistant with typed content blocks."""
    problems = wants_text(body, "id") + wants_text(body, "model") + _is(body, "type", "message")
    problems += _is(body, "role", "assistant") + wants(body, "content", list)
    if problems:
        return problems
    for index, block in enumerate(body["content"]):
        where = f"content[{index}]"
        problems += wants_text(block, "type", where)
        if isinstance(block, dict) and block.get("type") == "text":
            problems += wants(block, "text", str, where)
    return problems + wants_text(body, "stop_reason")


def usage_problems(body: Any) -> Problems:
    """``usage``: two whole numbers."""
    problems = wants(body, "usage", dict)
    if not problems:
        problems += wants_count(body["usage"], "input_tokens", "usage")
        problems += wants_count(body["usage"], "output_tokens", "usage")
    if not problems and not prompt_tokens(body["usage"]):
        problems.append("`usage.input_tokens` is 0 for a prompt that is not empty")
    return problems


def prompt_tokens(usage: dict[str, Any]) -> int:
    """Tokens of the prompt: what a cache gave or took is counted beside ``input_tokens``."""
    counts = [value for name, value in usage.items() if name.endswith("input_tokens")]
    return sum(value for value in counts if isinstance(value, int))


def stream_problems(events: Sequence[str]) -> Problems:
    """A whole stream: begins with ``message_start``, every block opened before it grows and closed once."""
    problems: Problems = []
    opened: set[int] = set()
    for number, data in enumerate(events, 1):
        try:
            event = json.loads(data)
        except ValueError:
            problems.append(f"event {number} is not JSON: {brief(data)}")
            continue
        problems += [f"event {number}: {problem}" for problem in _event(event, opened)]
    kinds = _kinds(events)
    first = next((kind for kind in kinds if kind != "ping"), None)
    if first != "message_start":
        problems.append(f'the stream begins with {brief(first)}, not "message_start"')
    if opened:
        problems.append(f"content blocks {sorted(opened)} were never closed")
    return problems[:5]


def ending_problems(events: Sequence[str]) -> Problems:
    """How a stream ends: a stop reason in ``message_delta``, then ``message_stop`` once and last."""
    kinds = _kinds(events)
    if not kinds:
        return ["the stream held no event"]
    problems: Problems = []
    if kinds.count("message_stop") != 1 or kinds[-1] != "message_stop":
        problems.append(f'the stream ended with {brief(kinds[-1])}, not once and last with "message_stop"')
    reasons = [_stop_reason(data) for data in events]
    if sum(reason is not None for reason in reasons) != 1:
        problems.append(
            f"the stream gave {brief([reason for reason in reasons if reason])} as stop reasons, not one"
        )
    return problems


def error_problems(body: Any) -> Problems:
    """An error: ``{"type": "error", "error": {"type": …, "message": …}}``."""
    problems = _is(body, "type", "error") + wants(body, "error", dict)
    return problems or (
        wants_text(body["error"], "message", "error") + wants_text(body["error"], "type", "error")
    )


def _event(event: Any, opened: set[int]) -> Problems:
    problems = wants_text(event, "type")
    if problems:
        return problems
    kind, index = event["type"], event.get("index")
    if kind == "error":
        return [f"an error inside a stream that began with 200: {brief(event.get('error'))}"]
    if kind == "message_start":
        return wants(event, "message", dict) or wants_text(event["message"], "model", "message")
    if kind == "content_block_start":
        opened.add(index)
    elif kind in ("content_block_delta", "content_block_stop") and index not in opened:
        return [f"`{kind}` for block {brief(index)}, which was not opened"]
    if kind == "content_block_stop":
        opened.discard(index)
    return []


def _stop_reason(data: str) -> str | None:
    try:
        event = json.loads(data)
    except ValueError:
        return None
    delta = event.get("delta") if isinstance(event, dict) and event.get("type") == "message_delta" else None
    return delta.get("stop_reason") if isinstance(delta, dict) else None


def _kinds(events: Sequence[str]) -> list[str]:
    kinds = []
    for data in events:
        try:
            event = json.loads(data)
        except ValueError:
            event = None
        kinds.append(str(event.get("type")) if isinstance(event, dict) else "?")
    return kinds


def _is(body: Any, field: str, word: str) -> Problems:
    problems = wants_text(body, field)
    if not problems and body[field] != word:
        return [f'`{field}` is {brief(body[field])}, not "{word}"']
    return problems


DIALECT = Dialect(
    name="anthropic-messages",
    chat=True,
    answer=answer_problems,
    stream=stream_problems,
    ending=ending_problems,
    error=error_problems,
    usage=usage_problems,
    prompt_tokens=prompt_tokens,
    finish_reasons=STOP_REASONS,
    cut="max_tokens",
    whole=frozenset({"end_turn", "stop_sequence"}),
    stop="stop_sequences",
    fixed={"temperature": 0},
)
