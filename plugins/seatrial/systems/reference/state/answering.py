"""From a request that is kept to an answer that is kept."""

from __future__ import annotations

from contextlib import aclosing
from typing import Any

from seatrial.systems.reference.errors import ApiError
from seatrial.systems.reference.gateway import Gateway
from seatrial.systems.reference.providers.base import End, Piece, Tag
from seatrial.systems.reference.state.asked import chat_of
from seatrial.systems.reference.state.store import Kept, Store
from seatrial.systems.reference.visit import Route


async def generate(gateway: Gateway, store: Store, kept: Kept) -> tuple[str, list[int] | None]:
    """The text of the answer, and its prompt and completion tokens where they are told.

    The response's id is the Idempotency-Key: what is made again after a crash is billed once.

    Raises:
        ApiError: nobody could answer.
    """
    ask = chat_of(store.before(kept) + kept.turns, kept.options)
    route = Route(tag=Tag(kept.id, kept.caller))
    text: list[str] = []
    usage: list[int] | None = None
    gateway.progress.begin()
    try:
        async with (
            gateway.bulkhead.slot(kept.caller, ask.model, can_wait=kept.background),
            aclosing(gateway.events(ask, route)) as events,
        ):
            async for event in events:
                if isinstance(event, Piece):
                    text.append(event.text)
                elif isinstance(event, End) and event.prompt_tokens is not None:
                    usage = [event.prompt_tokens, event.completion_tokens or 0]
    finally:
        gateway.progress.end()
    return "".join(text), usage


def shown(kept: Kept) -> dict[str, Any]:
    """A response as the Responses API tells it."""
    usage = None
    if kept.usage is not None:
        read, written = kept.usage
        usage = {"input_tokens": read, "output_tokens": written, "total_tokens": read + written}
    return {
        "id": kept.id,
        "object": "response",
        "created_at": kept.created,
        "status": kept.status,
        "background": kept.background,
        "error": kept.error,
        "model": kept.options["model"],
        "output": [_message(kept, number, text) for number, text in enumerate(kept.outputs)],
        "previous_response_id": kept.previous,
        "conversation": {"id": kept.conversation} if kept.conversation else None,
        "metadata": kept.options.get("metadata") or {},
        "usage": usage,
    }


def error_of(error: ApiError) -> dict[str, str]:
    """What is kept of work that failed for good."""
    return {"code": error.code or "server_error", "message": error.message}


def _message(kept: Kept, number: int, text: str) -> dict[str, Any]:
    return {
        "id": f"msg_{kept.id.removeprefix('resp_')}_{number}",
        "type": "message",
        "role": "assistant",
        "status": "completed",
        "content": [{"type": "output_text", "text": text, "annotations": []}],
    }
