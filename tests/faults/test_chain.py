"""Tests of what faults make of answers: each action, composition, and removal in the middle."""

from __future__ import annotations

import asyncio

import pytest

from seatrial.core.errors import HarnessError
from seatrial.faults.actions import Close, End, Pause, Reset
from seatrial.faults.message import Head
from tests.faults.rig import EVENTS, ask, chat, inject, on_loop, plain, rig, sse
from tests.faults.told import Told, silence, stands, told

__all__ = ["told"]
pytestmark = pytest.mark.usefixtures("told")
ALL = b"".join(EVENTS)


@on_loop
async def test_the_head_may_be_changed_and_delayed() -> None:
    async with rig() as sea:
        proxy, streams = await stands(sea, plain(b"hello", b"200 OK", b"x-one: 1", b"X-Two: 2", b"x-one: 3"))
        inject(proxy, "test.told")
        head = Head(200, (("content-length", "5"), ("x-one", "1"), ("X-Two", "2"), ("x-one", "3")))
        Told.head_items = [
            Pause(0.01),
            head.with_status(207).with_header("x-one", "9").without_header("x-two").with_header("x-new", "n"),
        ]
        answer = await ask(streams)
        assert (answer.status, answer.body) == (207, b"hello")
        assert answer.headers == {"content-length": "5", "x-one": "9", "x-new": "n"}


@pytest.mark.parametrize(
    ("item", "complete", "outcome"),
    [(End(), True, "ok"), (Close(), False, "truncated"), (Reset(), False, "reset")],
)
@on_loop
async def test_a_stream_may_end_in_three_ways(
    item: End | Close | Reset, complete: bool, outcome: str
) -> None:
    async with rig() as sea:
        proxy, streams = await stands(sea)
        toxic = inject(proxy, "test.told")
        Told.event_items = {2: [b"last\n\n", item, b"never\n\n"]}
        answer = await ask(streams)
        assert answer.body == b"".join(EVENTS[:2]) + b"last\n\n"
        assert answer.complete is complete
        assert isinstance(answer.error, ConnectionResetError) is (outcome == "reset")
        (attempt,) = proxy.recorder.attempts()
        assert (attempt.outcome, attempt.events, attempt.response_bytes) == (outcome, 3, len(answer.body))
        assert toxic.witness.hits == 1


@on_loop
async def test_after_an_early_end_the_connection_serves_again() -> None:
    """The upstream still speaks when the caller's answer is over: nothing of it reaches the next answer."""

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readuntil(b"}"):
            head, *events = sse().partition(b"\r\n\r\n")[::2]
            writer.write(head + b"\r\n\r\n")
            for event in events[0].split(b"\n\n\r\n")[:-1]:
                writer.write(event + b"\n\n\r\n")
                await asyncio.sleep(0.005)
            writer.write(b"0\r\n\r\n")

    async with rig() as sea:
        proxy = await sea.proxy(await sea.upstream(slow), "http")
        streams = await sea.connect(proxy)
        inject(proxy, "sse.truncate", after_events=1, first=2)
        for _ in range(2):
            answer = await ask(streams)
            assert (answer.body, answer.complete) == (EVENTS[0], True)
        assert (await ask(streams)).body == ALL


@on_loop
async def test_a_pause_in_a_stream_is_at_least_as_long_as_asked() -> None:
    async with rig() as sea:
        proxy, streams = await stands(sea)
        inject(proxy, "test.told")
        Told.event_items = {1: [Pause(0.02), EVENTS[1]], 3: [EVENTS[3], Pause(0.02)]}
        loop = asyncio.get_running_loop()
        began = loop.time()
        answer = await ask(streams)
        assert answer.body == ALL
        assert loop.time() - began >= 0.038


@on_loop
async def test_a_stall_ends_when_its_fault_is_removed_and_not_before() -> None:
    async with rig() as sea:
        proxy, streams = await stands(sea)
        inject(proxy, "sse.stall", after_events=2)
        inject(proxy, "latency", name="other", latency=1)
        streams[1].write(chat())
        await streams[0].readuntil(b'"n":1}\n\n\r\n')
        proxy.remove_toxic("other")
        assert await silence(streams)
        proxy.remove_toxic("sse.stall_downstream")
        rest = await streams[0].readuntil(b"0\r\n\r\n")
        assert b"[DONE]" in rest
        assert proxy.recorder.attempts()[0].outcome == "ok"
        assert (await ask(streams)).body == ALL


