"""Tests of requests and heads as faults see them."""

from __future__ import annotations

import pytest

from seatrial.faults.message import Head, Request

HEAD = Head(
    200, (("Content-Type", "Text/Event-Stream; charset=utf-8"), ("X-A", "1"), ("x-b", "2"), ("x-a", "3"))
)


def test_headers_are_found_whatever_their_case() -> None:
    assert (HEAD.header("x-a"), HEAD.header("x-b"), HEAD.header("x-c")) == ("1", "2", None)
    assert HEAD.is_events
    assert not Head(200, ()).is_events


def test_a_head_is_changed_into_another() -> None:
    assert HEAD.with_header("x-a", "9").headers[1:] == (("X-A", "9"), ("x-b", "2"))
    assert HEAD.with_header("x-new", "9").headers[-1] == ("x-new", "9")
    assert HEAD.without_header("X-A").headers == (HEAD.headers[0], ("x-b", "2"))
    assert HEAD.with_status(404).status == 404
    assert HEAD.header("x-a") == "1"


@pytest.mark.parametrize(
    ("body", "model", "streaming"),
    [
        (b'{"model": "m", "stream": true}', "m", True),
        (b'{"model": 1, "stream": 1}', None, False),
        (b"[1]", None, False),
        (b"nonsense", None, False),
        (b"", None, False),
    ],
)
def test_a_chat_request(body: bytes, model: str | None, streaming: bool) -> None:
    request = Request(1, "POST", "/v1/x?y=1", (("Host", "h"),), body)
    assert (request.model, request.streaming) == (model, streaming)
    assert (request.path, request.header("host"), request.header("x")) == ("/v1/x", "h", None)
