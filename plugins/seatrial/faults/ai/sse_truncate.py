"""``sse.truncate``: a stream ends before it is complete.

Seen in public: litellm#40260 and #42085 (clean end, read as complete), kortix-ai/suna#66 (cut mid-chunk).
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from seatrial.faults.actions import BodyItems, Close, End, Reset
from seatrial.faults.base import AiFault
from seatrial.faults.registry import register
from seatrial.faults.when import When

ENDINGS: dict[str, type[End | Close | Reset]] = {"eof": End, "close": Close, "reset": Reset}


class Attributes(When):
    """Where the stream ends, and how."""

    after_events: int = Field(default=1, ge=0)
    """Events that pass before the end."""
    after_bytes: int | None = Field(default=None, ge=0)
    """Bytes of the body that pass before the end; where given, it counts instead of ``after_events``."""
    how: Literal["eof", "close", "reset"] = "eof"
    """``eof``: HTTP's framing ends in good order, only the protocol's own end is missing; ``close``: the
    connection is closed inside the body (FIN); ``reset``: it is reset (RST)."""


@register
class SseTruncate(AiFault[Attributes]):
    """A stream of events ends after k events or bytes: cleanly, by a close, or by a reset."""

    type = "sse.truncate"

    def prepare(self) -> None:
        self.unit = "events" if self.attributes.after_bytes is None else "bytes"
        self.resizes = self.attributes.how == "eof"

    def on_event(self, event: bytes) -> BodyItems | None:
        return [self._ending()] if self.events == self.attributes.after_events else None

    def on_body(self, data: bytes) -> BodyItems | None:
        limit = self.attributes.after_bytes
        if limit is None or self.sent + len(data) <= limit:
            return None
        return [data[: limit - self.sent], self._ending()]

    def _ending(self) -> End | Close | Reset:
        return ENDINGS[self.attributes.how]()
