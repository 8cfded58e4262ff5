from __future__ import annotations

import json
from typing import Any

import pytest

from seatrial.systems.reference.errors import ApiError
from seatrial.systems.reference.state.asked import chat_of, parse_conversation, parse_items, parse_response


def asked(**fields: Any) -> bytes:
    return json.dumps({"model": "small", "input": "hello", **fields}).encode()


def test_input_is_a_text_or_messages() -> None:
    assert parse_response(asked()).turns == [["user", "hello"]]
    messages = [
        {
            "role": "user",
            "content": [{"type": "input_text", "text": "a"}, {"type": "input_text", "text": "b"}],
        },
        {"type": "message", "role": "assistant", "content": "c"},
    ]
    assert parse_response(asked(input=messages)).turns == [["user", "ab"], ["assistant", "c"]]


@pytest.mark.parametrize("given", ["conv_1", {"id": "conv_1"}])
def test_a_conversation_is_named_by_text_or_object(given: Any) -> None:
    assert parse_response(asked(conversation=given)).conversation_id == "conv_1"


@pytest.mark.parametrize(
    "fields",
    [
        {"input": []},
        {"input": 7},
        {"stream": True},
        {"background": True, "store": False},
        {"conversation": "conv_1", "previous_response_id": "resp_1"},
        {"temperature": 3},
        {"model": ""},
    ],
    ids="-".join,
)
def test_what_is_wrong_is_400_with_its_field(fields: dict[str, Any]) -> None:
    with pytest.raises(ApiError) as error:
        parse_response(asked(**fields))
    assert error.value.status == 400
    assert error.value.param


def test_a_conversation_may_begin_empty_and_items_may_not() -> None:
    assert parse_conversation(b"").items == []
    with pytest.raises(ApiError):
        parse_items(b'{"items": []}')
    with pytest.raises(ApiError):
        parse_conversation(b"[")


def test_the_chat_request_has_instructions_first() -> None:
    options = {"model": "small", "instructions": "be brief", "temperature": 0.5, "max_output_tokens": 9}
    chat = chat_of([["user", "hello"]], options)
    assert [(message.role, message.text) for message in chat.messages] == [
        ("system", "be brief"),
        ("user", "hello"),
    ]
    assert (chat.temperature, chat.limit) == (0.5, 9)
