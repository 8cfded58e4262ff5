"""The application: which path is served by what, and how errors become answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from seatrial.systems.reference.endpoints import chat, embeddings, keeping, models, operations
from seatrial.systems.reference.endpoints.keeping import Keeping
from seatrial.systems.reference.errors import ApiError, error_response, server_error
from seatrial.systems.reference.gateway import Gateway
from seatrial.systems.reference.middleware import Edge

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response


def make_app(gateway: Gateway) -> Starlette:
    """The ASGI application around *gateway*."""
    from starlette.applications import Starlette
    from starlette.exceptions import HTTPException
    from starlette.middleware import Middleware
    from starlette.routing import Route

    keeps = Keeping(gateway) if gateway.settings.state else None

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        if keeps is not None:
            await keeps.start()
        yield
        if keeps is not None:
            await keeps.close()
        await gateway.close()

    app = Starlette(
        routes=[
            Route("/v1/chat/completions", chat.chat, methods=["POST"]),
            Route("/v1/models", models.models, methods=["GET"]),
            Route("/v1/models/{model}", models.model, methods=["GET"]),
            Route("/v1/embeddings", embeddings.embeddings, methods=["POST"]),
            Route("/health", operations.health, methods=["GET"]),
            Route("/ready", operations.ready, methods=["GET"]),
            Route("/metrics", operations.metrics, methods=["GET"]),
            Route("/version", operations.version, methods=["GET"]),
            *(keeping.routes() if keeps is not None else ()),
        ],
        middleware=[Middleware(Edge, gateway=gateway)],
        exception_handlers={ApiError: _api_error, HTTPException: _http_error, Exception: _unexpected},
        lifespan=lifespan,
    )
    app.state.gateway = gateway
    if keeps is not None:
        app.state.store, app.state.work = keeps.store, keeps.work
    return app


async def _api_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    return error_response(error, request.app.state.gateway.defects)


async def _http_error(request: Request, error: Exception) -> Response:
    from starlette.exceptions import HTTPException

    assert isinstance(error, HTTPException)
    message = {404: "Unknown path.", 405: "Method not allowed."}.get(error.status_code, str(error.detail))
    told = ApiError(error.status_code, message, headers=error.headers)
    return error_response(told.with_traceback(error.__traceback__), request.app.state.gateway.defects)


async def _unexpected(request: Request, _error: Exception) -> Response:
    response = error_response(server_error(), request.app.state.gateway.defects)
    response.headers["x-request-id"] = request.state.request_id
    return response
