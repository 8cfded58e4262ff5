"""POST /v1/responses and GET /v1/responses/{id}: answers that are kept, and work in the background."""

from __future__ import annotations

import time
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

from seatrial.systems.reference.body import read_body
from seatrial.systems.reference.errors import unknown_model
from seatrial.systems.reference.gateway import Gateway
from seatrial.systems.reference.settings import CHAT_MODELS
from seatrial.systems.reference.state.answering import generate, shown
from seatrial.systems.reference.state.asked import ResponseRequest, parse_response
from seatrial.systems.reference.state.store import COMPLETED, Kept, Store

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

_OPTIONS = ("model", "instructions", "temperature", "max_output_tokens", "metadata")


async def create(request: Request) -> Response:
    """Answer, and keep question and answer; or accept it as work, and answer that it is queued."""
    from starlette.responses import JSONResponse

    gateway: Gateway = request.app.state.gateway
    store: Store = request.app.state.store
    asked = parse_response(await read_body(request, gateway.settings.max_body))
    if asked.model not in CHAT_MODELS:
        raise unknown_model(asked.model)
    caller, key = request.state.caller, request.headers.get("idempotency-key")
    kept = store.asked_before(caller, key)
    if kept is None:
        kept = _kept(asked, caller, store)
        if asked.background:
            kept = await store.accept(kept, key)
            request.app.state.work.submit(kept)
        else:
            kept = await _answered(gateway, store, kept, key if asked.store else None, store=asked.store)
    return JSONResponse(shown(kept))


async def _answered(gateway: Gateway, by: Store, kept: Kept, key: str | None, *, store: bool) -> Kept:
    """The whole response: on disk before the caller is told, where it shall be stored."""
    text, usage = await generate(gateway, by, kept)
    if not store:
        return replace(kept, status=COMPLETED, outputs=[text], usage=usage)
    kept = await by.accept(kept, key)
    await by.finish(kept, COMPLETED, text, usage)
    return kept


async def read(request: Request) -> Response:
    """One response, done or not."""
    from starlette.responses import JSONResponse

    store: Store = request.app.state.store
    return JSONResponse(shown(store.response(request.path_params["response"], request.state.caller)))


def _kept(asked: ResponseRequest, caller: str, store: Store) -> Kept:
    """What is kept of a request.

    Raises:
        ApiError: 404, it goes on from something that is not there.
    """
    if asked.previous_response_id:
        store.response(asked.previous_response_id, caller)
    if asked.conversation_id:
        store.conversation(asked.conversation_id, caller)
    return Kept(
        id=f"resp_{uuid.uuid4().hex}",
        caller=caller,
        created=int(time.time()),
        turns=asked.turns,
        options={name: getattr(asked, name) for name in _OPTIONS},
        background=asked.background,
        previous=asked.previous_response_id,
        conversation=asked.conversation_id,
    )
