"""The table of TCP toxics: (toxic, attributes, stream) → what is observed, as in Toxiproxy.

Times are only bounded from below, on the loop's own clock.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from seatrial.faults.proxy import FaultProxy
from tests.faults.rig import Handler, Rig, Streams, echo, inject, on_loop, rig

EARLY = 1e-3
"""How much earlier than asked something may come."""


@dataclass
class Seen:
    """What a caller saw: pieces with their times, and how it ended."""

    pieces: list[bytes]
    times: list[float]
    ended: float
    error: BaseException | None

    @property
    def data(self) -> bytes:
        return b"".join(self.pieces)


async def see(streams: Streams, *, until: int = 1 << 30, sent: float = 0.0) -> Seen:
    """Read until the end, or until so many bytes came; times count from *sent*."""
    loop = asyncio.get_running_loop()
    seen = Seen([], [], 0.0, None)
    try:
        while len(seen.data) < until and (piece := await streams[0].read(1 << 16)):
            seen.pieces.append(piece)
            seen.times.append(loop.time() - sent)
    except ConnectionError as error:
        seen.error = error
    seen.ended = loop.time() - sent
    return seen


async def say(streams: Streams, data: bytes, *, until: int = 1 << 30) -> Seen:
    """Say *data*, and see what comes."""
    sent = asyncio.get_running_loop().time()
    streams[1].write(data)
    return await see(streams, until=until, sent=sent)


async def nothing_comes(streams: Streams, seconds: float = 0.05) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await streams[0].read(1)
    except TimeoutError:
        return True
    return False


def hang_up(delay: float = 0.0) -> Handler:
    """An upstream that says hello and closes."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"hello")
        await asyncio.sleep(delay)

    return handler


async def ready(sea: Rig, handler: Handler = echo) -> tuple[FaultProxy, Streams]:
    """A connection that stands all the way, so that dialling takes none of the time."""
    proxy = await sea.proxy(await sea.upstream(handler))
    streams = await sea.connect(proxy)
    if handler is echo:
        assert (await say(streams, b"?", until=1)).data == b"?"
    return proxy, streams


Check = Callable[[Seen], bool]
SMALL, LARGE = b"x" * 50, b"y" * 20_000


def after(milliseconds: float) -> Check:
    return lambda seen: seen.times[0] >= milliseconds / 1e3 - EARLY


def ends_after(milliseconds: float) -> Check:
    return lambda seen: seen.ended >= milliseconds / 1e3 - EARLY


def reset(seen: Seen) -> bool:
    return isinstance(seen.error, ConnectionResetError) and not seen.data


def cut_at(size: int) -> Check:
    return lambda seen: seen.error is None and len(seen.data) == size


def whole(seen: Seen) -> bool:
    return seen.error is None and len(seen.data) in (len(SMALL), len(LARGE))


def cut_below(size: int) -> Check:
    return lambda seen: seen.error is None and len(seen.data) <= size


TABLE: list[tuple[str, dict[str, int], bytes, tuple[Check, ...], bool]] = [
    # toxic, attributes, data, what is observed, whether it acts
    ("noop", {}, SMALL, (whole,), False),
    ("latency", {"latency": 30}, SMALL, (whole, after(30)), True),
    ("latency", {"latency": 30, "jitter": 10}, SMALL, (whole, after(20)), True),
    ("latency", {}, LARGE, (whole,), False),
    ("latency", {"latency": -5}, SMALL, (whole,), False),
    ("bandwidth", {"rate": 200}, LARGE, (whole, ends_after(100)), True),
    ("bandwidth", {"rate": 100}, LARGE, (whole, after(100), ends_after(200)), True),
    ("slow_close", {"delay": 1000}, SMALL, (whole,), False),
    ("reset_peer", {}, SMALL, (reset,), True),
    ("reset_peer", {"timeout": 30}, SMALL, (reset, ends_after(30)), True),
    ("timeout", {"timeout": 30}, SMALL, (cut_at(0), ends_after(30)), True),
    ("slicer", {"average_size": 5_000, "delay": 10_000}, LARGE, (whole, ends_after(30)), True),
    ("slicer", {"average_size": 16, "size_variation": 8, "delay": 0}, SMALL, (whole,), True),
    ("slicer", {"average_size": 50}, SMALL, (whole,), False),
    ("limit_data", {"bytes": 20}, SMALL, (cut_below(20),), True),
    ("limit_data", {"bytes": 0}, SMALL, (cut_at(0),), True),
    ("limit_data", {"bytes": 51}, SMALL, (whole,), False),
]


