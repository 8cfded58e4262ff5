"""GET /v1/models and /v1/models/{id}."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seatrial.systems.reference.errors import unknown_model
from seatrial.systems.reference.settings import CHAT_MODELS, EMBEDDING_MODELS

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

CREATED = 1_763_596_800
"""When the built-in models were made: 2025-11-20."""


async def models(_request: Request) -> Response:
    """All models."""
    from starlette.responses import JSONResponse

    return JSONResponse({"object": "list", "data": [_model(name) for name in CHAT_MODELS + EMBEDDING_MODELS]})


async def model(request: Request) -> Response:
    """One model."""
    from starlette.responses import JSONResponse

    name = request.path_params["model"]
    if name not in CHAT_MODELS + EMBEDDING_MODELS:
        raise unknown_model(name)
    return JSONResponse(_model(name))


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": CREATED, "owned_by": "seatrial"}
