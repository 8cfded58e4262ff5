"""A gateway that keeps state, without a network: started, crashed and started again."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.systems.reference.asgi import Client, Reply


class Keeper(Client):
    """Asks one gateway about what it keeps."""

    async def post(self, path: str, headers: dict[str, str] | None = None, **fields: Any) -> Reply:
        return await self.call("POST", f"/v1/{path}", json.dumps(fields).encode(), headers=headers)

    async def get(self, path: str, **more: Any) -> Reply:
        return await self.call("GET", f"/v1/{path}", **more)

    async def ask(self, words: str = "Where is my lamp?", **fields: Any) -> Reply:
        return await self.post("responses", model="small", input=words, **fields)

    async def done(self, name: str) -> dict[str, Any]:
        """The response, once it is done."""
        for _ in range(2000):
            reply: dict[str, Any] = (await self.get(f"responses/{name}")).json
            if reply["status"] != "queued":
                return reply
            await a_moment()
        raise AssertionError("it was never done")


async def a_moment() -> None:
    """A pause that is one, also where pauses are only recorded: a thread writes meanwhile."""
    await asyncio.get_running_loop().run_in_executor(None, time.sleep, 0.002)


@asynccontextmanager
async def keeper(folder: Path, *defects: str, **settings: Any) -> AsyncIterator[Keeper]:
    """One life of a gateway; another one on the same folder goes on where it ended."""
    client = Keeper(*defects, state=folder / "state.ndjson", **settings)
    async with client.app.router.lifespan_context(client.app):
        yield client
