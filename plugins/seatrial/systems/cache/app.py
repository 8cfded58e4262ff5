"""What the cache serves."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from seatrial.systems.reference.body import read_body
from seatrial.systems.reference.cache import Cache
from seatrial.systems.reference.defects import HEALTHY
from seatrial.systems.reference.errors import ApiError, error_response

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

ENTRIES = 4096
MAX_BODY = 1 << 20
SECONDS = 60.0
"""How long an entry is kept whose owner did not say."""

_MAX_AGE = re.compile(r"max-age=(\d{1,9})")


def make_app(*, entries: int = ENTRIES, clock: Callable[[], float] = time.monotonic) -> Starlette:
    """The ASGI application.

    Args:
        entries: kept at most; the least recently used go first.
        clock: monotonic seconds.
    """
    from starlette.applications import Starlette
    from starlette.routing import Route

    server = _Server(entries, clock)
    return Starlette(
        routes=[
            Route("/entries/{key}", server.get, methods=["GET"]),
            Route("/entries/{key}", server.put, methods=["PUT"]),
            Route("/health", server.health, methods=["GET"]),
            Route("/counters", server.counters, methods=["GET", "DELETE"]),
        ],
        exception_handlers={ApiError: _told},
    )


class _Server:
    def __init__(self, entries: int, clock: Callable[[], float]) -> None:
        self._items: Cache[bytes] = Cache(SECONDS, entries, clock)
        self._counts: Counter[str] = Counter()

    async def get(self, request: Request) -> Response:
        from starlette.responses import Response

        found = self._items.get(request.path_params["key"])
        self._counts["misses" if found is None else "hits"] += 1
        if found is None:
            return Response(status_code=404)
        return Response(found, media_type="application/json")

    async def put(self, request: Request) -> Response:
        from starlette.responses import Response

        body = await read_body(request, MAX_BODY)
        told = _MAX_AGE.search(request.headers.get("cache-control", ""))
        self._items.put(request.path_params["key"], body, int(told[1]) if told else None)
        self._counts["stored"] += 1
        return Response(status_code=204)

    async def health(self, _request: Request) -> Response:
        from starlette.responses import JSONResponse

        return JSONResponse({"status": "ok"})

    async def counters(self, request: Request) -> Response:
        from starlette.responses import JSONResponse

        counts = {name: self._counts[name] for name in ("hits", "misses", "stored")}
        if request.method == "DELETE":
            self._counts.clear()
        return JSONResponse({**counts, "entries": len(self._items)})


async def _told(_request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    return error_response(error, HEALTHY)
