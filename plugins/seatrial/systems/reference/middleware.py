"""What happens to every request on its way in and out: id, key, rate, metrics, log line."""

from __future__ import annotations

import time
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from seatrial.systems.reference.errors import ApiError, error_response
from seatrial.systems.reference.gateway import Gateway

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

KNOWN_PATHS = frozenset(
    (
        "/v1/chat/completions",
        "/v1/responses",
        "/v1/conversations",
        "/v1/models",
        "/v1/embeddings",
        "/health",
        "/ready",
        "/metrics",
        "/version",
    )
)


class Edge:
    """The outermost layer of the application.

    Args:
        app: what is inside.
        gateway: keys, limits, metrics and log.
    """

    def __init__(self, app: App, gateway: Gateway) -> None:
        self._app = app
        self._gateway = gateway

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = uuid.uuid4().hex
        status = 0

        async def send_marked(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", request_id.encode())]
            await send(message)

        state = scope.setdefault("state", {})
        state["request_id"] = request_id
        try:
            if scope["path"].startswith("/v1/"):
                state["caller"] = self._admitted(scope)
            await self._app(scope, receive, send_marked)
        except ApiError as error:
            await error_response(error, self._gateway.defects)(scope, receive, send_marked)
        except Exception:
            status = 500  # answered further out, where it is also logged with its trace
            raise
        finally:
            self._tell(scope, status, time.perf_counter() - started, request_id)

    def _admitted(self, scope: Scope) -> str:
        header = next((value for name, value in scope["headers"] if name == b"authorization"), None)
        caller = self._gateway.keys.caller(header.decode("latin-1") if header is not None else None)
        if not self._gateway.defects.on("no-back-pressure"):
            self._gateway.limiter.admit(caller)
        return caller

    def _tell(self, scope: Scope, status: int, seconds: float, request_id: str) -> None:
        path = scope["path"] if scope["path"] in KNOWN_PATHS else "other"
        metrics = self._gateway.metrics
        metrics.requests.labels(path, str(status)).inc()
        metrics.duration.labels(path).observe(seconds)
        fields = {
            "request_id": request_id,
            "caller": scope["state"].get("caller"),
            "method": scope["method"],
            "path": path,
            "status": status,
            "ms": round(seconds * 1000, 2),
        }
        self._gateway.log.info("request", extra={"fields": fields})
