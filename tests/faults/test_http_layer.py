"""Tests of reading and recording HTTP: every framing, keep-alive, and who is told of what."""

from __future__ import annotations

import asyncio

import pytest

from seatrial.faults.recorder import Attempt
from tests.faults.rig import (
    EVENTS,
    Rig,
    answering,
    ask,
    chat,
    echo,
    inject,
    on_loop,
    plain,
    read_answer,
    rig,
    sse,
)

CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"
TO_THE_END = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhello world"
INFORMED = b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n" + plain(b"hello world")
EMPTY = b"HTTP/1.1 204 No Content\r\n\r\n"


async def attempts_after(
    sea: Rig, *requests: bytes, answers: tuple[bytes, ...], fault: str | None = None, close: bool = False
) -> list[Attempt]:
    """What is recorded of *requests* over one connection."""
    proxy = await sea.proxy(await sea.upstream(answering(*answers, close=close)), "http")
    if fault:
        inject(proxy, fault)
    streams = await sea.connect(proxy)
    for request in requests:
        await ask(streams, request)
    return proxy.recorder.attempts()


@pytest.mark.parametrize("armed", [False, True])
@pytest.mark.parametrize(
    ("answer", "body", "close"),
    [
        (plain(b"hello world"), b"hello world", False),
        (plain(b""), b"", False),
        (CHUNKED, b"hello world", False),
        (TO_THE_END, b"hello world", True),
        (INFORMED, b"hello world", False),
        (EMPTY, b"", False),
        (sse(), b"".join(EVENTS), False),
    ],
    ids=["length", "empty", "chunked", "to-the-end", "1xx", "204", "sse"],
)
@on_loop
async def test_every_framing_passes_as_it_came(answer: bytes, body: bytes, close: bool, armed: bool) -> None:
    async with rig() as sea:
        proxy = await sea.proxy(await sea.upstream(answering(answer, close=close)), "http")
        if armed:
            inject(proxy, "noop")
        streams = await sea.connect(proxy)
        for _ in range(1 if close else 3):
            got = await ask(streams)
            assert got.body == body
            assert got.complete or close
        for attempt in proxy.recorder.attempts():
            assert (attempt.outcome, attempt.response_bytes) == ("ok", len(body))
            assert attempt.events == (6 if answer == sse() else 0)
            assert attempt.faults == ()


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
@pytest.mark.parametrize("armed", [False, True])
@on_loop
async def test_answers_and_requests_may_come_in_any_pieces(size: int, armed: bool) -> None:
    whole = sse() if armed else sse() + INFORMED + CHUNKED + plain()

    async def dribbles(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for start in range(0, len(whole), size):
            writer.write(whole[start : start + size])
            await asyncio.sleep(0)
        await reader.read()

    async with rig() as sea:
        proxy = await sea.proxy(await sea.upstream(dribbles), "http")
        if armed:
            inject(proxy, "noop")
        reader, writer = await sea.connect(proxy)
        asked = chat() * (1 if armed else 4)
        for start in range(0, len(asked), size):
            writer.write(asked[start : start + size])
            await asyncio.sleep(0)
        assert await reader.readexactly(len(whole)) == whole
        expected = [("ok", 6, 89), ("ok", 0, 11), ("ok", 0, 11), ("ok", 0, 5)]
        found = [(each.outcome, each.events, each.response_bytes) for each in proxy.recorder.attempts()]
        assert found == expected[: len(found)]
        assert len(found) == (1 if armed else 4)


@pytest.mark.parametrize("armed", [False, True])
@on_loop
async def test_pipelined_requests_are_answered_in_order(armed: bool) -> None:
    async with rig() as sea:
        answers = [plain(b"%d" % number) for number in range(30)]
        proxy = await sea.proxy(await sea.upstream(answering(*answers)), "http")
        if armed:
            inject(proxy, "noop")
        reader, writer = await sea.connect(proxy)
        writer.write(chat() * 30)
        assert await reader.readexactly(sum(map(len, answers))) == b"".join(answers)
        assert [each.outcome for each in proxy.recorder.attempts()] == ["ok"] * 30


@on_loop
async def test_a_pipelined_request_is_hit_alone() -> None:
    async with rig() as sea:
        proxy = await sea.proxy(await sea.upstream(answering(plain())), "http")
        inject(proxy, "http.status", status=500, every=2)
        streams = await sea.connect(proxy)
        streams[1].write(chat() * 4)
        statuses = []
        rest = b""
        while rest.count(b"HTTP/1.1") < 4 or not rest.endswith(b"}"):
            rest += await streams[0].read(1 << 16)
        statuses = [part[1:4] for part in rest.split(b"HTTP/1.1")[1:]]
        assert statuses == [b"200", b"500", b"200", b"500"]


@pytest.mark.parametrize("armed", [False, True])
@on_loop
async def test_head_has_no_body(armed: bool) -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n"
    async with rig() as sea:
        proxy = await sea.proxy(await sea.upstream(answering(head, plain())), "http")
        if armed:
            inject(proxy, "noop")
        reader, writer = await sea.connect(proxy)
        writer.write(b"HEAD / HTTP/1.1\r\nhost: x\r\n\r\n")
        assert await reader.readexactly(len(head)) == head
        assert (await ask((reader, writer))).body == b"hello"
        assert [each.outcome for each in proxy.recorder.attempts()] == ["ok", "ok"]


@on_loop
async def test_what_is_recorded() -> None:
    request = chat("small", "/v1/chat/completions?x=1", "authorization: Bearer sk-secret")
    async with rig() as sea:
        (first, second, third) = await attempts_after(
            sea,
            request,
            request,
            chat("large", "/v1/messages", "x-tenant: blue", "idempotency-key: once"),
            answers=(plain(b"x" * 10),),
        )
    assert (first.proxy, first.number, first.method, first.path) == ("p0", 1, "POST", "/v1/chat/completions")
    assert (first.status, first.response_bytes, first.request_bytes) == (200, 10, 50)
    assert (first.model, third.model, third.tenant) == ("small", "large", "blue")
    assert (first.idempotency_key, third.idempotency_key) == (None, "once")
    assert first.tenant is not None
    assert first.tenant.startswith("key:")
    assert "secret" not in repr(first)
    assert first.body_hash == second.body_hash != third.body_hash
    assert len(first.body_hash) == 64
    assert first.started <= second.started
    assert first.duration is not None
    assert first.duration >= 0


@on_loop
async def test_requests_are_recorded_alike_however_they_are_read() -> None:
    async with rig() as sea:
        quick = await attempts_after(
            sea, chat(), chat(), answers=(plain(),)
        )  # the second is told at a glance
        armed = await attempts_after(sea, chat(), answers=(plain(),), fault="noop")
    known = {each._replace(proxy="", number=0, started=0.0, duration=None) for each in (*quick, *armed)}
    assert len(known) == 1


@on_loop
async def test_large_requests_pass_unheld_and_are_hashed_alike() -> None:
    body = b'{"model": "small", "data": "%b"}' % (b"x" * (5 << 20))
    request = b"POST /v1 HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)
    async with rig() as sea:
        plain_one = await attempts_after(sea, request, answers=(plain(),))
        armed = await attempts_after(sea, request, answers=(plain(),), fault="http.status")
        assert armed[0].faults == ()
        assert armed[0].status == plain_one[0].status == 200
        assert armed[0].body_hash == plain_one[0].body_hash
        assert plain_one[0].request_bytes == len(body)
        assert plain_one[0].model == armed[0].model == "small"


@on_loop
async def test_a_caller_that_waits_for_100_is_told_to_go_on() -> None:
    async with rig() as sea:
        proxy = await sea.proxy(await sea.upstream(answering(plain())), "http")
        inject(proxy, "noop")
        reader, writer = await sea.connect(proxy)
        writer.write(b"POST / HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n")
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"hi")
        assert (await read_answer(reader)).body == b"hello"