IDS = [f"{row[0]}-{row[1]}" for row in TABLE]


@pytest.mark.parametrize("stream", ["downstream", "upstream"])
@pytest.mark.parametrize(("type_", "attributes", "data", "checks", "acts"), TABLE, ids=IDS)
@on_loop
async def test_toxic(
    type_: str, attributes: dict[str, int], data: bytes, checks: tuple[Check, ...], acts: bool, stream: str
) -> None:
    async with rig() as sea:
        proxy, streams = await ready(sea)
        toxic = inject(proxy, type_, stream=stream, **attributes)
        seen = await say(streams, data, until=len(data))
        assert [check(seen) for check in checks] == [True] * len(checks), seen
        assert (toxic.witness.hits > 0) == acts


@pytest.mark.parametrize("stream", ["downstream", "upstream"])
@pytest.mark.parametrize(("type_", "attributes", "data", "checks", "acts"), TABLE, ids=IDS)
@on_loop
async def test_without_toxicity_nothing_happens(
    type_: str, attributes: dict[str, int], data: bytes, checks: tuple[Check, ...], acts: bool, stream: str
) -> None:
    async with rig() as sea:
        proxy, streams = await ready(sea)
        toxic = inject(proxy, type_, stream=stream, toxicity=0, **attributes)
        assert (await say(streams, data, until=len(data))).data == data
        assert toxic.witness.hits == 0


@on_loop
async def test_slow_close_holds_back_the_end_alone() -> None:
    async with rig() as sea:
        proxy, streams = await ready(sea, hang_up())
        toxic = inject(proxy, "slow_close", delay=60)
        seen = await say(streams, b"?")
        assert seen.data == b"hello"
        assert seen.ended >= 0.06 - EARLY
        assert toxic.witness.hits == 1


@on_loop
async def test_timeout_zero_is_a_black_hole_until_it_is_removed() -> None:
    async with rig() as sea:
        proxy, streams = await ready(sea)
        toxic = inject(proxy, "timeout", timeout=0)
        streams[1].write(b"lost")
        assert await nothing_comes(streams)
        assert toxic.witness.hits == 1
        proxy.remove_toxic("timeout_downstream")
        assert (await see(streams)).data == b""  # closed, and what was swallowed stays lost


@on_loop
async def test_timeout_cuts_at_once_when_the_upstream_closes() -> None:
    async with rig() as sea:
        proxy, streams = await ready(sea, hang_up())
        inject(proxy, "timeout", timeout=0)
        assert (await say(streams, b"?")).data == b""


@on_loop
async def test_bandwidth_zero_lets_nothing_through() -> None:
    async with rig() as sea:
        proxy, streams = await ready(sea)
        inject(proxy, "bandwidth", rate=0)
        streams[1].write(b"kept")
        assert await nothing_comes(streams)
        proxy.remove_toxics()
        assert (await see(streams, until=4)).data == b"kept"


@on_loop
async def test_bandwidth_sends_in_steps_of_a_tenth_of_a_second() -> None:
    async with rig() as sea:
        proxy, streams = await ready(sea)
        inject(proxy, "bandwidth", rate=100)
        seen = await say(streams, LARGE, until=len(LARGE))
        assert len(seen.pieces[0]) == 10_000
        assert len(seen.data) == 20_000


@on_loop
async def test_limit_data_counts_a_connection_not_a_message() -> None:
    async with rig() as sea:
        proxy, streams = await ready(sea)
        inject(proxy, "limit_data", bytes=60)
        assert (await say(streams, SMALL, until=50)).data == SMALL
        assert len((await say(streams, SMALL)).data) == 10


