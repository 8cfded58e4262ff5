"""Tests of ``noop``: everything passes as it came, and nothing is counted."""

from __future__ import annotations

import pytest

from tests.faults.rig import answering, chat, inject, on_loop, plain, rig, sse


@pytest.mark.parametrize(
    "answer", [sse(), plain(b"hello", b"200 OK", b"X-Case: Kept", b"x-twice: 1", b"x-twice: 2")]
)
@on_loop
async def test_it_changes_no_byte_and_never_hits(answer: bytes) -> None:
    async with rig() as sea:
        proxy = await sea.proxy(await sea.upstream(answering(answer)), "http")
        toxic = inject(proxy, "noop")
        reader, writer = await sea.connect(proxy)
        for _ in range(3):
            writer.write(chat())
            assert await reader.readexactly(len(answer)) == answer
        assert toxic.witness.hits == 0
        assert [each.faults for each in proxy.recorder.attempts()] == [()] * 3
