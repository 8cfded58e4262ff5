"""Chat completions: what is asked, and every way an answer can be good or bad."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from seatrial.core.exchange import ErrorKind, Usage
from seatrial.targets.config import TargetConfig
from seatrial.targets.openai_chat import OpenAIChat, OpenAIReader
from seatrial.targets.secret import Secret
from seatrial.targets.wire import Answer, Prompt, WireError
from tests.targets.servers import DONE, USAGE, completion, delta, event, good_stream

CONFIG = TargetConfig(uri="http://h/v1", model="small", api_key=Secret("sk-canary-7f3a9c51e2"))
JSON = [(b"content-type", b"application/json")]
SSE = [(b"content-type", b"text/event-stream; charset=utf-8")]


def read(*parts: bytes, status: int = 200, headers: Any = None, stream: bool = False) -> Answer:
    reader = OpenAIReader(stream, CONFIG)
    reader.head(status, headers if headers is not None else (SSE if stream else JSON))
    for number, part in enumerate(parts):
        reader.feed(part, 1.0 + number / 8)
    return reader.finish(9.0)


def streamed(*events: bytes) -> Answer:
    return read(*events, stream=True)


def body_of(prompt: Prompt, stream: bool = False) -> dict[str, Any]:
    value = json.loads(OpenAIChat(CONFIG).build(prompt, stream).body)
    assert isinstance(value, dict)
    return value


def test_the_request() -> None:
    body = body_of(Prompt.of("Hi", max_tokens=9, params={"seed": 3}, tools=[{"type": "function"}]))
    assert body == {
        "messages": [{"role": "user", "content": "Hi"}],
        "model": "small",
        "max_tokens": 9,
        "tools": [{"type": "function"}],
        "stream": False,
        "seed": 3,
    }
    assert body_of(Prompt.of("Hi", model="other"), True)["stream_options"] == {"include_usage": True}
    assert body_of(Prompt.of("Hi", params={"stream_options": None}), True)["stream_options"] is None


def test_the_key_is_a_bearer_and_hidden() -> None:
    ((name, value),) = OpenAIChat(CONFIG).authorize(Secret("k"))
    assert (name, value.reveal()) == ("authorization", "Bearer k")
    assert "Bearer" not in repr(value)


def test_a_good_answer() -> None:
    answer = read(completion(system_fingerprint="fp1"))
    assert answer == Answer(None, "", "Hello there.", "stop", Usage(5, 3), "small", "fp1", (), 9.0)


def test_a_good_stream() -> None:
    answer = streamed(*good_stream())
    assert (answer.error, answer.text, answer.finish_reason) == (None, "Hello there.", "stop")
    assert (answer.model, answer.usage, answer.streamed) == ("small", Usage(5, 2), True)
    assert answer.first_chunk == 1.125
    assert answer.gaps == (0.125,)


def test_a_stream_reads_the_same_in_one_read_or_byte_by_byte() -> None:
    stream = b"".join([*good_stream()[:-1], delta("ünï🙂"), delta(finish="length"), DONE])
    whole, bytewise = streamed(stream), streamed(*(stream[at : at + 1] for at in range(len(stream))))
    assert whole.text == bytewise.text == "Hello there.ünï🙂"
    assert whole.finish_reason == bytewise.finish_reason == "length"
    assert len(whole.gaps) == len(bytewise.gaps) == 2


def test_crlf_no_space_and_comments() -> None:
    stream = b": hello\r\n\r\n" + b"".join(good_stream()).replace(b"\n", b"\r\n").replace(b"data: ", b"data:")
    assert streamed(stream).text == "Hello there."
    assert streamed(stream).error is None


def test_the_short_way_agrees_with_the_careful_way() -> None:
    for changes in ({}, {"system_fingerprint": "fp"}, {"model": "other"}, {"extra": [1]}):
        body = completion(**changes)
        assert read(body) == read(b" " + body + b"\n")  # blanks around it: the careful way


def test_a_choice_beyond_the_first_adds_no_text() -> None:
    other = event(
        {"model": "small", "choices": [{"index": 1, "delta": {"content": "no"}, "finish_reason": "stop"}]}
    )
    assert streamed(*good_stream()[:3], other, delta(finish="stop"), DONE).text == "Hello there."


def call(index: int, name: str | None, arguments: str) -> dict[str, Any]:
    function = {"arguments": arguments, **({"name": name} if name else {})}
    return {"index": index, "id": "t", "type": "function", "function": function}


def test_tool_calls_are_assembled_from_deltas() -> None:
    parts = [call(0, "look", '{"a"'), call(1, "see", "{"), call(0, None, ": 1}"), call(1, None, "}")]
    answer = streamed(*(delta(tool_calls=[part]) for part in parts), delta(finish="tool_calls"), DONE)
    assert answer.error is None
    assert answer.tool_calls == (("look", '{"a": 1}'), ("see", "{}"))
    assert answer.first_chunk == 1.0
    assert len(answer.gaps) == 3


def test_tool_calls_of_a_whole_answer() -> None:
    message = {"content": None, "tool_calls": [{"function": {"name": n, "arguments": "{}"}} for n in "ab"]}
    answer = read(completion(choices=[{"message": message, "finish_reason": "tool_calls"}]))
    assert answer.error is None
    assert answer.tool_calls == (("a", "{}"), ("b", "{}"))


@pytest.mark.parametrize("arguments", ["", '{"a": ', "{a: 1}"])
def test_tool_arguments_that_are_not_json_are_malformed(arguments: str) -> None:
    answer = streamed(delta(tool_calls=[call(0, "look", arguments)]), delta(finish="tool_calls"), DONE)
    assert answer.error is ErrorKind.MALFORMED
    assert "'look'" in answer.detail
    assert streamed(delta(tool_calls=[call(0, "look", '{"a')]), delta(finish="length"), DONE).error is None


@pytest.mark.parametrize(
    ("events", "says"),
    [
        (good_stream()[:-1], r"without \[DONE\] \(after finish_reason 'stop'\)"),
        (good_stream()[:3], r"without \[DONE\]"),
        ([*good_stream()[:3], DONE], "no finish_reason"),
        ([], r"without \[DONE\]"),
        ([b"".join(good_stream())[:-1]], r"without \[DONE\]"),
    ],
)
def test_a_cut_stream_is_truncated_however_cleanly_it_ends(events: list[bytes], says: str) -> None:
    answer = streamed(*events)
    assert answer.error is ErrorKind.TRUNCATED
    assert re.search(says, answer.detail)


def test_an_unstreamed_answer_without_finish_reason_is_truncated() -> None:
    answer = read(completion(choices=[{"index": 0, "message": {"content": "Hi"}, "finish_reason": None}]))
    assert answer.error is ErrorKind.TRUNCATED


@pytest.mark.parametrize("content", ["", None])
def test_an_empty_completion_is_empty(content: str | None) -> None:
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": content},
        "finish_reason": "content_filter",
    }
    answer = read(completion(choices=[choice]))
    assert answer.error is ErrorKind.EMPTY
    assert "content_filter" in answer.detail
    assert answer.first_chunk != answer.first_chunk
    assert streamed(delta(content), delta(finish="stop"), DONE).error is ErrorKind.EMPTY


def test_reasoning_counts_for_the_time_and_not_for_the_text() -> None:
    answer = streamed(delta(reasoning_content="hm"), delta("Yes."), delta(finish="stop"), DONE)
    assert (answer.error, answer.text, answer.first_chunk) == (None, "Yes.", 1.0)
    only = streamed(delta(reasoning_content="hm"), delta(finish="length"), DONE)
    assert only.error is ErrorKind.EMPTY
    assert "after reasoning" in only.detail


def test_a_refusal_is_an_answer() -> None:
    assert (
        streamed(delta(refusal="I can"), delta(refusal="not."), delta(finish="stop"), DONE).text
        == "I cannot."
    )
    message = {"content": None, "refusal": "I cannot."}
    assert read(completion(choices=[{"message": message, "finish_reason": "stop"}])).text == "I cannot."


@pytest.mark.parametrize(
    "bad",
    [
        event({"error": {"message": "overloaded", "code": 529}}),
        b'event: error\ndata: {"message": "overloaded"}\n\n',
        b"event: error\ndata: overloaded\n\n",
    ],
)
def test_an_error_inside_a_stream(bad: bytes) -> None:
    answer = streamed(*good_stream()[:2], bad)
    assert answer.error is ErrorKind.STREAM_ERROR
    assert "overloaded" in answer.detail
    assert answer.text == "Hello "


def test_an_error_with_status_200() -> None:
    answer = read(b'{"error": {"message": "no capacity", "type": "server_error"}}')
    assert answer.error is ErrorKind.STREAM_ERROR
    assert "server_error: no capacity" in answer.detail


@pytest.mark.parametrize(
    "chunk",
    [
        b"data: {broken\n\n",
        b"data: []\n\n",
        b"data: 5\n\n",
        event({"choices": {}}),
        event({"choices": [5]}),
        event({"choices": [{"delta": "x"}]}),
        event({"choices": [{"index": 0, "delta": {"content": ["x"]}}]}),
        event({"choices": [{"index": 0, "delta": {"tool_calls": 5}}]}),
        event({"choices": [{"index": 0, "delta": {"tool_calls": [5]}}]}),
        b"data: " + b"[" * 50_000 + b"\n\n",
        b'data: {"choices": [{"index": 0, "delta": {"content": NaN}}]}\n\n',
    ],
)
def test_a_broken_chunk_is_malformed(chunk: bytes) -> None:
    answer = streamed(*good_stream()[:2], chunk, *good_stream()[2:])
    assert answer.error is ErrorKind.MALFORMED
    assert answer.detail


def test_an_event_after_done_is_malformed() -> None:
    assert "after [DONE]" in streamed(*good_stream(), delta("more")).detail


@pytest.mark.parametrize(
    "body",
    [
        *(b"{", b"[]", b"null", b'"x"', b"{}", b"\xff\xfe{}"),
        b'{"choices": []}',
        b'{"choices": [{"message": 5}]}',
        completion(choices=[{"message": {"content": [1]}, "finish_reason": "stop"}]),
    ],
)
def test_a_broken_answer_is_malformed(body: bytes) -> None:
    answer = read(body)
    assert answer.error is ErrorKind.MALFORMED
    assert answer.detail


@pytest.mark.parametrize(
    "usage", [None, 5, {}, {"prompt_tokens": "5", "completion_tokens": 1}, {"prompt_tokens": 5}]
)
def test_odd_usage_is_no_usage(usage: Any) -> None:
    answer = read(completion(usage=usage))
    assert (answer.error, answer.usage) == (None, None)


def test_html_for_json_says_so() -> None:
    answer = read(b"<!DOCTYPE html><html><title>Sign in</title>", headers=[(b"content-type", b"text/html")])
    assert answer.error is ErrorKind.MALFORMED
    assert "web page titled 'sign in'" in answer.detail
    assert "web page" in read(b"<html>", stream=True, headers=[(b"content-type", b"text/html")]).detail


def test_one_body_for_a_stream_is_malformed() -> None:
    answer = read(completion(), stream=True, headers=JSON)
    assert answer.error is ErrorKind.MALFORMED
    assert "a stream of events was asked for" in answer.detail


def test_an_empty_body_is_empty() -> None:
    assert read(b" \n").error is ErrorKind.EMPTY
    assert read().error is ErrorKind.EMPTY


@pytest.mark.parametrize(
    ("status", "headers", "body", "says"),
    [
        (
            401,
            JSON,
            b'{"error": {"message": "bad key", "code": "invalid"}}',
            "HTTP 401 Unauthorized: invalid: bad key",
        ),
        (
            429,
            [*JSON, (b"retry-after", b"107")],
            b'{"detail": "slow"}',
            "Too Many Requests, retry-after 107: slow",
        ),
        (503, [], b"<html><title>Down</title>", "a web page titled 'down'"),
        (500, [], b"", "HTTP 500 Internal Server Error"),
        (599, [], b"odd \x1b[31m text", "HTTP 599: odd [31m text"),
        (307, [(b"location", b"http://other/v1")], b"", "to http://other/v1: redirects are not followed"),
    ],
)
def test_a_bad_status_tells_what_was_said(status: int, headers: Any, body: bytes, says: str) -> None:
    answer = read(body, status=status, headers=headers)
    assert answer.error is ErrorKind.HTTP_STATUS
    assert says in answer.detail


@pytest.mark.parametrize("spread", [0, 60, 150, 158, 600])
def test_an_echoed_key_is_hidden_before_the_detail_is_cut(spread: int) -> None:
    said = "x" * spread + " your key sk-canary-7f3a9c51e2 is bad " + "y" * 200
    answers = [
        read(json.dumps({"error": {"message": said}}).encode(), status=401),
        read(said.encode(), status=500),
        read(said.encode()),
        streamed(event({"error": said})),
        read(b"", status=302, headers=[(b"location", said.encode())]),
    ]
    assert all(answer.detail and "canary" not in answer.detail for answer in answers)


def test_an_endless_event_stops_the_exchange() -> None:
    reader = OpenAIReader(True, CONFIG.with_(max_event=1000))
    reader.head(200, SSE)
    for _ in range(9):
        reader.feed(b"data: " + b"x" * 100, 1.0)
    with pytest.raises(WireError) as caught:
        reader.feed(b"data: " + b"x" * 100, 1.0)
    assert caught.value.kind is ErrorKind.TOO_LARGE


def test_what_came_before_a_break_is_kept() -> None:
    reader = OpenAIReader(True, CONFIG)
    reader.head(200, SSE)
    reader.feed(b"".join(good_stream()[:3]), 1.0)
    answer = reader.finish(2.0, complete=False)
    assert (answer.error, answer.text) == (None, "Hello there.")


def test_usage_chunk_may_come_with_empty_choices() -> None:
    assert streamed(delta("Hi"), delta(finish="stop"), USAGE, DONE).usage == Usage(5, 2)
