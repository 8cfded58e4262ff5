"""Tests of ``connect.reset``."""

from __future__ import annotations

import asyncio

import pytest

from tests.faults.rig import answering, inject, on_loop, plain, rig


@on_loop
async def test_connections_are_reset_and_those_that_stand_are_cut() -> None:
    async with rig() as sea:
        proxy = await sea.proxy(await sea.upstream(answering(plain())))
        standing = await sea.connect(proxy)
        await asyncio.sleep(0.01)
        toxic = inject(proxy, "connect.reset", first=2)
        assert toxic.witness.hits == 1  # the one that stood is cut
        assert await standing[0].read() == b""
        for _ in range(2):
            with pytest.raises(ConnectionResetError):
                await (await sea.connect(proxy))[0].read()
        fine = await sea.connect(proxy)
        fine[1].write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        assert await fine[0].read(8) == b"HTTP/1.1"
        assert toxic.witness.hits == 3
