"""Tests of ``sse.stall``."""

from __future__ import annotations

import asyncio

import pytest

from tests.faults.rig import EVENTS, answering, ask, chat, inject, on_loop, plain, rig, sse


@pytest.mark.parametrize("after", [0, 1, 5])
@on_loop
async def test_a_stream_falls_silent_after_so_many_events(after: int) -> None:
    async with rig() as sea:
        proxy = await sea.proxy(await sea.upstream(answering(sse())), "openai-chat")
        toxic = inject(proxy, "sse.stall", after_events=after)
        reader, writer = await sea.connect(proxy)
        writer.write(chat())
        heard = await reader.readuntil(b"\r\n\r\n")
        for _ in range(after):
            heard += await reader.readuntil(b"\n\n\r\n")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(1), 0.04)
        assert heard.count(b"data: ") == after
        assert toxic.witness.hits == 1
        assert proxy.recorder.attempts()[0].events == after


@on_loop
async def test_a_stall_may_end_by_itself() -> None:
    async with rig() as sea:
        proxy = await sea.proxy(await sea.upstream(answering(sse())), "openai-chat")
        inject(proxy, "sse.stall", after_events=2, duration="30ms")
        loop = asyncio.get_running_loop()
        began = loop.time()
        assert (await ask(await sea.connect(proxy))).pieces == EVENTS
        assert loop.time() - began >= 0.029


@pytest.mark.parametrize("answer", [plain(), sse(EVENTS[:2])])
@on_loop
async def test_what_has_not_so_many_events_is_not_hit(answer: bytes) -> None:
    async with rig() as sea:
        proxy = await sea.proxy(await sea.upstream(answering(answer)), "openai-chat")
        toxic = inject(proxy, "sse.stall", after_events=2)
        assert (await ask(await sea.connect(proxy))).complete
        assert toxic.witness.hits == 0
