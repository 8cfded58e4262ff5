"""``sse.duplicate``: an event comes more than once, as after a reconnection that began too early."""

from __future__ import annotations

from pydantic import Field

from seatrial.faults.actions import BodyItems
from seatrial.faults.base import AiFault
from seatrial.faults.registry import register
from seatrial.faults.when import When


class Attributes(When):
    """Which events, and how often."""

    after_events: int = Field(default=1, ge=0)
    """Events that come once, before the one that comes again."""
    events: int = Field(default=1, ge=1)
    """How many events in a row come again."""
    copies: int = Field(default=1, ge=1, le=1000)
    """How many times more each of them comes."""


@register
class SseDuplicate(AiFault[Attributes]):
    """Events of a stream come twice or more."""

    type = "sse.duplicate"
    resizes = True

    def on_event(self, event: bytes) -> BodyItems | None:
        wanted = self.attributes
        if not wanted.after_events <= self.events < wanted.after_events + wanted.events:
            return None
        return [event] * (1 + wanted.copies)
