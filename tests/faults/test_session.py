"""Tests of connections: both ways, half-close, back-pressure, and every kind of end."""

from __future__ import annotations

import asyncio
import resource
import socket
from pathlib import Path

import pytest

from seatrial.faults.authority import Authority
from seatrial.faults.proxy import FaultProxy
from seatrial.faults.side import RST_ON_CLOSE
from tests.faults.rig import (
    Rig,
    Streams,
    answering,
    ask,
    chat,
    echo,
    inject,
    on_loop,
    plain,
    rig,
    silent,
    sse,
)


async def heard(streams: Streams) -> bytes:
    """All until the end."""
    return await streams[0].read()


def memory() -> int:
    """Bytes that this process holds now."""
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()


async def stands(sea: Rig, handler: object = echo, protocol: str = "tcp") -> tuple[FaultProxy, Streams]:
    proxy = await sea.proxy(await sea.upstream(handler), protocol)  # type: ignore[arg-type]
    return proxy, await sea.connect(proxy)


@pytest.mark.parametrize("protocol", ["tcp", "http"])
@on_loop
async def test_bytes_pass_both_ways_whatever_they_are(protocol: str) -> None:
    async with rig() as sea:
        _, streams = await stands(sea, protocol=protocol)
        data = bytes(range(256)) * 4096
        streams[1].write(data)
        assert await streams[0].readexactly(len(data)) == data


@pytest.mark.parametrize("toxic", [None, "latency"])
@on_loop
async def test_half_close_is_kept(toxic: str | None) -> None:
    async def hears_all_first(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"%d" % len(await reader.read()))

    async with rig() as sea:
        proxy, streams = await stands(sea, hears_all_first)
        if toxic:
            inject(proxy, toxic, latency=10, stream="upstream")
            inject(proxy, toxic, latency=10, name="down")
        streams[1].write(b"x" * 1000)
        streams[1].write_eof()
        assert await heard(streams) == b"1000"
        await gone(proxy)


@on_loop
async def test_the_upstream_may_half_close_too() -> None:
    got = asyncio.get_running_loop().create_future()

    async def says_all_first(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello")
        writer.write_eof()
        got.set_result(await reader.read())

    async with rig() as sea:
        proxy, streams = await stands(sea, says_all_first)
        assert await heard(streams) == b"hello"
        streams[1].write(b"late")
        streams[1].write_eof()
        assert await got == b"late"
        await gone(proxy)


async def gone(proxy: FaultProxy) -> None:
    """Every connection of the proxy ends."""
    while proxy.sessions:
        await asyncio.sleep(0.002)


@on_loop
async def test_an_upstream_that_is_gone_closes_the_caller() -> None:
    async with rig() as sea:
        proxy, streams = await stands(sea)
        proxy.upstream = type(proxy.upstream)("127.0.0.1:1")
        streams = await sea.connect(proxy)
        assert await heard(streams) == b""


@pytest.mark.parametrize("upstream", ["no.such.host.invalid:80", "127.0.0.1", "nonsense"])
@on_loop
async def test_an_upstream_that_is_no_place_closes_the_caller(upstream: str) -> None:
    async with rig() as sea:
        proxy = await sea.proxy(upstream, "http")
        answer = await ask(await sea.connect(proxy))
        assert answer.status == 0
        assert [each.outcome for each in proxy.recorder.attempts()] == ["refused"]


@pytest.mark.parametrize("protocol", ["tcp", "http"])
@on_loop
async def test_a_reset_of_the_upstream_is_a_reset_for_the_caller(protocol: str) -> None:
    async def resets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST_ON_CLOSE)
        writer.transport.abort()

    async with rig() as sea:
        proxy, streams = await stands(sea, resets, protocol)
        streams[1].write(chat())
        with pytest.raises(ConnectionResetError):
            await heard(streams)
        if protocol == "http":
            assert [each.outcome for each in proxy.recorder.attempts()] == ["reset"]


