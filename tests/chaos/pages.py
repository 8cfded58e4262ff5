"""A target that keeps things, in this process: health pages and the Responses API, as bad as a test wants."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tests.suites.gateways import served

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


class Keeping:
    """What such a target has.

    Attributes:
        ready: the status of its page for readiness.
        kept: its responses by id.
        thaw: no chat is answered before, on `time.monotonic`.
        keys: what each chat was authorized by.
        crashed: what `crash` does to them: nothing, ``forgets``, ``mixes``, ``repeats``, ``drops-work``.
    """

    def __init__(self, *, responses: bool = True) -> None:
        self.ready = 200
        self.responses = responses
        self.kept: dict[str, dict[str, Any]] = {}
        self.models: set[str] = set()
        self.thaw = 0.0
        self.keys: list[str] = []

    def crash(self, how: str) -> None:
        """As if it had died and come back."""
        if how == "forgets":
            self.kept.clear()
        if how == "forgets-late":
            for name in list(self.kept)[8:]:
                del self.kept[name]
        if how == "mixes":
            outputs = [each["output"] for each in self.kept.values()]
            for each, output in zip(self.kept.values(), outputs[1:] + outputs[:1], strict=True):
                each["output"] = output
        if how == "repeats":
            for each in self.kept.values():
                each["output"] *= 2

    def create(self, asked: dict[str, Any]) -> dict[str, Any] | None:
        """A response to *asked*, done at once."""
        if asked.get("previous_response_id", next(iter(self.kept), "")) not in {*self.kept, ""}:
            return None
        name = f"resp_{len(self.kept)}"
        text = [{"type": "output_text", "text": f"On {asked['input']}"}]
        output = [{"type": "message", "content": text}]
        self.kept[name] = {"id": name, "status": "completed", "output": output}
        return self.kept[name]


@contextmanager
def keeping(target: Keeping) -> Iterator[str]:
    """Serve *target*; yields the address of its root."""
    from starlette.applications import Starlette
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    async def ready(request: Request) -> Response:
        return JSONResponse({}, status_code=target.ready)

    async def create(request: Request) -> Response:
        found = target.create(json.loads(await request.body()))
        return JSONResponse(found or {"error": {"message": "no such response"}}, 200 if found else 404)

    async def read(request: Request) -> Response:
        found = target.kept.get(request.path_params["name"])
        return JSONResponse(found or {"error": {"message": "no such response"}}, 200 if found else 404)

    async def chat(request: Request) -> Response:
        asked = json.loads(await request.body())
        target.keys.append(request.headers.get("authorization", ""))
        await asyncio.sleep(max(0.0, target.thaw - time.monotonic()))
        target.models.add(asked["model"])
        message = {"role": "assistant", "content": "Yes."}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return JSONResponse(
            {"id": "1", "object": "chat.completion", "model": asked["model"], "choices": [choice]}
        )

    routes = [Route("/ready", ready), Route("/v1/chat/completions", chat, methods=["POST"])]
    if target.responses:
        routes += [Route("/v1/responses", create, methods=["POST"]), Route("/v1/responses/{name}", read)]
    with served(Starlette(routes=routes)) as root:
        yield root
