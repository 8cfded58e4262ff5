"""``sse.coalesce``: somebody in between buffers: events come late and in lumps.

Seen in public: c8s#140, where it made the gaps between tokens look better (5.49 to 1.58 ms) while the first
token came 13 times later; dstack#4269, litellm#29557.
"""

from __future__ import annotations

from pydantic import Field

from seatrial.faults.actions import BodyItems
from seatrial.faults.base import AiFault
from seatrial.faults.registry import register
from seatrial.faults.when import When
from seatrial.policy.fields import Size


class Attributes(When):
    """How much is held back; the whole stream where nothing is said."""

    events: int | None = Field(default=None, ge=2)
    """So many events come at once."""
    size: Size | None = None
    """A lump is sent on as soon as it is at least so large."""


@register
class SseCoalesce(AiFault[Attributes]):
    """Events are held back and come in lumps, by default all at the end."""

    type = "sse.coalesce"

    def prepare(self) -> None:
        self._held: list[bytes] = []

    def on_event(self, event: bytes) -> BodyItems | None:
        self._held.append(event)
        wanted = self.attributes
        full = (wanted.events is not None and len(self._held) >= wanted.events) or (
            wanted.size is not None and sum(map(len, self._held)) >= wanted.size
        )
        return self._lump() if full else []

    def on_end(self) -> BodyItems | None:
        return self._lump() if self._held else None

    def _lump(self) -> list[bytes]:
        lump, self._held = b"".join(self._held), []
        return [lump]
