"""What operators ask: /health, /ready, /metrics, /version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seatrial import __version__
from seatrial.systems.reference.breaker import State
from seatrial.systems.reference.gateway import Gateway

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


async def health(request: Request) -> Response:
    """200 while work goes forward, 503 when it stands still."""
    from starlette.responses import JSONResponse

    gateway: Gateway = request.app.state.gateway
    if gateway.healthy:
        return JSONResponse({"status": "ok"})
    return JSONResponse({"status": "stuck", "in_flight": gateway.progress.in_flight}, status_code=503)


async def ready(request: Request) -> Response:
    """200 while new work can be taken: healthy, and at least one provider may be asked."""
    from starlette.responses import JSONResponse

    gateway: Gateway = request.app.state.gateway
    states = gateway.router.states
    serving = [name for name, state in states.items() if state is not State.OPEN]
    good = gateway.healthy and bool(serving)
    troubled = any(state is not State.CLOSED for state in states.values())
    if gateway.defects.on("readiness-lies"):
        good, troubled = True, False
    if troubled and gateway.defects.on("health-flaps"):
        good = next(gateway.flaps) % 3 == 2
    body = {
        "status": ("degraded" if troubled else "ready") if good else "not ready",
        "providers": {name: state.name.lower() for name, state in states.items()},
    }
    return JSONResponse(body, status_code=200 if good else 503)


async def metrics(request: Request) -> Response:
    """Prometheus exposition."""
    from starlette.responses import Response

    gateway: Gateway = request.app.state.gateway
    for name, state in gateway.router.states.items():
        gateway.metrics.breaker(name, state)
    body, kind = gateway.metrics.page()
    return Response(body, headers={"content-type": kind})


async def version(request: Request) -> Response:
    """Name and version, and what state is kept: seconds of it that a crash may lose, by kind."""
    from starlette.responses import JSONResponse

    gateway: Gateway = request.app.state.gateway
    state = {"conversations": 0, "work": 0} if gateway.settings.state else {}
    return JSONResponse({"name": "seatrial reference gateway", "version": __version__, "state": state})