@on_loop
async def test_a_chunked_request_is_read_and_passed_on() -> None:
    request = b"POST /x HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    async with rig() as sea:
        (plain_one,) = await attempts_after(sea, request, answers=(plain(),))
        (armed,) = await attempts_after(sea, request, answers=(plain(),), fault="noop")
    assert plain_one.request_bytes == armed.request_bytes == 2
    assert plain_one.body_hash == armed.body_hash


@pytest.mark.parametrize("armed", [False, True])
@on_loop
async def test_an_upgrade_passes_both_ways(armed: bool) -> None:
    switched = b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"

    async def upgrades(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(switched)
        await echo(reader, writer)

    async with rig() as sea:
        proxy = await sea.proxy(await sea.upstream(upgrades), "http")
        if armed:
            inject(proxy, "noop")
        reader, writer = await sea.connect(proxy)
        writer.write(b"GET / HTTP/1.1\r\nhost: x\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n")
        assert await reader.readexactly(len(switched)) == switched
        writer.write(b"\x00\x01\x02")
        assert await reader.readexactly(3) == b"\x00\x01\x02"
        assert proxy.recorder.attempts()[0].status == 101


@on_loop
async def test_an_offer_to_upgrade_that_is_declined_changes_nothing() -> None:
    offer = chat("small", "/v1", "upgrade: h2c", "connection: upgrade, http2-settings")
    async with rig() as sea:
        found = await attempts_after(sea, offer, chat(), answers=(plain(),))
    assert [(each.status, each.outcome, each.model) for each in found] == [(200, "ok", "small")] * 2


@on_loop
async def test_an_answer_may_come_before_the_request_is_whole() -> None:
    early = b"HTTP/1.1 413 Content Too Large\r\ncontent-length: 0\r\n\r\n"

    async def refuses(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(early)
        await reader.read()

    async with rig() as sea:
        proxy = await sea.proxy(await sea.upstream(refuses), "http")
        reader, writer = await sea.connect(proxy)
        writer.write(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\n")
        assert (await read_answer(reader)).status == 413
        writer.write(b"late")
        await asyncio.sleep(0.02)
        (attempt,) = proxy.recorder.attempts()
        assert (attempt.status, attempt.outcome, attempt.request_bytes) == (413, "ok", 4)


@pytest.mark.parametrize("how", ["truncated", "no-answer"])
@on_loop
async def test_an_answer_that_breaks_off_is_told(how: str) -> None:
    broken = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf" if how == "truncated" else b""
    async with rig() as sea:
        (attempt,) = await attempts_after(sea, chat(), answers=(broken,), close=True)
    assert attempt.outcome == "truncated"
    assert attempt.response_bytes == (4 if how == "truncated" else 0)


@on_loop
async def test_bytes_that_nobody_asked_for_pass() -> None:
    async def speaks_first(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(plain() + b"more than that")
        await reader.read()

    async with rig() as sea:
        proxy = await sea.proxy(await sea.upstream(speaks_first), "http")
        reader, writer = await sea.connect(proxy)
        writer.write(chat())
        whole = plain() + b"more than that"
        assert await reader.readexactly(len(whole)) == whole


@on_loop
async def test_tcp_toxics_are_told_in_the_attempts() -> None:
    async with rig() as sea:
        proxy = await sea.proxy(await sea.upstream(answering(sse())), "http")
        streams = await sea.connect(proxy)
        await ask(streams)
        inject(proxy, "latency", latency=5)
        await ask(streams)
        inject(proxy, "reset_peer")
        assert isinstance((await ask(streams)).error, ConnectionResetError)
        proxy.remove_toxics()
        inject(proxy, "timeout", timeout=20)
        await ask(await sea.connect(proxy))
        found = [(each.outcome, each.faults) for each in proxy.recorder.attempts()]
        late, reset, timeout = "latency_downstream", "reset_peer_downstream", "timeout_downstream"
        assert found == [("ok", ()), ("ok", (late,)), ("reset", (late, reset)), ("timeout", (timeout,))] or (
            found[2] == ("reset", (reset, late))
        )
