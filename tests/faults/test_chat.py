from __future__ import annotations

import pytest

from seatrial.faults import chat


@pytest.mark.parametrize(
    ("event", "data"),
    [
        (b"data: x\n\n", "x"),
        (b"data:x\r\n\r\n", "x"),
        (b"event: e\ndata: a\ndata: b\r\r", "a\nb"),
        (b": ping\n\n", None),
        (b"data\n\n", None),
    ],
)
def test_the_data_of_an_event(event: bytes, data: str | None) -> None:
    assert chat.data_of(event) == data


def test_an_event_with_other_data_keeps_its_other_fields() -> None:
    assert chat.with_data(b"event: e\nid: 7\ndata: a\n\n", "b\nc") == b"event: e\nid: 7\ndata: b\ndata: c\n\n"


def test_the_end_of_a_stream() -> None:
    assert chat.is_end(b"data: [DONE]\n\n")
    assert chat.is_end(b'event: message_stop\ndata: {"type":"message_stop"}\n\n')
    assert not chat.is_end(b'data: {"type":"message_delta"}\n\n')
    assert not chat.is_end(b": ping\n\n")


@pytest.mark.parametrize("text", ["", "[1]", "{", "null"])
def test_what_is_no_object_is_none(text: str) -> None:
    assert chat.decoded(text) is None


@pytest.mark.parametrize("odd", [{}, {"choices": 3}, {"choices": [None, {"delta": 3}]}, {"content": "x"}])
def test_odd_answers_have_no_places(odd: chat.Json) -> None:
    for find in (chat.texts, chat.reasons, chat.tool_calls, chat.usages, chat.models):
        assert list(find(odd)) == []  # type: ignore[operator]
