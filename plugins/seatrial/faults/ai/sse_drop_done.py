"""``sse.drop_done``: the event by which the protocol says that all has been said is missing.

``[DONE]`` in OpenAI's streams, ``message_stop`` in Anthropic's. Seen in public: litellm#40260, litellm#8953.
"""

from __future__ import annotations

from seatrial.faults.actions import BodyItems
from seatrial.faults.base import AiFault
from seatrial.faults.chat import is_end
from seatrial.faults.registry import register
from seatrial.faults.when import When


class Attributes(When):
    """None of its own."""


@register
class SseDropDone(AiFault[Attributes]):
    """A stream ends well but for its last word ([DONE], message_stop)."""

    type = "sse.drop_done"
    resizes = True

    def on_event(self, event: bytes) -> BodyItems | None:
        return [] if is_end(event) else None
