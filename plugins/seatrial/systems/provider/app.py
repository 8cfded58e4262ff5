"""What the reference provider serves."""

from __future__ import annotations

import time
import uuid
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING

from seatrial.systems.provider.bill import Bill
from seatrial.systems.reference.auth import Keys
from seatrial.systems.reference.body import read_body
from seatrial.systems.reference.chat_request import ChatRequest, parse_chat
from seatrial.systems.reference.defects import HEALTHY
from seatrial.systems.reference.endpoints import models
from seatrial.systems.reference.errors import ApiError, error_response, unknown_model
from seatrial.systems.reference.providers.base import End, Event
from seatrial.systems.reference.providers.builtin import BuiltinProvider
from seatrial.systems.reference.settings import CHAT_MODELS
from seatrial.systems.reference.sse import DONE, Answer, ChunkWriter

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

MAX_BODY = 4 << 20


def make_app(name: str = "provider", *, seed: int = 0, key: str | None = None) -> Starlette:
    """The ASGI application.

    Args:
        name: what the provider is called.
        seed: decides the answers.
        key: the API key that is wanted, if any.
    """
    from starlette.applications import Starlette
    from starlette.routing import Route

    server = _Server(name, seed, key)
    return Starlette(
        routes=[
            Route("/v1/chat/completions", server.chat, methods=["POST"]),
            Route("/v1/models", models.models, methods=["GET"]),
            Route("/health", server.health, methods=["GET"]),
            Route("/counters", server.counters, methods=["GET", "DELETE"]),
        ],
        exception_handlers={ApiError: _told},
    )


class _Server:
    def __init__(self, name: str, seed: int, key: str | None) -> None:
        self._name = name
        self._seed = seed
        self._keys = Keys((key,) if key else (), HEALTHY)
        self._model = BuiltinProvider(name, seed=seed, defects=HEALTHY)
        self._bill = Bill()

    async def chat(self, request: Request) -> Response:
        from starlette.responses import JSONResponse, StreamingResponse

        self._keys.caller(request.headers.get("authorization"))
        body = await read_body(request, MAX_BODY)
        ask = parse_chat(body)
        if ask.model not in CHAT_MODELS:
            raise unknown_model(ask.model)
        told = request.headers
        tenant, key = told.get("x-tenant", ""), told.get("idempotency-key")
        charged = self._bill.begin(body, model=ask.model, tenant=tenant, key=key)
        answer = Answer(f"chatcmpl-{uuid.uuid4().hex}", int(time.time()), ask.model, f"fp_{self._seed:08x}")
        headers = {"x-served-by": self._name}
        if ask.stream:
            stream = self._stream(ask, answer, charged=charged)
            return StreamingResponse(stream, media_type="text/event-stream", headers=headers)
        async with aclosing(self._events(ask, charged=charged)) as events:
            async for event in events:
                answer.add(event)
        return JSONResponse(answer.body(), headers=headers)

    async def _stream(
        self, ask: ChatRequest, answer: Answer, *, charged: bool
    ) -> AsyncGenerator[bytes, None]:
        writer = ChunkWriter(answer)
        async with aclosing(self._events(ask, charged=charged)) as events:
            async for event in events:
                answer.add(event)
                yield writer.finish(event.finish_reason) if isinstance(event, End) else writer.event(event)
        if ask.include_usage:
            yield writer.usage(answer.usage())
        yield DONE

    async def _events(self, ask: ChatRequest, *, charged: bool) -> AsyncGenerator[Event, None]:
        end: End | None = None
        try:
            async with aclosing(self._model.generate(ask)) as events:
                async for event in events:
                    end = event if isinstance(event, End) else None
                    yield event
        finally:
            self._bill.end(end, charged=charged)

    async def health(self, _request: Request) -> Response:
        from starlette.responses import JSONResponse

        return JSONResponse({"status": "ok", "name": self._name})

    async def counters(self, request: Request) -> Response:
        from starlette.responses import JSONResponse

        told = self._bill.show()
        if request.method == "DELETE":
            self._bill = Bill()
        return JSONResponse({"name": self._name, **told})


async def _told(_request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    return error_response(error, HEALTHY)
