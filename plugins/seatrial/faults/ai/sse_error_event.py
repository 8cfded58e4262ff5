"""``sse.error_event``: an error comes as an event of a stream that began with HTTP 200.

Seen in public: anthropic-sdk-python#1258, claude-code-router#1759. Shapes: the providers' API references.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from seatrial.faults.actions import Action, BodyItems, Close, End
from seatrial.faults.ai.http_status import BODIES, phrase, shape_of
from seatrial.faults.base import AiFault
from seatrial.faults.chat import encoded
from seatrial.faults.registry import register
from seatrial.faults.when import When


class Attributes(When):
    """Which error, where, and what follows."""

    after_events: int = Field(default=1, ge=0)
    """Events that pass before the error."""
    status: int = Field(default=529, ge=400, le=599)
    """The HTTP status that the error would have had, had it come in time: it decides the error's type."""
    shape: Literal["auto", "openai", "anthropic", "generic"] = "auto"
    """Whose error it is; ``auto`` goes by the request's path."""
    message: str | None = None
    """The error's message."""
    then: Literal["end", "close", "continue"] = "end"
    """``end``: the stream ends in good order; ``close``: the connection is closed; ``continue``: the
    stream goes on."""


@register
class SseErrorEvent(AiFault[Attributes]):
    """An error event comes in the middle of a stream."""

    type = "sse.error_event"
    resizes = True

    def on_event(self, event: bytes) -> BodyItems | None:
        wanted = self.attributes
        if self.events != wanted.after_events:
            return None
        shape = shape_of(self.request.path) if wanted.shape == "auto" else wanted.shape
        message = wanted.message or f"injected fault: {phrase(wanted.status)}"
        body = encoded(BODIES[shape](wanted.status, message))
        # OpenAI's errors come as unnamed events, everybody else's as events named "error".
        name = "" if shape == "openai" else "event: error\n"
        error = f"{name}data: {body}\n\n".encode()
        after: dict[str, bytes | Action] = {"end": End(), "close": Close(), "continue": event}
        return [error, after[wanted.then]]
