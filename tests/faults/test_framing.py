"""Tests of heads and bodies as bytes."""

from __future__ import annotations

import httptools
import pytest

from seatrial.faults import framing
from seatrial.faults.message import Head, Request

HEADERS = (("Host", "x"), ("Accept-Encoding", "gzip"), ("Expect", "100-continue"))


def test_a_request_keeps_its_headers() -> None:
    request = Request(1, "POST", "/v1?x=1", (*HEADERS, ("Content-Length", "2")), b"hi")
    assert framing.request_bytes(request, plain=False) == (
        b"POST /v1?x=1 HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\nContent-Length: 2\r\n\r\nhi"
    )
    assert b"Accept-Encoding: identity\r\n" in framing.request_bytes(request, plain=True)


@pytest.mark.parametrize(("body", "wire"), [(b"hi", b"2\r\nhi\r\n0\r\n\r\n"), (b"", b"0\r\n\r\n")])
def test_a_chunked_request_stays_chunked(body: bytes, wire: bytes) -> None:
    request = Request(1, "POST", "/", (("Transfer-Encoding", "chunked"),), body)
    assert framing.request_bytes(request, plain=True).endswith(b"\r\n\r\n" + wire)


@pytest.mark.parametrize("status", [200, 429, 529, 799])
@pytest.mark.parametrize("body", [b"hello", b"", (b"hel", b"", b"lo"), ()])
def test_an_answer_of_ours_is_read_by_others(status: int, body: bytes | tuple[bytes, ...]) -> None:
    class Seen:
        data = b""
        complete = False

        def on_body(self, data: bytes) -> None:
            self.data += data

        def on_message_complete(self) -> None:
            self.complete = True

    seen = Seen()
    parser = httptools.HttpResponseParser(seen)
    parser.feed_data(framing.answer_bytes(status, (("x", "1"),), body, keep_alive=True, head_only=False))
    assert parser.get_status_code() == status
    assert seen.complete
    assert seen.data == (body if isinstance(body, bytes) else b"".join(body))


def test_answers_without_a_body_have_no_framing() -> None:
    for status in (204, 304):
        assert b"length" not in framing.answer_bytes(status, (), b"", keep_alive=True, head_only=False)
    told = framing.answer_bytes(200, (), b"hello", keep_alive=False, head_only=True)
    assert told.endswith(b"connection: close\r\ncontent-length: 5\r\n\r\n")
    own = framing.answer_bytes(200, (("Content-Length", "99"),), b"x", keep_alive=True, head_only=False)
    assert own.count(b"ength") == 1


def test_reason_phrases() -> None:
    assert [framing.reason(status) for status in (404, 529, 799)] == ["Not Found", "Overloaded", "Unknown"]
    assert framing.head_bytes(Head(200, (), "Fine")) == b"HTTP/1.1 200 Fine\r\n\r\n"
