"""``sse.slow_first_chunk``: a long wait for the first token; the rest comes as ever.

Seen in public: sglang#922 (15 s at 16K tokens of prompt), vllm#16858 (a first request that is slow).
"""

from __future__ import annotations

from typing import Literal

from seatrial.faults.actions import BodyItems, HeadItems, Pause
from seatrial.faults.base import AiFault
from seatrial.faults.message import Head
from seatrial.faults.registry import register
from seatrial.faults.when import When
from seatrial.policy.fields import PositiveDuration


class Attributes(When):
    """How long, and what comes before."""

    delay: PositiveDuration = 5.0
    """How much later the first event comes; 5s where nothing is said."""
    before: Literal["event", "head"] = "event"
    """``event``: the head comes at once, where servers answer before they think; ``head``: it waits too."""


@register
class SseSlowFirstChunk(AiFault[Attributes]):
    """The first event of a stream comes late."""

    type = "sse.slow_first_chunk"

    def on_head(self, head: Head) -> HeadItems | None:
        if self.attributes.before != "head" or not head.is_events:
            return None
        return [Pause(self.attributes.delay), head]

    def on_event(self, event: bytes) -> BodyItems | None:
        if self.attributes.before != "event" or self.events:
            return None
        return [Pause(self.attributes.delay), event]