@on_loop
async def test_events_are_whole_however_they_come() -> None:
    stream = b": comment\r\n\r\ndata: one\r\n\r\ndata: two\n\ndata: th" + b"ree"
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    wire = head + b"".join(b"1\r\n%b\r\n" % stream[i : i + 1] for i in range(len(stream))) + b"0\r\n\r\n"
    async with rig() as sea:
        proxy, streams = await stands(sea, wire)
        inject(proxy, "sse.truncate", after_events=2)
        assert (await ask(streams)).body == b": comment\r\n\r\ndata: one\r\n\r\n"
        proxy.remove_toxics()
        inject(proxy, "sse.stall", after_events=9)
        assert (await ask(streams)).body == stream  # half an event at the end passes, too


@on_loop
async def test_faults_compose_in_the_order_in_which_they_were_added() -> None:
    async with rig() as sea:
        proxy, streams = await stands(sea)
        inject(proxy, "test.told")
        Told.event_items = {0: [b"data: a\n", b"\ndata: b\n\n"]}  # one event becomes two, cut elsewhere
        inject(proxy, "sse.truncate", after_events=3)
        assert (await ask(streams)).body == b"data: a\n\ndata: b\n\n" + EVENTS[1]


@on_loop
async def test_a_body_that_is_wanted_whole_gets_a_length_again() -> None:
    chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n"
    async with rig() as sea:
        proxy, streams = await stands(sea, chunked)
        inject(proxy, "test.told")
        Told.unit = "body"
        Told.body_items = [b"another ", b"body"]
        answer = await ask(streams)
        assert (answer.body, answer.headers) == (b"another body", {"content-length": "12"})
        Told.end_items = [b"!", Close()]
        answer = await ask(streams)
        assert (answer.body, answer.complete) == (b"another body!", True)


@on_loop
async def test_a_body_too_large_to_be_wanted_whole_passes() -> None:
    async with rig() as sea:
        proxy, streams = await stands(sea, plain(b"x" * (5 << 20)))
        toxic = inject(proxy, "test.told")
        Told.unit = "body"
        Told.body_items = [b"never"]
        answer = await ask(streams)
        assert len(answer.body) == 5 << 20
        assert toxic.witness.hits == 0


@on_loop
async def test_a_fault_that_resizes_makes_a_length_chunks() -> None:
    async with rig() as sea:
        proxy, streams = await stands(sea, plain())
        inject(proxy, "test.told")
        Told.resizes = True
        Told.body_items = [b"hel", b"lo and more"]
        answer = await ask(streams)
        assert (answer.body, answer.headers) == (b"hello and more", {"transfer-encoding": "chunked"})


@on_loop
async def test_a_fault_that_breaks_the_framing_is_told_and_not_hidden() -> None:
    async with rig() as sea:
        proxy, streams = await stands(sea, plain())
        inject(proxy, "test.told")
        Told.body_items = [b"longer than it said"]
        assert not (await ask(streams)).complete
        assert len(proxy.troubles) == 1
        assert str(HarnessError("a fault gave out more")) in proxy.troubles[0]


@on_loop
async def test_callers_of_http_1_0_get_no_chunks() -> None:
    async with rig() as sea:
        proxy, streams = await stands(sea, plain())
        inject(proxy, "test.told")
        Told.resizes = True
        Told.body_items = [b"hello and more"]
        answer = await ask(streams, b"GET / HTTP/1.0\r\n\r\n")
        assert answer.body == b"hello and more"
        assert answer.headers == {"connection": "close"}


@on_loop
async def test_a_request_that_is_hit_asks_for_a_plain_answer() -> None:
    heard: list[bytes] = []

    async def hears(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            heard.append(head)
            await reader.readexactly(50)
            writer.write(plain())

    async with rig() as sea:
        proxy = await sea.proxy(await sea.upstream(hears), "http")
        inject(proxy, "test.told", every=2)
        streams = await sea.connect(proxy)
        for _ in range(2):
            await ask(streams, chat("small", "/v1", "Accept-Encoding: gzip", "X-Case: Kept"))
        assert b"Accept-Encoding: gzip\r\n" in heard[0]
        assert b"Accept-Encoding: identity\r\n" in heard[1]
        assert heard[1].replace(b"identity", b"gzip") == heard[0]
