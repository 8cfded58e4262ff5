"""Tests of telling whole messages at a glance: what is recognised is right, all else is left alone."""

from __future__ import annotations

import pytest

from seatrial.faults.glance import template, whole_answer
from tests.faults.rig import chat, plain, sse


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (plain(b"hello"), (200, 5)),
        (plain(b"", b"503 Service Unavailable"), (503, 0)),
        (b"HTTP/1.1 200 OK\r\nContent-Length:5\r\n\r\nhello", (200, 5)),
        (plain(b"hello") + b"x", None),
        (plain(b"hello")[:-1], None),
        (plain(b"hello")[:20], None),
        (sse(), None),
        (b"HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n", None),
        (b"HTTP/1.1 100 Continue\r\ncontent-length: 0\r\n\r\n", None),
        (b"HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n", None),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nTransfer-Encoding: chunked\r\n\r\n", None),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\ncontent-type: text/event-stream\r\n\r\n", None),
        (b"HTTP/1.1 2x0 OK\r\ncontent-length: 0\r\n\r\n", None),
        (b"HTTP/1.1 200 OK\r\nx: content-length: 0\r\n\r\n", None),
        (b"nonsense", None),
        (b"", None),
    ],
)
def test_answers(answer: bytes, told: tuple[int, int] | None) -> None:
    assert whole_answer(answer) == told


def learn(request: bytes) -> bytes | None:
    """A whole request's body, as its own template tells it."""
    learnt = template(request, "POST", "/v1", None)
    return None if learnt is None else learnt.body(request)


def test_a_request_is_known_again_by_its_head() -> None:
    learnt = template(chat("small"), "POST", "/v1/chat/completions", "me")
    assert learnt is not None
    body = chat("a-much-larger-model").partition(b"\r\n\r\n")[2]
    assert learnt.body(chat("a-much-larger-model")) == body
    assert (learnt.method, learnt.path, learnt.tenant) == ("POST", "/v1/chat/completions", "me")


@pytest.mark.parametrize(
    "other",
    [
        chat("small", "/v1/other"),
        chat("small", "/v1/chat/completions", "x-tenant: blue"),
        chat("small") + b"x",
        chat("small")[:-1],
        chat("small").replace(b"length: ", b"length: +"),
        chat("small")[:30],
        b"",
    ],
)
def test_another_head_or_framing_is_not_known(other: bytes) -> None:
    learnt = template(chat("small"), "POST", "/", None)
    assert learnt is not None
    assert learnt.body(other) is None


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET / HTTP/1.1\r\nhost: x\r\n\r\n",
        chat("small", "/v1", "transfer-encoding: chunked"),
        chat("small", "/v1", "upgrade: h2c"),
        chat("small", "/v1", "content-length: 3"),
        chat("small")[:-1],
        b"",
    ],
)
def test_only_plain_framing_is_learnt(request_bytes: bytes) -> None:
    assert learn(request_bytes) is None
    assert learn(chat("small")) == chat("small").partition(b"\r\n\r\n")[2]