@pytest.mark.parametrize("protocol", ["tcp", "http"])
@on_loop
async def test_a_caller_that_leaves_ends_the_upstream_too(protocol: str) -> None:
    left = asyncio.get_running_loop().create_future()

    async def waits(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.read(100):
                pass
        except ConnectionError:
            pass
        left.set_result(True)

    async with rig() as sea:
        proxy, streams = await stands(sea, waits, protocol)
        streams[1].write(chat())
        await asyncio.sleep(0.01)
        streams[1].transport.abort()
        assert await left
        await gone(proxy)
        if protocol == "http":
            assert [each.outcome for each in proxy.recorder.attempts()] == ["aborted-by-client"]


@pytest.mark.parametrize("protocol", ["tcp", "http"])
@on_loop
async def test_a_slow_reader_makes_the_upstream_wait(protocol: str) -> None:
    sent = [0]
    size = 64 << 20

    async def floods(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % size)
        for _ in range(size >> 20):
            writer.write(bytes(1 << 20))
            await writer.drain()
            sent[0] += 1 << 20

    async with rig() as sea:
        _, streams = await stands(sea, floods, protocol)
        before = memory()
        streams[1].write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        last = -1
        while sent[0] != last:  # until nobody takes any more
            last = sent[0]
            await asyncio.sleep(0.05)
        assert sent[0] < size / 2
        assert memory() - before < 16 << 20
        rest = size
        while rest > 0:
            rest -= len(await streams[0].read(1 << 20))
        assert sent[0] >= size - (1 << 20)


@pytest.mark.parametrize("stream", ["upstream", "downstream"])
@pytest.mark.parametrize("type_", ["latency", "bandwidth", "slicer"])
@on_loop
async def test_a_toxic_that_holds_much_makes_the_sender_wait(type_: str, stream: str) -> None:
    attributes = {
        "latency": {"latency": 60_000},
        "bandwidth": {"rate": 1},
        "slicer": {"average_size": 1 << 16},
    }
    async with rig() as sea:
        proxy, streams = await stands(sea)
        attributes["slicer"]["delay"] = 60_000_000
        toxic = inject(proxy, type_, stream=stream, **attributes[type_])
        streams[1].write(bytes(48 << 20))
        before = -1
        (session,) = proxy.sessions
        while session.client.received != before:
            before = session.client.received
            await asyncio.sleep(0.05)
        held = sum(stage.held for stage in session.link(stream).stages)
        assert 0 < held <= toxic.kind.held_limit + (1 << 20)  # type: ignore[attr-defined]
        assert session.client.received < 40 << 20


@on_loop
async def test_thousands_of_connections_at_once() -> None:
    async with rig() as sea:
        proxy = await sea.proxy(await sea.upstream(answering(plain()), backlog=1024), "http")

        async def one() -> None:
            streams = await sea.connect(proxy)
            for _ in range(2):
                assert (await ask(streams)).body == b"hello"

        for _ in range(4):
            await asyncio.gather(*(one() for _ in range(250)))
        attempts = proxy.recorder.attempts()
        assert len(attempts) == 2000
        assert {each.outcome for each in attempts} == {"ok"}
        assert len(proxy.sessions) == 1000


@on_loop
async def test_two_thousand_stalled_streams_are_small() -> None:
    async with rig() as sea:
        proxy = await sea.proxy(await sea.upstream(answering(sse()), backlog=1024), "openai-chat")
        toxic = inject(proxy, "sse.stall", after_events=2)
        before = memory()

        async def one() -> None:
            reader, writer = await sea.connect(proxy)
            writer.write(chat())
            await reader.readuntil(b'"n":1}')

        for _ in range(8):
            await asyncio.gather(*(one() for _ in range(250)))
        assert toxic.witness.hits == 2000
        assert {each.outcome for each in proxy.recorder.attempts()} == {"open"}
        assert memory() - before < 300 << 20  # callers and upstream are in it, too


@on_loop
async def test_disabling_cuts_and_refuses_and_enabling_restores() -> None:
    async with rig() as sea:
        proxy, streams = await stands(sea)
        streams[1].write(b"?")
        await streams[0].read(1)
        proxy.stop()
        assert await heard(streams) == b""
        with pytest.raises(ConnectionRefusedError):
            await sea.connect(proxy)
        assert proxy.down.hits >= 1
        await proxy.start()
        streams = await sea.connect(proxy)
        streams[1].write(b"!")
        assert await streams[0].read(1) == b"!"


@on_loop
async def test_tls_to_the_upstream(tmp_path: Path) -> None:
    authority = Authority.make()
    context = authority.context(["localhost"], -60, 3600)
    file = tmp_path / "authority.pem"
    file.write_text(authority.pem)
    async with rig() as sea:
        port = await sea.upstream(answering(plain()), ssl=context)
        trusted = {"ca_file": str(file), "server_name": "localhost"}
        good = await sea.proxy(f"https://127.0.0.1:{port}", "http", tls=trusted)
        assert (await ask(await sea.connect(good))).body == b"hello"
        careless = await sea.proxy(port, "http", tls={"verify": False})
        assert (await ask(await sea.connect(careless))).body == b"hello"
        careful = await sea.proxy(f"https://localhost:{port}", "http")
        assert (await ask(await sea.connect(careful))).status == 0
        assert [each.outcome for each in careful.recorder.attempts()] == ["refused"]


@on_loop
async def test_connections_that_stand_are_hit_when_a_fault_is_added() -> None:
    async with rig() as sea:
        proxy, streams = await stands(sea, answering(plain()))
        assert (await ask(streams)).status == 200
        inject(proxy, "http.status", status=429)
        assert (await ask(streams)).status == 429
        assert proxy.recorder.attempts()[0].faults == ("http.status_downstream",)


@on_loop
async def test_what_is_no_http_passes_an_armed_proxy() -> None:
    async with rig() as sea:
        proxy, streams = await stands(sea)
        toxic = inject(proxy, "http.status", status=429)
        streams[1].write(b"\x16\x03\x01 no http at all\r\n\r\n")
        assert await streams[0].readexactly(22) == b"\x16\x03\x01 no http at all\r\n\r\n"
        later = await sea.connect(proxy)
        later[1].write(b"\x00\x01\x02")
        assert await later[0].readexactly(3) == b"\x00\x01\x02"
        assert toxic.witness.hits == 0


@on_loop
async def test_what_a_caller_says_before_the_upstream_stands_is_not_lost() -> None:
    async with rig() as sea:
        _, streams = await stands(sea)
        streams[1].write(b"early")
        streams[1].write_eof()
        assert await heard(streams) == b"early"


@on_loop
async def test_a_silent_upstream_costs_nothing() -> None:
    async with rig() as sea:
        proxy, streams = await stands(sea, silent, "http")
        streams[1].write(chat())
        await asyncio.sleep(0.02)
        (attempt,) = proxy.recorder.attempts()
        assert (attempt.outcome, attempt.duration, attempt.status) == ("open", None, 0)
