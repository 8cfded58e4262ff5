from __future__ import annotations

import json
from typing import Any

import pytest

from seatrial.systems.reference.chat_request import parse_chat
from seatrial.systems.reference.errors import ApiError

GOOD: dict[str, Any] = {"model": "small", "messages": [{"role": "user", "content": "Hello"}]}
FUNCTION = {"type": "function", "function": {"name": "f"}}


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"unknown": 1},
        {"max_tokens": None, "temperature": 0, "top_p": 1, "n": 1, "seed": -5, "stop": None},
        {"stop": ["a", "b", "c", "d"]},
        {"tools": [FUNCTION], "tool_choice": "auto"},
        {"messages": [{"role": "developer", "content": "Be brief."}, {"role": "user", "content": "Hi"}]},
        {"stream": True, "stream_options": {"include_usage": True}},
        {"response_format": {"type": "text"}},
    ],
)
def test_a_valid_request_is_read(more: dict[str, Any]) -> None:
    assert parse_chat(json.dumps(GOOD | more).encode()).model == "small"


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"model": None}, "model"),
        ({"model": 7}, "model"),
        ({"model": ""}, "model"),
        ({"messages": []}, "messages"),
        ({"messages": "Hello"}, "messages"),
        ({"messages": [{"content": "Hello"}]}, "messages.0.role"),
        ({"messages": [{"role": "wizard", "content": "Hello"}]}, "messages.0.role"),
        ({"messages": ["Hello"]}, "messages.0"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": -1}, "max_tokens"),
        ({"max_tokens": "many"}, "max_tokens"),
        ({"max_tokens": True}, "max_tokens"),
        ({"temperature": 3}, "temperature"),
        ({"temperature": "hot"}, "temperature"),
        ({"top_p": -0.1}, "top_p"),
        ({"n": 2}, "n"),
        ({"stream": "yes"}, "stream"),
        ({"stop": ["a", "b", "c", "d", "e"]}, None),
        ({"tools": {"type": "function"}}, "tools"),
        ({"tools": [{"type": "function", "function": {"name": "not a name"}}]}, "tools.0.function.name"),
        ({"tool_choice": "required"}, "tool_choice"),
        (
            {"tools": [FUNCTION], "tool_choice": {"type": "function", "function": {"name": "g"}}},
            "tool_choice",
        ),
        ({"response_format": {"type": "xml"}}, "response_format.type"),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema"),
    ],
)
def test_what_is_wrong_is_refused_and_named(more: dict[str, Any], param: str | None) -> None:
    with pytest.raises(ApiError) as error:
        parse_chat(json.dumps(GOOD | more).encode())
    assert error.value.status == 400
    if param:
        assert error.value.param == param


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b"\xff\xfe",
        b'{"model": "small", "messages": [{"role": "user", "content": "\\ud800"}]}',
        b'{"model": "small", "messages": [{"role": "user", "content": "\xc3\x28"}]}',
        b"[" * 100_000,
        b'{"a":' * 5000,
        b'{"model": "small", "temperature": NaN, "messages": [{"role": "user", "content": "x"}]}',
    ],
    ids=range(11),
)
def test_what_is_no_request_is_refused(body: bytes) -> None:
    with pytest.raises(ApiError) as error:
        parse_chat(body)
    assert error.value.status == 400
    assert error.value.body()["error"]["type"] == "invalid_request_error"


def test_the_input_is_not_repeated_in_the_error() -> None:
    with pytest.raises(ApiError) as error:
        parse_chat(json.dumps(GOOD | {"stream": "my secret"}).encode())
    assert "my secret" not in error.value.message
