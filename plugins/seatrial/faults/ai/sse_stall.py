"""``sse.stall``: a stream falls silent in the middle, with the connection left open.

Seen in public: microsoft/amplifier#339 (8.7 hours), kimi-code#1798.
"""

from __future__ import annotations

from pydantic import Field

from seatrial.faults.actions import FOREVER, BodyItems, Pause
from seatrial.faults.base import AiFault
from seatrial.faults.registry import register
from seatrial.faults.when import When
from seatrial.policy.fields import PositiveDuration


class Attributes(When):
    """Where the silence falls, and how long it lasts."""

    after_events: int = Field(default=1, ge=0)
    """Events that pass before the silence."""
    duration: PositiveDuration | None = None
    """How long it is silent; for ever where nothing is said."""


@register
class SseStall(AiFault[Attributes]):
    """A stream of events stalls after k events; the socket stays open."""

    type = "sse.stall"

    def on_event(self, event: bytes) -> BodyItems | None:
        if self.events != self.attributes.after_events:
            return None
        return [Pause(self.attributes.duration or FOREVER), event]
