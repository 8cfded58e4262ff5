from __future__ import annotations

import json
from typing import Any

import pytest

from suites.contract.anthropic import (
    answer_problems,
    ending_problems,
    error_problems,
    stream_problems,
    usage_problems,
)

ANSWER: dict[str, Any] = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "m",
    "content": [{"type": "text", "text": "Hello"}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 3, "output_tokens": 2},
}


def event(kind: str, **fields: Any) -> str:
    return json.dumps({"type": kind, **fields})


STREAM = [
    event(
        "message_start",
        message={"id": "msg_1", "model": "m", "usage": {"input_tokens": 3, "output_tokens": 1}},
    ),
    event("content_block_start", index=0, content_block={"type": "text", "text": ""}),
    event("ping"),
    event("content_block_delta", index=0, delta={"type": "text_delta", "text": "Hello"}),
    event("content_block_stop", index=0),
    event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 2}),
    event("message_stop"),
]


def test_what_is_right_has_no_problem() -> None:
    assert answer_problems(ANSWER) == []
    assert usage_problems(ANSWER) == []
    assert stream_problems(STREAM) == []
    assert ending_problems(STREAM) == []
    assert error_problems({"type": "error", "error": {"type": "overloaded_error", "message": "later"}}) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"type": "completion"}, "`type`"),
        ({"role": "user"}, "`role`"),
        ({"content": "Hello"}, "`content`"),
        ({"content": [{"type": "text"}]}, "content[0].text"),
        ({"content": ["Hello"]}, "content[0]"),
        ({"stop_reason": None}, "`stop_reason`"),
        ({"id": ""}, "`id`"),
    ],
)
def test_a_broken_promise_is_told(change: dict[str, Any], told: str) -> None:
    assert told in "; ".join(answer_problems({**ANSWER, **change}))


def test_usage_is_judged() -> None:
    assert usage_problems({"usage": {"input_tokens": 3}})
    assert usage_problems({"usage": {"input_tokens": 0, "output_tokens": 2}})
    cached = {"input_tokens": 0, "cache_read_input_tokens": 9, "output_tokens": 2}
    assert usage_problems({"usage": cached}) == []


@pytest.mark.parametrize(
    ("events", "told"),
    [
        (STREAM[1:], "message_start"),
        ([*STREAM[:1], *STREAM[2:]], "not opened"),
        ([*STREAM[:4], *STREAM[5:]], "never closed"),
        (["nothing", *STREAM[1:]], "not JSON"),
        (
            [STREAM[0], event("error", error={"type": "overloaded_error"}), *STREAM[1:]],
            "error inside a stream",
        ),
    ],
)
def test_a_wrong_stream_is_told(events: list[str], told: str) -> None:
    assert told in "; ".join(stream_problems(events))


@pytest.mark.parametrize(
    ("events", "told"),
    [
        ([], "no event"),
        (STREAM[:-1], "message_stop"),
        ([*STREAM[:5], STREAM[6]], "stop reasons"),
        ([*STREAM, STREAM[3]], "message_stop"),
    ],
)
def test_a_wrong_ending_is_told(events: list[str], told: str) -> None:
    assert told in "; ".join(ending_problems(events))


@pytest.mark.parametrize("body", [None, [], "text", {}, {"error": {"type": "x", "message": "y"}}])
def test_an_untyped_error_is_told(body: Any) -> None:
    assert error_problems(body)
