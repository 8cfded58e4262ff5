from __future__ import annotations

import json

import pytest

from seatrial.core.exchange import Exchange, Raw
from suites.contract.wire import echoes, everything_said, framing_problems, internals, last_usage

PYTHON = (
    "Traceback (most recent call last):\n  File \"/srv/gate/app.py\", line 7, in chat\nKeyError: 'messages'"
)


@pytest.mark.parametrize(
    "text",
    [
        PYTHON,
        'File "app.py", line 12, in handle',
        "java.lang.NullPointerException\n\tat com.acme.Chat.answer(Chat.java:42)",
        "TypeError: x\n    at Object.<anonymous> (/srv/app/index.js:10:15)\n",
        "    at handler (file:///srv/app/server.mjs:3:1)",
        "   at Acme.Api.Chat() in /src/Chat.cs:line 12",
        "panic: runtime error: index out of range\n\ngoroutine 7 [running]:",
        "thread 'main' panicked at src/main.rs:2:5",
        "error in /usr/lib/python3.11/json/decoder.py",
        r"could not open C:\inetpub\api\chat.cs",
        "ModuleNotFoundError in site-packages/acme",
        "#0 0x00007f1a2b in llama_decode",
    ],
)
def test_the_inside_of_the_house_is_seen(text: str) -> None:
    assert internals(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "Field 'max_tokens': [json.exception.type_error.302] type must be number, but is string",
        "request (3031 tokens) exceeds the available context size (2048 tokens), try increasing it",
        "unknown path /v1/seatrial/no/such/path",
        "see https://platform.example.com/docs/errors for help",
        "invalid value at messages[0].content, line 1, column 58",
        "Unsupported file type; use .py or .js",
        "the model gpt-4o does not exist or you do not have access to it",
    ],
)
def test_an_honest_message_is_clean(text: str) -> None:
    assert internals(text) is None


def test_a_trace_inside_json_is_seen() -> None:
    body = json.dumps({"error": {"message": PYTHON, "type": "server_error"}}).encode()
    exchange = Exchange(0, 0.0, 0.0, 1.0, status=500, raw=Raw((("x-request-id", "r1"),), body))
    said = everything_said(exchange)
    assert "x-request-id: r1" in said
    assert internals(said) is not None
    assert everything_said(exchange._replace(raw=None)) == ""


def test_a_key_is_seen_whole_and_nearly_whole_but_not_masked() -> None:
    key = "sk-seatrial-0123456789abcdef"
    assert echoes(key, f"invalid key {key}!")
    assert echoes(key, f"invalid key {key[3:]}")
    assert not echoes(key, "invalid key sk-seat…cdef")
    assert not echoes(key, "sk-seatrial-")
    assert echoes("short", "a short key")
    assert not echoes("short", "a sh*** key")


def test_the_frame_of_a_stream() -> None:
    assert framing_problems(b"data: 1\n\ndata: [DONE]\n\n") == []
    assert framing_problems(b": hello\r\nevent: x\r\ndata:1\r\n\r\n") == []
    assert framing_problems(b"") == []
    assert "UTF-8" in framing_problems(b"data: \xff\n\n")[0]
    assert "no field" in framing_problems(b'{"choices": []}\n\n')[0]
    assert "not closed" in framing_problems(b"data: 1\n\ndata: 2\n")[0]


def test_usage_of_a_stream_is_gathered() -> None:
    events = (
        (0.1, '{"type": "message_start", "message": {"usage": {"input_tokens": 5, "output_tokens": 1}}}'),
        (0.2, "[DONE]"),
        (0.3, '{"usage": {"output_tokens": 9}}'),
        (0.4, '{"usage": null}'),
    )
    exchange = Exchange(0, 0.0, 0.0, 1.0, raw=Raw((), b"", events))
    assert last_usage(exchange) == {"usage": {"input_tokens": 5, "output_tokens": 9}}
    assert last_usage(exchange._replace(raw=Raw((), b"", events[1:2]))) is None
