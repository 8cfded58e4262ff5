"""What is served only by a gateway that keeps state: its paths, and its life."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from seatrial.systems.reference.endpoints import conversations, responses
from seatrial.systems.reference.gateway import Gateway
from seatrial.systems.reference.state.store import Store
from seatrial.systems.reference.state.work import Work

if TYPE_CHECKING:
    from starlette.routing import Route

SLOW_RESTART = 15.0


class Keeping:
    """The state of a gateway, from its start to its end.

    Args:
        gateway: one whose settings name a file for it.
    """

    def __init__(self, gateway: Gateway) -> None:
        assert gateway.settings.state is not None
        self._slow = gateway.defects.on("slow-restart")
        self.store = Store(gateway.settings.state, gateway.defects)
        self.work = Work(gateway, self.store)

    async def start(self) -> None:
        """Before the first request is taken."""
        if self._slow and self.store.resumed:
            await asyncio.sleep(SLOW_RESTART)
        self.work.start()

    async def close(self) -> None:
        """After the last."""
        await self.work.close()
        await self.store.close()


def routes() -> list[Route]:
    """The paths."""
    from starlette.routing import Route

    conversation = "/v1/conversations/{conversation}"
    return [
        Route("/v1/responses", responses.create, methods=["POST"]),
        Route("/v1/responses/{response}", responses.read, methods=["GET"]),
        Route("/v1/conversations", conversations.create, methods=["POST"]),
        Route(conversation, conversations.read, methods=["GET"]),
        Route(f"{conversation}/items", conversations.add, methods=["POST"]),
        Route(f"{conversation}/items", conversations.items, methods=["GET"]),
    ]
