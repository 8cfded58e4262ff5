"""OpenAI's chat completions: what an answer, a stream and an error must look like.

Source: the published API reference of chat completions. Fields that widespread servers leave out without
harm (`created`, `logprobs`, `param`, `code`, the role of a delta) are judged only where they are given.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from .dialect import Dialect, Problems, brief, wants, wants_count, wants_text

FINISH_REASONS = frozenset({"stop", "length", "tool_calls", "content_filter", "function_call"})


def answer_problems(body: Any) -> Problems:
    """An unstreamed answer: ``chat.completion`` with at least one whole choice."""
    problems = wants_text(body, "id") + wants_text(body, "model") + _object(body, "chat.completion")
    problems += wants(body, "choices", list)
    if problems:
        return problems
    if not body["choices"]:
        return ["`choices` is empty"]
    for index, choice in enumerate(body["choices"]):
        problems += _choice(choice, f"choices[{index}]")
    return problems


def usage_problems(body: Any) -> Problems:
    """``usage``: three whole numbers that add up."""
    problems = wants(body, "usage", dict)
    if problems:
        return problems
    usage = body["usage"]
    for field in ("prompt_tokens", "completion_tokens", "total_tokens"):
        problems += wants_count(usage, field, "usage")
    if not problems and usage["prompt_tokens"] + usage["completion_tokens"] != usage["total_tokens"]:
        problems.append(
            f"usage does not add up: {usage['prompt_tokens']} + {usage['completion_tokens']}"
            f" is not {usage['total_tokens']}"
        )
    if not problems and usage["prompt_tokens"] == 0:
        problems.append("`usage.prompt_tokens` is 0 for a prompt that is not empty")
    return problems


def prompt_tokens(usage: dict[str, Any]) -> int:
    """Tokens of the prompt; those read from a cache are counted among them."""
    return _whole(usage.get("prompt_tokens"))


def stream_problems(events: Sequence[str]) -> Problems:
    """A whole stream: chunks of one answer. How it ends is judged by `ending_problems`."""
    problems: Problems = []
    ids: set[str] = set()
    for number, data in enumerate(events, 1):
        if data.strip() == "[DONE]":
            continue
        try:
            chunk = json.loads(data)
        except ValueError:
            problems.append(f"event {number} is not JSON: {brief(data)}")
            continue
        problems += [f"event {number}: {problem}" for problem in _chunk(chunk)]
        if isinstance(chunk, dict) and isinstance(chunk.get("id"), str):
            ids.add(chunk["id"])
    if len(ids) > 1:
        problems.append(f"the chunks of one answer carry {len(ids)} different ids: {brief(sorted(ids))}")
    return problems[:5]


def ending_problems(events: Sequence[str]) -> Problems:
    """How a stream ends: one finish reason, no content after it, ``[DONE]`` once and last."""
    if not events:
        return ["the stream held no event"]
    problems: Problems = []
    done = [number for number, data in enumerate(events, 1) if data.strip() == "[DONE]"]
    if not done:
        problems.append("the stream ended without `data: [DONE]`")
    elif done != [len(events)]:
        problems.append(f"`[DONE]` came as event {done[0]} of {len(events)}, not once and last")
    finished = 0
    for number, choice in _choices(events):
        if finished and (choice.get("delta") or {}).get("content"):
            problems.append(f"event {number} brings content after the finish reason")
        finished += choice.get("finish_reason") is not None
    if finished != 1:
        problems.append(
            f"the stream gave {finished or 'no'} finish reason{'s' if finished > 1 else ''}, not one"
        )
    return problems


def error_problems(body: Any) -> Problems:
    """An error: ``{"error": {"message": …, "type": …}}``."""
    return wants(body, "error", dict) or (
        wants_text(body["error"], "message", "error") + wants_text(body["error"], "type", "error")
    )


def _choices(events: Sequence[str]) -> list[tuple[int, dict[str, Any]]]:
    """``(event number, choice)`` of every first choice that can be read."""
    found = []
    for number, data in enumerate(events, 1):
        try:
            chunk = json.loads(data)
        except ValueError:
            continue
        for choice in (chunk.get("choices") if isinstance(chunk, dict) else None) or ():
            if isinstance(choice, dict) and choice.get("index", 0) == 0:
                found.append((number, choice))
    return found


def _choice(choice: Any, where: str) -> Problems:
    problems = wants_count(choice, "index", where) + wants(choice, "message", dict, where)
    if problems:
        return problems
    message = choice["message"]
    if message.get("role") != "assistant":
        problems.append(f'`{where}.message.role` is {brief(message.get("role"))}, not "assistant"')
    if not any(message.get(other) for other in ("tool_calls", "function_call", "refusal")):
        problems += wants(message, "content", str, f"{where}.message")
    return problems + wants_text(choice, "finish_reason", where)


def _chunk(chunk: Any) -> Problems:
    if isinstance(chunk, dict) and "error" in chunk:
        return [f"an error inside a stream that began with 200: {brief(chunk['error'])}"]
    problems = (
        wants_text(chunk, "id") + _object(chunk, "chat.completion.chunk") + wants(chunk, "choices", list)
    )
    if problems:
        return problems
    for choice in chunk["choices"]:
        problems += wants_count(choice, "index", "choices[]") or wants(choice, "delta", dict, "choices[]")
        delta = choice.get("delta", {}) if isinstance(choice, dict) else {}
        if isinstance(delta, dict):
            problems += _delta(delta)
    return problems


def _delta(delta: dict[str, Any]) -> Problems:
    problems = []
    if not isinstance(delta.get("content"), (str, type(None))):
        problems.append(f"`delta.content` is {brief(delta['content'])}, not a string")
    if delta.get("role") not in (None, "assistant"):
        problems.append(f'`delta.role` is {brief(delta["role"])}, not "assistant"')
    return problems


def _whole(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _object(body: Any, name: str) -> Problems:
    problems = wants_text(body, "object")
    if not problems and body["object"] != name:
        return [f'`object` is {brief(body["object"])}, not "{name}"']
    return problems


DIALECT = Dialect(
    name="openai-chat",
    chat=True,
    answer=answer_problems,
    stream=stream_problems,
    ending=ending_problems,
    error=error_problems,
    usage=usage_problems,
    prompt_tokens=prompt_tokens,
    finish_reasons=FINISH_REASONS,
    cut="length",
    whole=frozenset({"stop"}),
    stop="stop",
    fixed={"temperature": 0, "seed": 7},
)
