"""Tests of ``sse.truncate``: clean end, close and reset, after events and after bytes."""

from __future__ import annotations

import pytest

from tests.faults.rig import EVENTS, answering, ask, inject, on_loop, plain, rig, sse

HOW = [("eof", True, "ok"), ("close", False, "truncated"), ("reset", False, "reset")]


@pytest.mark.parametrize(("how", "complete", "outcome"), HOW)
@pytest.mark.parametrize("after", [0, 1, 5])
@on_loop
async def test_after_events(after: int, how: str, complete: bool, outcome: str) -> None:
    async with rig() as sea:
        proxy = await sea.proxy(await sea.upstream(answering(sse())), "openai-chat")
        toxic = inject(proxy, "sse.truncate", after_events=after, how=how)
        answer = await ask(await sea.connect(proxy))
        assert (answer.status, answer.complete) == (200, complete)
        assert answer.body == b"".join(EVENTS[:after])
        assert isinstance(answer.error, ConnectionResetError) is (how == "reset")
        (attempt,) = proxy.recorder.attempts()
        assert (attempt.outcome, attempt.events) == (outcome, after)
        assert toxic.witness.hits == 1


@pytest.mark.parametrize(("how", "complete", "outcome"), HOW)
@on_loop
async def test_after_bytes_in_the_middle_of_an_event(how: str, complete: bool, outcome: str) -> None:
    async with rig() as sea:
        proxy = await sea.proxy(await sea.upstream(answering(sse())), "openai-chat")
        inject(proxy, "sse.truncate", after_bytes=20, how=how)
        answer = await ask(await sea.connect(proxy))
        assert answer.body == b"".join(EVENTS)[:20]
        assert answer.complete is complete
        assert proxy.recorder.attempts()[0].outcome == outcome


@pytest.mark.parametrize(("how", "complete", "outcome"), HOW)
@on_loop
async def test_a_body_with_a_length_is_cut_too(how: str, complete: bool, outcome: str) -> None:
    async with rig() as sea:
        proxy = await sea.proxy(await sea.upstream(answering(plain(b"x" * 100))), "openai-chat")
        inject(proxy, "sse.truncate", after_bytes=20, how=how)
        answer = await ask(await sea.connect(proxy))
        assert (answer.body, answer.complete) == (b"x" * 20, complete)
        assert proxy.recorder.attempts()[0].outcome == outcome


@pytest.mark.parametrize("attributes", [{"after_events": 6}, {"after_bytes": 89}])
@on_loop
async def test_what_is_no_longer_than_that_is_not_hit(attributes: dict[str, int]) -> None:
    async with rig() as sea:
        proxy = await sea.proxy(await sea.upstream(answering(sse())), "openai-chat")
        toxic = inject(proxy, "sse.truncate", **attributes)
        assert (await ask(await sea.connect(proxy))).pieces == EVENTS
        assert toxic.witness.hits == 0
