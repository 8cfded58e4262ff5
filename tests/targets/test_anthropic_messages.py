"""Anthropic's messages: what is asked, and every way an answer can be good or bad."""

from __future__ import annotations

import json
from typing import Any

import pytest

from seatrial.core.exchange import ErrorKind, Usage
from seatrial.targets.anthropic_messages import AnthropicMessages, AnthropicReader
from seatrial.targets.config import TargetConfig
from seatrial.targets.secret import Secret
from seatrial.targets.wire import Answer, Prompt

CONFIG = TargetConfig(
    uri="http://h/v1", protocol="anthropic-messages", model="m", api_key=Secret("sk-canary-7f3a")
)


def read(*parts: bytes, stream: bool = False, status: int = 200) -> Answer:
    reader = AnthropicReader(stream, CONFIG)
    kind = b"text/event-stream" if stream and status == 200 else b"application/json"
    reader.head(status, [(b"content-type", kind)])
    for number, part in enumerate(parts):
        reader.feed(part, 1.0 + number / 8)
    return reader.finish(9.0)


def event(kind: str, **fields: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()


def piece(text: str, index: int = 0) -> bytes:
    return event("content_block_delta", index=index, delta={"type": "text_delta", "text": text})


START = event("message_start", message={"model": "m-1", "usage": {"input_tokens": 5, "output_tokens": 1}})
BLOCK = event("content_block_start", index=0, content_block={"type": "text", "text": ""})
PING = event("ping")
END = event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 4})
STOP = event("message_stop")
GOOD = [START, BLOCK, PING, piece("Hello "), piece("there."), event("content_block_stop", index=0), END, STOP]


def message(*content: Any, **changes: Any) -> bytes:
    body = {"type": "message", "model": "m-1", "content": list(content), "stop_reason": "end_turn"}
    return json.dumps({**body, "usage": {"input_tokens": 5, "output_tokens": 4}, **changes}).encode()


def test_the_request_moves_system_messages_and_names_a_bound() -> None:
    asked = Prompt.of([{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}])
    request = AnthropicMessages(CONFIG).build(asked, True)
    body = json.loads(request.body)
    assert (request.path, body["system"], body["stream"], body["model"]) == (
        "messages",
        "Be brief.",
        True,
        "m",
    )
    assert body["messages"] == [{"role": "user", "content": "Hi"}]
    assert body["max_tokens"] > 0
    assert ("anthropic-version", "2023-06-01") in request.headers
    more = AnthropicMessages(CONFIG).build(
        Prompt.of("Hi", max_tokens=3, tools=[{"name": "t"}], params={"top_k": 1}), False
    )
    assert {"max_tokens": 3, "tools": [{"name": "t"}], "top_k": 1}.items() <= json.loads(more.body).items()


def test_the_key_has_its_own_header() -> None:
    assert AnthropicMessages(CONFIG).authorize(Secret("k")) == (("x-api-key", Secret("k")),)


def test_a_good_answer() -> None:
    answer = read(message({"type": "text", "text": "Hello "}, {"type": "text", "text": "there."}))
    assert (answer.error, answer.text, answer.finish_reason) == (None, "Hello there.", "end_turn")
    assert (answer.model, answer.usage, answer.first_chunk) == ("m-1", Usage(5, 4), 9.0)


def test_a_good_stream() -> None:
    answer = read(*GOOD, stream=True)
    assert (answer.error, answer.text, answer.finish_reason) == (None, "Hello there.", "end_turn")
    assert (answer.model, answer.usage) == ("m-1", Usage(5, 4))
    assert (answer.first_chunk, answer.gaps) == (1.375, (0.125,))
    stream = b"".join(GOOD)
    assert read(*(stream[at : at + 1] for at in range(len(stream))), stream=True).text == "Hello there."


def test_tool_use_in_both_forms() -> None:
    whole = read(message({"type": "tool_use", "name": "look", "input": {"a": 1}}, stop_reason="tool_use"))
    block = event(
        "content_block_start", index=0, content_block={"type": "tool_use", "name": "look", "input": {}}
    )
    parts = [event("content_block_delta", index=0, delta={"partial_json": text}) for text in ('{"a"', ": 1}")]
    end = event("message_delta", delta={"stop_reason": "tool_use"})
    stream = read(START, block, *parts, end, STOP, stream=True)
    assert whole.error is stream.error is None
    assert whole.tool_calls == stream.tool_calls == (("look", '{"a": 1}'),)
    assert read(START, block, end, STOP, stream=True).tool_calls == (("look", "{}"),)
    assert read(START, block, parts[0], end, STOP, stream=True).error is ErrorKind.MALFORMED


@pytest.mark.parametrize("events", [GOOD[:-1], GOOD[:4], [], [STOP], [START, piece("x"), STOP]])
def test_a_cut_stream_is_truncated(events: list[bytes]) -> None:
    answer = read(*events, stream=True)
    assert answer.error is ErrorKind.TRUNCATED
    assert answer.detail


def test_thinking_counts_for_the_time_and_new_events_are_passed_over() -> None:
    thought = event("content_block_delta", index=0, delta={"type": "thinking_delta", "thinking": "hm"})
    answer = read(START, thought, event("brand_new", x=1), piece("Yes."), END, STOP, PING, stream=True)
    assert (answer.error, answer.text, answer.first_chunk) == (None, "Yes.", 1.125)


@pytest.mark.parametrize(
    "bad",
    [
        event("error", error={"type": "overloaded_error", "message": "Overloaded"}),
        b"event: error\ndata: Overloaded\n\n",
    ],
)
def test_an_error_inside_a_stream(bad: bytes) -> None:
    answer = read(*GOOD[:4], bad, stream=True)
    assert (answer.error, answer.text) == (ErrorKind.STREAM_ERROR, "Hello ")
    assert "Overloaded" in answer.detail


def test_empty_and_unfinished_answers() -> None:
    assert read(message()).error is ErrorKind.EMPTY
    assert read(START, END, STOP, stream=True).error is ErrorKind.EMPTY
    assert read(message({"type": "text", "text": "x"}, stop_reason=None)).error is ErrorKind.TRUNCATED


@pytest.mark.parametrize("body", [b"{", b"[]", b"{}", b'{"content": 5}', b'{"content": [5]}'])
def test_a_broken_answer_is_malformed(body: bytes) -> None:
    assert read(body).error is ErrorKind.MALFORMED


@pytest.mark.parametrize(
    "kind", ["message_start", "content_block_start", "content_block_delta", "message_delta"]
)
def test_a_broken_event_is_malformed(kind: str) -> None:
    assert (
        read(START, event(kind, delta=5, message=5, content_block=5), STOP, stream=True).error
        is ErrorKind.MALFORMED
    )
    assert read(START, b"data: []\n\n", stream=True).error is ErrorKind.MALFORMED
    assert "after message_stop" in read(*GOOD, START, stream=True).detail


def test_errors_by_status_and_with_status_200() -> None:
    body = json.dumps(
        {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    ).encode()
    assert read(body).error is ErrorKind.STREAM_ERROR
    refused = read(body, status=529)
    assert refused.error is ErrorKind.HTTP_STATUS
    assert "HTTP 529: overloaded_error: Overloaded" in refused.detail
