from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from suites.contract.openai import (
    answer_problems,
    ending_problems,
    error_problems,
    stream_problems,
    usage_problems,
)

# As llama.cpp's server answers: fields beyond the protocol are nobody's business.
ANSWER: dict[str, Any] = {
    "choices": [
        {"finish_reason": "length", "index": 0, "message": {"role": "assistant", "content": "Hello there!"}}
    ],
    "created": 1795148769,
    "model": "smollm2",
    "system_fingerprint": "b0-unknown",
    "object": "chat.completion",
    "usage": {"completion_tokens": 6, "prompt_tokens": 31, "total_tokens": 37},
    "id": "chatcmpl-d26L",
    "timings": {"cache_n": 0},
}


def chunk(delta: dict[str, Any] | None, finish: str | None = None, **fields: Any) -> str:
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
    return json.dumps(
        {"id": "c1", "object": "chat.completion.chunk", "model": "m", "choices": choices, **fields}
    )


STREAM = [
    chunk({"role": "assistant", "content": None}),
    chunk({"content": "Hello"}),
    chunk({"content": " there"}),
    chunk({}, "stop"),
    chunk(None, usage={"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}),
    "[DONE]",
]


def changed(path: str, value: Any) -> dict[str, Any]:
    """`ANSWER` with the field at *path* set, or left out for ``...``."""
    body = copy.deepcopy(ANSWER)
    holder: Any = body
    *way, last = path.split(".")
    for step in way:
        holder = holder[int(step)] if step.isdigit() else holder[step]
    if value is ...:
        del holder[last]
    else:
        holder[last] = value
    return body


def test_a_right_answer_has_no_problem() -> None:
    assert answer_problems(ANSWER) == []


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("id", ..., "`id` is missing"),
        ("object", "chat.completion.chunk", "`object` is"),
        ("model", "", "`model` is empty"),
        ("choices", [], "`choices` is empty"),
        ("choices", "none", "`choices` is"),
        ("choices.0.index", True, "`choices[0].index` is true, not an integer"),
        ("choices.0.message", "Hello", "`choices[0].message` is"),
        ("choices.0.message.role", "user", "role"),
        ("choices.0.message.content", None, "content"),
        ("choices.0.message.content", ["Hello"], "content"),
        ("choices.0.finish_reason", None, "finish_reason"),
    ],
)
def test_a_broken_promise_is_told(path: str, value: Any, told: str) -> None:
    problems = answer_problems(changed(path, value))
    assert len(problems) == 1
    assert told in problems[0]


@pytest.mark.parametrize("body", [None, [], "text", 7, {}])
def test_what_is_no_answer_is_told_and_does_not_raise(body: Any) -> None:
    assert answer_problems(body)
    assert usage_problems(body)
    assert error_problems(body)


def test_a_tool_call_needs_no_content() -> None:
    message = {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]}
    assert answer_problems(changed("choices.0.message", message)) == []


@pytest.mark.parametrize(
    ("usage", "told"),
    [
        (..., "missing"),
        ({"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 6}, "does not add up: 3 + 2 is not 6"),
        ({"prompt_tokens": 3, "completion_tokens": 2}, "total_tokens"),
        ({"prompt_tokens": 3, "completion_tokens": -2, "total_tokens": 1}, "below zero"),
        ({"prompt_tokens": 3.5, "completion_tokens": 2, "total_tokens": 5.5}, "not an integer"),
        ({"prompt_tokens": 0, "completion_tokens": 2, "total_tokens": 2}, "prompt"),
    ],
)
def test_usage_is_judged(usage: Any, told: str) -> None:
    assert usage_problems(ANSWER) == []
    assert told in usage_problems(changed("usage", usage))[0]


def test_a_right_stream_has_no_problem() -> None:
    assert stream_problems(STREAM) == []
    assert ending_problems(STREAM) == []


@pytest.mark.parametrize(
    ("at", "event", "told"),
    [
        (1, "{not json", "not JSON"),
        (1, chunk({"content": 7}), "delta.content"),
        (1, chunk({"content": "x"}, id="other"), "different ids"),
        (1, chunk({"content": "x"}, object="chat.completion"), "`object`"),
        (1, chunk({"content": "x", "role": "system"}), "role"),
        (1, json.dumps({"error": {"message": "overloaded"}}), "error inside a stream"),
        (1, json.dumps({"id": "c1"}), "missing"),
        (1, "7", "not an object"),
    ],
)
def test_a_wrong_event_is_told(at: int, event: str, told: str) -> None:
    assert told in "; ".join(stream_problems([*STREAM[:at], event, *STREAM[at + 1 :]]))


@pytest.mark.parametrize(
    ("events", "told"),
    [
        ([], "no event"),
        (STREAM[:-1], "without `data: [DONE]`"),
        (STREAM[:3], "no finish reason"),
        ([*STREAM, STREAM[4]], "not once and last"),
        ([*STREAM[:4], STREAM[3], "[DONE]"], "2 finish reasons"),
        ([*STREAM[:4], STREAM[1], "[DONE]"], "content after the finish reason"),
    ],
)
def test_a_wrong_ending_is_told(events: list[str], told: str) -> None:
    assert told in "; ".join(ending_problems(events))


def test_errors_are_typed() -> None:
    assert error_problems({"error": {"message": "no", "type": "invalid_request_error", "code": 400}}) == []
    assert "type" in error_problems({"error": {"message": "no"}})[0]
    assert error_problems({"error": "no"})
    assert error_problems({"detail": "no"})