@on_loop
async def test_slicer_sends_pieces_apart() -> None:
    async with rig() as sea:
        proxy, streams = await ready(sea)
        inject(proxy, "slicer", average_size=100, delay=2000)
        seen = await say(streams, b"z" * 1000, until=1000)
        assert len(seen.pieces) >= 4
        assert max(map(len, seen.pieces[:1])) <= 200
        assert seen.data == b"z" * 1000


@on_loop
async def test_latency_keeps_order_and_gaps() -> None:
    async with rig() as sea:
        proxy, streams = await ready(sea)
        inject(proxy, "latency", latency=40, jitter=30)
        sent = b"".join(b"%03d " % number for number in range(100))
        for start in range(0, 400, 4):
            streams[1].write(sent[start : start + 4])
            await asyncio.sleep(0)
        assert (await see(streams, until=400)).data == sent


@on_loop
async def test_toxics_form_a_chain() -> None:
    async with rig() as sea:
        proxy, streams = await ready(sea)
        inject(proxy, "latency", name="one", latency=20)
        inject(proxy, "latency", name="two", latency=20)
        inject(proxy, "latency", name="three", latency=20, stream="upstream")
        seen = await say(streams, SMALL, until=50)
        assert seen.times[0] >= 0.06 - 3 * EARLY
        proxy.remove_toxic("one")
        seen = await say(streams, SMALL, until=50)
        assert seen.data == SMALL
        assert seen.times[0] >= 0.04 - 2 * EARLY


@on_loop
async def test_limit_behind_latency_passes_what_is_held_first() -> None:
    async with rig() as sea:
        proxy, streams = await ready(sea)
        inject(proxy, "limit_data", bytes=20)
        inject(proxy, "latency", latency=30)
        seen = await say(streams, SMALL)
        assert len(seen.data) == 20
        assert seen.times[0] >= 0.03 - EARLY


@on_loop
async def test_removing_a_toxic_lets_go_what_it_held() -> None:
    async with rig() as sea:
        proxy, streams = await ready(sea)
        inject(proxy, "latency", latency=60_000)
        streams[1].write(SMALL)
        assert await nothing_comes(streams)
        proxy.remove_toxics()
        assert (await see(streams, until=50)).data == SMALL
        assert (await say(streams, SMALL, until=50)).data == SMALL


@on_loop
async def test_an_update_acts_on_connections_that_stand() -> None:
    async with rig() as sea:
        proxy, streams = await ready(sea)
        toxic = inject(proxy, "latency", latency=60_000)
        streams[1].write(SMALL)
        assert await nothing_comes(streams)
        proxy.update_toxic(toxic, 1.0, toxic.attributes.model_copy(update={"latency": 20}))
        assert (await see(streams, until=50)).data == SMALL
        assert (await say(streams, SMALL, until=50)).times[0] >= 0.02 - EARLY
        proxy.update_toxic(toxic, 0.0, toxic.attributes)
        assert (await say(streams, SMALL, until=50)).data == SMALL


@on_loop
async def test_limit_data_cuts_downstream_at_the_byte() -> None:
    async with rig() as sea:
        proxy, streams = await ready(sea)
        inject(proxy, "limit_data", bytes=20)
        assert (await say(streams, SMALL)).data == SMALL[:20]


@on_loop
async def test_toxicity_is_drawn_once_a_link() -> None:
    async def hit(sea: Rig, proxy: FaultProxy) -> bool:
        streams = await sea.connect(proxy)
        seen = [await say(streams, b"?", until=1) for _ in range(3)]
        assert len({bool(each.data) for each in seen}) == 1  # all or none of a connection
        return not seen[0].data

    runs: list[list[bool]] = []
    for _ in range(2):
        async with rig(seed=3) as sea:
            proxy = await sea.proxy(await sea.upstream(echo))
            inject(proxy, "limit_data", toxicity=0.5, bytes=0)
            runs.append([await hit(sea, proxy) for _ in range(40)])
    assert runs[0] == runs[1]
    assert 8 <= sum(runs[0]) <= 32
