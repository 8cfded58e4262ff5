"""Tests of reading and recording HTTP, and of AI faults on single requests."""

from __future__ import annotations

from tests.faults.rig import EVENTS, answering, ask, chat, inject, on_loop, plain, rig, sse


@on_loop
async def test_passes_and_records() -> None:
    async with rig() as sea:
        proxy = await sea.proxy(await sea.upstream(answering(sse(), plain())), "openai-chat")
        streams = await sea.connect(proxy)
        first = await ask(streams)
        second = await ask(streams)
        assert (first.complete, first.body) == (True, b"".join(EVENTS))
        assert (second.status, second.body) == (200, b"hello")
        one, two = proxy.recorder.attempts()
        assert (one.events, one.outcome, one.status, one.model, one.method) == (6, "ok", 200, "small", "POST")
        assert one.body_hash == two.body_hash
        assert two.response_bytes == 5


@on_loop
async def test_stall_truncate_status() -> None:
    async with rig() as sea:
        proxy = await sea.proxy(await sea.upstream(answering(sse())), "openai-chat")
        streams = await sea.connect(proxy)
        toxic = inject(proxy, "sse.truncate", after_events=2)
        answer = await ask(streams)
        assert answer.complete and answer.pieces == EVENTS[:2]
        answer = await ask(streams)
        assert answer.complete and answer.pieces == EVENTS[:2]
        assert toxic.witness.hits == 2
        proxy.remove_toxics()
        inject(proxy, "http.status", status=429, retry_after="5s")
        answer = await ask(streams, chat())
        assert answer.status == 429 and answer.headers["retry-after"] == "5", answer.headers
        proxy.remove_toxics()
        answer = await ask(streams)
        assert answer.pieces == EVENTS
        assert [a.faults for a in proxy.recorder.attempts()] == [("sse.truncate_downstream",)] * 2 + [
            ("http.status_downstream",),
            (),
        ]
