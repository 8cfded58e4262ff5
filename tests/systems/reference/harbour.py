"""A cache service behind httpx's transport that fails as told, beside the upstreams of `weather`."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import httpx  # noqa: TID253  this file is only imported by tests that need it

from tests.systems.reference.weather import World

URI = "http://cache.test"
OF_ANOTHER = (
    b'{"key":"?","model":"small","text":"","tools":[],"finish_reason":"stop",'
    b'"prompt_tokens":1,"completion_tokens":1}'
)


@dataclass
class Harbour(World):
    """Upstreams, and a cache.

    Attributes:
        how: what is wrong with the cache: ``down``, ``hangs``, ``slow``, ``garbage``, ``error``, ``another``;
            nothing where it is empty.
        entries: what it keeps.
        asked: how often it was.
    """

    how: str = ""
    entries: dict[str, bytes] = field(default_factory=dict)
    asked: int = 0

    async def handle(self, request: httpx.Request) -> httpx.Response:
        """One request to an upstream, or to the cache."""
        if request.url.host != "cache.test":
            return await super().handle(request)
        self.asked += 1
        await self._suffer()
        key = request.url.path.rpartition("/")[2]
        if request.method == "PUT":
            self.entries[key] = await request.aread()
            return httpx.Response(204)
        found = self.entries.get(key)
        if self.how == "another" or (self.how == "garbage" and found is None):
            found = OF_ANOTHER
        if found is None:
            return httpx.Response(404)
        return httpx.Response(200, content=found[: len(found) // 2] if self.how == "garbage" else found)

    async def _suffer(self) -> None:
        waits: dict[str, float] = {"hangs": 1e5, "slow": 1.0}
        await asyncio.sleep(waits.get(self.how, 0.001))
        if self.how == "down":
            raise httpx.ConnectError("refused")
        if self.how == "error":
            raise httpx.RemoteProtocolError("nonsense")


def patched(harbour: World) -> Any:
    """*harbour* in the place of httpx's transport, as a context."""
    from unittest import mock

    return mock.patch.object(httpx.AsyncHTTPTransport, "handle_async_request", harbour.transport)
