"""``sse.slow_chunks``: a stream drips: every event comes late, as from a machine that serves too many."""

from __future__ import annotations

from pydantic import Field

from seatrial.faults.actions import BodyItems, Pause
from seatrial.faults.base import AiFault
from seatrial.faults.registry import register
from seatrial.faults.when import When
from seatrial.policy.fields import Duration, PositiveDuration


class Attributes(When):
    """How slow, and from where on."""

    delay: PositiveDuration = 0.2
    """Wait before each event; 200ms where nothing is said."""
    jitter: Duration = 0.0
    """Up to so much more, drawn evenly from the run's seed for each event."""
    after_events: int = Field(default=0, ge=0)
    """Events that come as ever before it gets slow."""


@register
class SseSlowChunks(AiFault[Attributes]):
    """Each event of a stream comes late."""

    type = "sse.slow_chunks"

    def on_event(self, event: bytes) -> BodyItems | None:
        wanted = self.attributes
        if self.events < wanted.after_events:
            return None
        return [Pause(wanted.delay + wanted.jitter * self.random.random()), event]
