"""Tests of what faults do about requests: answer, delay, swallow, close, reset."""

from __future__ import annotations

import asyncio

import pytest

from seatrial.faults.actions import FOREVER, Close, Pause, RequestItems, Reset, Respond, Swallow
from tests.faults.rig import EVENTS, ask, chat, inject, on_loop, read_answer, rig
from tests.faults.told import Told, silence, stands, told

__all__ = ["told"]
pytestmark = pytest.mark.usefixtures("told")


@on_loop
async def test_a_fault_that_answers_none_never_hits() -> None:
    async with rig() as sea:
        proxy, streams = await stands(sea)
        toxic = inject(proxy, "test.told")
        assert (await ask(streams)).pieces == EVENTS
        assert toxic.witness.hits == 0
        assert proxy.recorder.attempts()[0].faults == ()


@on_loop
async def test_respond_never_calls_the_upstream() -> None:
    async with rig() as sea:
        proxy = await sea.proxy("127.0.0.1:1", "http")  # nobody there
        inject(proxy, "test.told")
        Told.request_items = [Respond(418, (("x-kind", "teapot"),), b"short and stout")]
        streams = await sea.connect(proxy)
        for _ in range(2):
            answer = await ask(streams)
            assert (answer.status, answer.body, answer.headers["x-kind"]) == (
                418,
                b"short and stout",
                "teapot",
            )
        Told.request_items = [Respond(200, (("content-type", "text/event-stream"),), tuple(EVENTS))]
        assert (await ask(streams)).pieces == EVENTS
        found = [(each.status, each.outcome, each.faults, each.events) for each in proxy.recorder.attempts()]
        hit = ("test.told_downstream",)
        assert found == [(418, "ok", hit, 0), (418, "ok", hit, 0), (200, "ok", hit, 6)]


@on_loop
async def test_respond_closes_where_the_caller_wants_that() -> None:
    async with rig() as sea:
        proxy, streams = await stands(sea)
        inject(proxy, "test.told")
        Told.request_items = [Respond(503, (), b"no")]
        answer = await ask(streams, chat("small", "/v1", "connection: close"))
        assert (answer.status, answer.headers["connection"]) == (503, "close")
        assert await streams[0].read() == b""


@on_loop
async def test_respond_passes_tcp_toxics_and_later_faults() -> None:
    async with rig() as sea:
        proxy, streams = await stands(sea)
        inject(proxy, "test.told")
        Told.request_items = [Respond(200, (("content-type", "text/event-stream"),), tuple(EVENTS))]
        inject(proxy, "sse.truncate", after_events=2)
        inject(proxy, "latency", latency=20)
        loop = asyncio.get_running_loop()
        began = loop.time()
        answer = await ask(streams)
        assert answer.pieces == EVENTS[:2]
        assert loop.time() - began >= 0.019
        (attempt,) = proxy.recorder.attempts()
        assert set(attempt.faults) == {
            "test.told_downstream",
            "sse.truncate_downstream",
            "latency_downstream",
        }


@on_loop
async def test_pause_before_the_request_goes_on() -> None:
    async with rig() as sea:
        proxy, streams = await stands(sea)
        inject(proxy, "test.told")
        Told.request_items = [Pause(0.03)]
        loop = asyncio.get_running_loop()
        began = loop.time()
        assert (await ask(streams)).pieces == EVENTS
        assert loop.time() - began >= 0.029


@on_loop
async def test_swallow_is_never_answered_and_reset_when_it_is_removed() -> None:
    async with rig() as sea:
        proxy, streams = await stands(sea)
        inject(proxy, "test.told")
        Told.request_items = [Swallow()]
        streams[1].write(chat())
        assert await silence(streams)
        assert proxy.recorder.attempts()[0].outcome == "open"
        proxy.remove_toxics()
        assert isinstance((await read_answer(streams[0])).error, ConnectionResetError)
        assert proxy.recorder.attempts()[0].outcome == "reset"


@pytest.mark.parametrize("items", [[Swallow()], [Pause(FOREVER)]])
@on_loop
async def test_a_caller_that_leaves_what_is_never_answered_is_forgotten(items: RequestItems) -> None:
    async with rig() as sea:
        proxy, streams = await stands(sea)
        inject(proxy, "test.told")
        Told.request_items = items
        streams[1].write(chat())
        await asyncio.sleep(0.01)
        streams[1].close()
        while proxy.sessions:
            await asyncio.sleep(0.002)
        assert proxy.recorder.attempts()[0].outcome == "aborted-by-client"


@pytest.mark.parametrize(("item", "outcome"), [(Close(), "truncated"), (Reset(), "reset")])
@on_loop
async def test_close_and_reset_instead_of_an_answer(item: Close | Reset, outcome: str) -> None:
    async with rig() as sea:
        proxy, streams = await stands(sea)
        inject(proxy, "test.told")
        Told.request_items = [item]
        answer = await ask(streams)
        assert (answer.status, isinstance(answer.error, ConnectionResetError)) == (0, outcome == "reset")
        assert proxy.recorder.attempts()[0].outcome == outcome
