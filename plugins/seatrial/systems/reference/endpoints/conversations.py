"""POST /v1/conversations, GET /v1/conversations/{id}, and its items."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seatrial.systems.reference.body import read_body
from seatrial.systems.reference.gateway import Gateway
from seatrial.systems.reference.state.asked import parse_conversation, parse_items
from seatrial.systems.reference.state.store import Conversation, Store

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


async def create(request: Request) -> Response:
    """Begin a conversation."""
    from starlette.responses import JSONResponse

    asked = parse_conversation(await _body(request))
    store: Store = request.app.state.store
    turns = [item.turn for item in asked.items]
    return JSONResponse(_shown(await store.begin(request.state.caller, asked.metadata, turns)))


async def read(request: Request) -> Response:
    """The conversation without its items."""
    from starlette.responses import JSONResponse

    return JSONResponse(_shown(_found(request)))


async def add(request: Request) -> Response:
    """Append items; answers with those that are new."""
    from starlette.responses import JSONResponse

    conversation = _found(request)
    asked = parse_items(await _body(request))
    store: Store = request.app.state.store
    first = len(conversation.turns)
    await store.add(conversation, [item.turn for item in asked.items])
    return JSONResponse(_listed(conversation, first))


async def items(request: Request) -> Response:
    """All items, the oldest first."""
    from starlette.responses import JSONResponse

    return JSONResponse(_listed(_found(request)))


async def _body(request: Request) -> bytes:
    gateway: Gateway = request.app.state.gateway
    return await read_body(request, gateway.settings.max_body)


def _found(request: Request) -> Conversation:
    store: Store = request.app.state.store
    return store.conversation(request.path_params["conversation"], request.state.caller)


def _shown(conversation: Conversation) -> dict[str, Any]:
    return {
        "id": conversation.id,
        "object": "conversation",
        "created_at": conversation.created,
        "metadata": conversation.metadata,
    }


def _listed(conversation: Conversation, first: int = 0) -> dict[str, Any]:
    data = [_item(conversation, number) for number in range(first, len(conversation.turns))]
    ends = {"first_id": data[0]["id"], "last_id": data[-1]["id"]} if data else {}
    return {"object": "list", "data": data, "has_more": False, **ends}


def _item(conversation: Conversation, number: int) -> dict[str, Any]:
    role, text = conversation.turns[number]
    kind = "output_text" if role == "assistant" else "input_text"
    name = f"msg_{conversation.id.removeprefix('conv_')}_{number}"
    return {"id": name, "type": "message", "role": role, "content": [{"type": kind, "text": text}]}
