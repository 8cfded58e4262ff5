"""One HTTP/1.1 connection against servers that misbehave, each in one way."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest

from seatrial.core.exchange import ErrorKind, Exchange
from seatrial.targets.config import Timeouts
from seatrial.targets.target import Target
from tests.targets.conftest import SHORT
from tests.targets.servers import (
    DONE,
    LAST_CHUNK,
    STREAM_HEAD,
    Visit,
    chunk,
    completion,
    delta,
    good_stream,
    well_behaved,
    whole,
)

MakeTarget = Callable[..., Target]
GOOD = completion()


def saying(*parts: bytes, end: str = "close", pause: float = 0.0) -> Callable[[Visit], object]:
    """A handler that reads one request, writes *parts* and then closes, resets or says nothing more."""

    async def handler(visit: Visit) -> None:
        await visit.request()
        await visit.send(*parts, pause=pause)
        if end == "reset":
            visit.reset()
        elif end == "hold":
            await visit.forever()

    return handler


def ask(
    make: MakeTarget, *parts: bytes, end: str = "close", pause: float = 0.0, stream: bool = False
) -> Exchange:
    return make(saying(*parts, end=end, pause=pause)).send("Hi", stream=stream, timeouts=SHORT)


@pytest.mark.parametrize(
    "parts",
    [
        [whole(GOOD)],
        [bytes([byte]) for byte in whole(GOOD)],
        [
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
            + chunk(GOOD[:9])
            + chunk(GOOD[9:])
            + LAST_CHUNK
        ],
        [
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
            + chunk(GOOD)
            + b"0\r\nx-trailer: 1\r\n\r\n"
        ],
        [b"HTTP/1.1 200 OK\r\n\r\n" + GOOD],
        [b"HTTP/1.0 200 OK\r\n\r\n", GOOD[:20], GOOD[20:]],
        [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" + whole(GOOD)],
        [whole(GOOD, headers="content-encoding: identity\r\nconnection: close\r\n")],
    ],
    ids=[
        "length",
        "byte-by-byte",
        "chunked",
        "trailers",
        "until-close",
        "http-1.0",
        "informational",
        "identity",
    ],
)
def test_good_framings(target: MakeTarget, parts: list[bytes]) -> None:
    exchange = ask(target, *parts)
    assert (exchange.error, exchange.text, exchange.status) == (None, "Hello there.", 200)
    assert exchange.received == len(GOOD)
    assert exchange.raw is not None
    assert exchange.raw.body == GOOD
    assert exchange.sent <= exchange.connected <= exchange.first_byte <= exchange.first_chunk <= exchange.done
    assert all(name not in ("link", "x-trailer") for name, _ in exchange.raw.headers)


def test_first_byte_is_that_of_the_answer_and_not_of_an_informational_one(target: MakeTarget) -> None:
    exchange = ask(target, b"HTTP/1.1 103 Early Hints\r\n\r\n", whole(GOOD), pause=0.05)
    assert exchange.ok
    assert exchange.first_byte - exchange.connected >= 0.04


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_answers_without_a_body_end_at_once(target: MakeTarget, status: str) -> None:
    head = f"HTTP/1.1 {status}\r\n\r\n".encode()
    exchange = ask(target, head, end="hold")
    assert exchange.error is (ErrorKind.EMPTY if "204" in status else ErrorKind.HTTP_STATUS)


def test_the_answer_to_head_has_no_body_whatever_its_length_says(target: MakeTarget) -> None:
    async def handler(visit: Visit) -> None:
        await visit.request()
        await visit.send(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n")
        await visit.forever()

    made = target(handler)
    for _ in range(2):
        exchange = made.get("/health", method="HEAD", timeouts=SHORT)
        assert (exchange.error, exchange.status) == (None, 200)


@pytest.mark.parametrize(
    ("parts", "end", "kind", "says"),
    [
        ([], "close", ErrorKind.RESET, "closed the connection without an answer"),
        ([], "reset", ErrorKind.RESET, "reset without an answer"),
        ([], "hold", ErrorKind.TIMEOUT_FIRST_BYTE, "timeouts.first_byte"),
        ([b"HTTP/1.1 200"], "close", ErrorKind.TRUNCATED, "in the middle of the answer's head"),
        ([whole(GOOD)[:-5]], "close", ErrorKind.TRUNCATED, f"after {len(GOOD) - 5} of {len(GOOD)} bytes"),
        ([whole(GOOD)[:-5]], "reset", ErrorKind.RESET, "reset after"),
        ([whole(GOOD)[:-5]], "hold", ErrorKind.TIMEOUT_IDLE, "timeouts.idle"),
        ([STREAM_HEAD, chunk(delta("Hi"))[:-7]], "close", ErrorKind.TRUNCATED, "unfinished body"),
        ([b"HTTP/1.1 200 OK\r\n\r\n" + GOOD], "reset", ErrorKind.RESET, "reset after"),
        ([b"HTTP/1.1 103 Early\r\n\r\n"], "hold", ErrorKind.TIMEOUT_FIRST_BYTE, "no byte of the answer"),
        ([b"SSH-2.0-OpenSSH_9.6\r\n"], "hold", ErrorKind.PROTOCOL, "SSH-2.0-OpenSSH_9.6"),
        ([b"\x00\xff" * 500], "hold", ErrorKind.PROTOCOL, "not HTTP/1.1"),
        ([b"\x15\x03\x01\x00\x02\x02\x16"], "hold", ErrorKind.PROTOCOL, "speaks TLS"),
        (
            [b"HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"],
            "hold",
            ErrorKind.PROTOCOL,
            "switched",
        ),
        ([b"HTTP/1.1 200 OK\r\nbad header\r\n\r\n"], "hold", ErrorKind.PROTOCOL, "head is not HTTP"),
        (
            [b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nab"],
            "hold",
            ErrorKind.PROTOCOL,
            "Length",
        ),
        ([STREAM_HEAD + b"zz\r\n"], "hold", ErrorKind.PROTOCOL, "body is not HTTP"),
        (
            [whole(GOOD) + whole(b"{}", status="408 x")],
            "hold",
            ErrorKind.PROTOCOL,
            "end of the answer (a second",
        ),
        ([whole(GOOD) + b"HTTP/1.1 4"], "hold", ErrorKind.PROTOCOL, "after the end of the answer (a second"),
        ([whole(GOOD) + b"more"], "hold", ErrorKind.PROTOCOL, "after the end of the answer"),
        (
            [whole(b"\x1f\x8b\x08", headers="Content-Encoding: gzip\r\n")],
            "hold",
            ErrorKind.PROTOCOL,
            "gzip-encoded",
        ),
        ([STREAM_HEAD[:-2] + b"content-encoding: br\r\n\r\n"], "hold", ErrorKind.PROTOCOL, "br-encoded"),
    ],
)
def test_each_misbehaviour_has_its_kind(
    target: MakeTarget, parts: list[bytes], end: str, kind: ErrorKind, says: str
) -> None:
    exchange = ask(target, *parts, end=end, stream=STREAM_HEAD in b"".join(parts))
    assert exchange.error is kind, exchange.detail
    assert says in exchange.detail
    assert exchange.done >= exchange.sent


def test_a_reset_in_the_middle_of_a_stream_keeps_what_came(target: MakeTarget) -> None:
    exchange = ask(
        target, STREAM_HEAD, chunk(delta("Hello ")), chunk(delta("you")), end="reset", stream=True, pause=0.02
    )
    assert (exchange.error, exchange.text, exchange.chunks) == (ErrorKind.RESET, "Hello you", 2)


def test_a_stream_that_ends_cleanly_without_done_is_truncated(target: MakeTarget) -> None:
    events = [chunk(event) for event in good_stream()[:-1]]
    exchange = ask(target, STREAM_HEAD, *events, LAST_CHUNK, end="hold", stream=True)
    assert exchange.error is ErrorKind.TRUNCATED
    assert "[DONE]" in exchange.detail


def test_a_stream_that_stays_open_after_done_is_not_finished(target: MakeTarget) -> None:
    exchange = ask(target, STREAM_HEAD, *map(chunk, good_stream()), end="hold", stream=True)
    assert exchange.error is ErrorKind.TIMEOUT_IDLE


def test_an_error_event_before_a_break_is_the_reason_told(target: MakeTarget) -> None:
    bad = chunk(b'event: error\ndata: {"message": "overloaded"}\n\n')
    exchange = ask(target, STREAM_HEAD, chunk(delta("x")), bad, end="reset", stream=True, pause=0.02)
    assert exchange.error is ErrorKind.STREAM_ERROR


def endless(part: bytes, head: bytes, pause: float = 0.0) -> Callable[[Visit], object]:
    async def handler(visit: Visit) -> None:
        await visit.request()
        await visit.send(head)
        while True:
            await visit.send(part, pause=pause)

    return handler


@pytest.mark.parametrize(
    ("part", "head", "kind", "says"),
    [
        (chunk(delta("x")), STREAM_HEAD, ErrorKind.TIMEOUT_TOTAL, "timeouts.total"),
        (b"x", b"HTTP/1.1 200 OK\r\nx-slow: ", ErrorKind.TIMEOUT_TOTAL, "answer's head"),
        (chunk(b": keep-alive\n\n"), STREAM_HEAD, ErrorKind.TIMEOUT_TOTAL, "timeouts.total"),
    ],
    ids=["endless-stream", "slow-loris", "keep-alive-comments"],
)
def test_what_trickles_for_ever_ends_with_the_total(
    target: MakeTarget, part: bytes, head: bytes, kind: ErrorKind, says: str
) -> None:
    exchange = target(endless(part, head, 0.02)).send("Hi", stream=True, timeouts=SHORT)
    assert exchange.error is kind
    assert says in exchange.detail


FLOOD = Timeouts(2.0, 5.0, 5.0, 20.0)


@pytest.mark.parametrize(
    ("part", "head", "says"),
    [
        (
            b"x" * 65536,
            b"HTTP/1.1 200 OK\r\ncontent-type: x/y\r\ncontent-length: 5000000000\r\n\r\n",
            "larger than 1000000 bytes",
        ),
        (chunk(b"x" * 65536), STREAM_HEAD.replace(b"event-stream", b"plain"), "larger than 1000000 bytes"),
        (chunk(delta("x" * 999) * 50), STREAM_HEAD, "larger than 1000000 bytes"),
        (chunk(b"data: " + b"x" * 65536), STREAM_HEAD, "one event is larger"),
        (b"x-flood: y\r\n" * 500, b"HTTP/1.1 200 OK\r\n", "of headers"),
        (b"x" * 4096, b"HTTP/1.1 200 OK\r\nx-flood: ", "of headers"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 100, b"", "of headers"),
        (b"x-trailer: y\r\n" * 500, STREAM_HEAD + b"0\r\n", "trailers"),
    ],
    ids=[
        "gigabytes",
        "chunks",
        "events",
        "one-event",
        "many-headers",
        "one-header",
        "informational",
        "trailers",
    ],
)
def test_what_is_too_large_is_cut_off(target: MakeTarget, part: bytes, head: bytes, says: str) -> None:
    made = target(endless(part, head), max_body=1_000_000, max_event=200_000)
    exchange = made.send("Hi", stream=True, timeouts=FLOOD, keep_raw=False)
    assert exchange.error is ErrorKind.TOO_LARGE, (exchange.error, exchange.detail)
    assert says in exchange.detail
    assert exchange.received < 2_000_000


def test_a_body_just_within_the_bound_is_fine(target: MakeTarget) -> None:
    body = completion("x" * 50_000)
    assert target(saying(whole(body)), max_body=len(body)).send("Hi").ok
    assert target(saying(whole(body)), max_body=len(body) - 1).send("Hi").error is ErrorKind.TOO_LARGE


def test_every_chunk_is_stamped_when_it_comes(target: MakeTarget) -> None:
    exchange = ask(target, STREAM_HEAD, *map(chunk, good_stream()), LAST_CHUNK, pause=0.04, stream=True)
    assert exchange.ok
    assert exchange.raw is not None
    times = [at for at, _ in exchange.raw.events]
    assert times == sorted(times)
    assert exchange.first_chunk == times[1]
    assert exchange.gaps == pytest.approx((times[2] - times[1],))
    assert exchange.first_byte < exchange.first_chunk < exchange.done
    assert exchange.gaps[0] >= 0.03


def test_a_target_that_speaks_first(target: MakeTarget) -> None:
    async def handler(visit: Visit) -> None:
        await visit.send(b"220 mail.example ESMTP\r\n")
        await visit.forever()

    exchange = target(handler).send("Hi", timeouts=SHORT)
    assert exchange.error is ErrorKind.PROTOCOL
    assert "220 mail.example" in exchange.detail


def test_a_timeout_is_renewed_by_every_read(target: MakeTarget) -> None:
    """Longer than idle in all, never silent for as long as idle."""
    events = [chunk(delta("x")) for _ in range(4)]
    exchange = ask(
        target, STREAM_HEAD, *events, chunk(delta(finish="stop") + DONE), LAST_CHUNK, pause=0.06, stream=True
    )
    assert exchange.ok, exchange.detail
    assert exchange.done - exchange.sent > SHORT.idle


def test_a_stalled_harness_is_not_a_stalled_target(target: MakeTarget) -> None:
    """The answer lies in the socket when the blocked loop wakes up after the deadline: it is read first."""
    made = target(well_behaved)
    made.send("Hi")
    assert made._loop is not None

    async def blocked() -> Exchange:
        impatient = Timeouts(2.0, 0.05, 0.05, 5.0)
        sending = asyncio.ensure_future(made._client.exchange("Hi", timeouts=impatient))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        time.sleep(0.2)
        return await sending

    assert asyncio.run_coroutine_threadsafe(blocked(), made._loop).result(5).ok
