from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from email.utils import formatdate
from typing import Any

import pytest

from seatrial.systems.reference.providers.base import End, Event, Failure, Piece, ProviderError, ToolPiece
from seatrial.systems.reference.providers.http import HttpProvider
from seatrial.systems.reference.settings import Timeouts, Upstream
from tests.systems.reference.test_model import ask

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
HANG = None
NORMAL = Timeouts()
SHORT = Timeouts(connect=5.0, first_chunk=0.2, idle=0.2, total=5.0)


def chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
    return data({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})


def data(value: Any) -> bytes:
    return f"data: {json.dumps(value)}\n\n".encode()


WORD = chunk({"content": "Hello"})
STOP = chunk({}, "stop")
USAGE = data({"choices": [], "usage": {"prompt_tokens": 4, "completion_tokens": 2}})
DONE = b"data: [DONE]\n\n"


@asynccontextmanager
async def upstream(answer: Sequence[bytes | None], asked: list[bytes]) -> AsyncIterator[str]:
    """A server that sends *answer* to every request; None: it then says nothing more and stays."""

    served: list[asyncio.Task[None]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.append(asyncio.current_task())  # type: ignore[arg-type]
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
            asked.append(head + await reader.readexactly(int(length.split(b":")[1])))
            for part in answer:
                if part is None:
                    await reader.read()
                    break
                writer.write(part)
                await writer.drain()
        finally:
            writer.close()
            await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        await asyncio.gather(*served, return_exceptions=True)


def events(
    answer: Sequence[bytes | None],
    timeouts: Timeouts = NORMAL,
    asked: list[bytes] | None = None,
    **more: Any,
) -> list[Event]:
    async def main() -> list[Event]:
        async with upstream(answer, [] if asked is None else asked) as uri:
            provider = HttpProvider(Upstream("cloud", uri, **more), timeouts)
            try:
                async with aclosing(provider.generate(ask())) as stream:
                    return [event async for event in stream]
            finally:
                await provider.close()

    return asyncio.run(main())


def failure(answer: Sequence[bytes | None], timeouts: Timeouts = NORMAL) -> ProviderError:
    with pytest.raises(ProviderError) as error:
        events(answer, timeouts)
    assert error.value.provider == "cloud"
    return error.value


def status(line: str, *headers: str) -> list[bytes | None]:
    return ["\r\n".join([f"HTTP/1.1 {line}", *headers, "content-length: 2", "", "{}"]).encode()]


def test_a_stream_becomes_events() -> None:
    expected = [Piece("Hello"), Piece("Hello"), End("stop", 4, 2)]
    assert events([HEAD, WORD, WORD, STOP, USAGE, DONE]) == expected


def test_a_stream_in_small_parts_becomes_the_same_events() -> None:
    whole = HEAD + chunk({"content": "À 🚢"}) + STOP + USAGE + DONE
    parts = [whole[at : at + 3] for at in range(0, len(whole), 3)]
    assert events(parts) == [Piece("À 🚢"), End("stop", 4, 2)]


def test_a_tool_call_becomes_events() -> None:
    first = {"tool_calls": [{"index": 0, "id": "c1", "function": {"name": "f", "arguments": "{"}}]}
    second = {"tool_calls": [{"index": 0, "function": {"arguments": "}"}}]}
    found = events([HEAD, chunk(first), chunk(second), chunk({}, "tool_calls"), DONE])
    assert found == [
        ToolPiece(0, "{", "c1", "f"),
        ToolPiece(0, "}"),
        End("tool_calls", None, None),
    ]


def test_the_upstream_is_asked_for_a_stream_with_usage_as_its_model_with_its_key() -> None:
    asked: list[bytes] = []
    events([HEAD, STOP, DONE], asked=asked, model="their-name", key="sk-up")
    head, _, body = asked[0].partition(b"\r\n\r\n")
    assert b"authorization: bearer sk-up" in head.lower()
    sent = json.loads(body)
    assert sent["model"] == "their-name"
    assert sent["stream"] is True
    assert sent["stream_options"] == {"include_usage": True}


@pytest.mark.parametrize("ending", [[], [DONE]])
def test_a_stream_without_a_finish_reason_has_no_end(ending: list[bytes]) -> None:
    assert events([HEAD, WORD, *ending]) == [Piece("Hello")]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (status("500 Oops"), Failure.SERVER),
        (status("529 Overloaded"), Failure.SERVER),
        (status("400 Bad"), Failure.REFUSED),
        (status("401 Who"), Failure.REFUSED),
        ([HEAD, WORD, b"data: {not json\n\n"], Failure.MALFORMED),
        ([HEAD, b"data: 7\n\n"], Failure.MALFORMED),
        ([HEAD, WORD, data({"error": {"message": "overloaded"}})], Failure.SERVER),
        ([b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab"], Failure.CUT),
        ([], Failure.CUT),
    ],
)
def test_failures_have_kinds(answer: list[bytes | None], kind: Failure) -> None:
    assert failure(answer).failure is kind


@pytest.mark.parametrize(
    "answer",
    [[HANG], [HEAD, HANG], [HEAD, WORD, HANG], [HEAD, WORD, b": alive\n\n", b": alive\n\n", HANG]],
    ids=["no-head", "no-chunk", "stall", "comments"],
)
def test_a_hang_is_a_timeout_wherever_it_happens(answer: list[bytes | None]) -> None:
    assert failure(answer, SHORT).failure is Failure.TIMEOUT


def test_the_whole_answer_is_bounded() -> None:
    timeouts = Timeouts(first_chunk=60, idle=60, total=0.2)
    assert failure([HEAD, WORD, HANG], timeouts).failure is Failure.TIMEOUT


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7), ("0", 0), (None, 40), ("soon", None)],
    ids=["seconds", "zero", "date", "neither"],
)
def test_retry_after_is_read_in_seconds_and_as_a_date(value: str | None, seconds: float | None) -> None:
    value = value or formatdate(time.time() + 40, usegmt=True)  # counted from now, not from the collection
    error = failure(status("429 Slow down", f"retry-after: {value}"))
    assert error.failure is Failure.RATE_LIMITED
    if seconds is None:
        assert error.retry_after is None
    else:
        assert error.retry_after == pytest.approx(seconds, abs=20)


def test_nobody_there_is_unreachable() -> None:
    async def main() -> None:
        async with upstream([], []) as uri:
            gone = uri
        provider = HttpProvider(Upstream("cloud", gone), Timeouts())
        try:
            await anext(provider.generate(ask()))
        finally:
            await provider.close()

    with pytest.raises(ProviderError) as error:
        asyncio.run(main())
    assert error.value.failure is Failure.UNREACHABLE
