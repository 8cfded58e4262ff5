"""``sse.split``: reads end where nobody expects it: inside a character, inside JSON, inside the blank line.

Seen in public: katanemo/plano#980, jcode#613, aibrix#2653. A reader that is right gives out the same text.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from seatrial.faults.actions import Action, BodyItems, Pause
from seatrial.faults.base import AiFault
from seatrial.faults.registry import register
from seatrial.faults.when import When
from seatrial.policy.fields import PositiveDuration


class Attributes(When):
    """Where events are cut."""

    inside: Literal["utf8", "json", "end", "bytes"] = "json"
    """``utf8``: inside each character that has more than one byte; ``json``: in the middle of the data;
    ``end``: inside the blank line that ends the event; ``bytes``: every ``size`` bytes."""
    size: int = Field(default=1, ge=1)
    """Bytes of a piece, for ``bytes``."""
    pause: PositiveDuration = 0.001
    """Time between two pieces, so that they are not joined again on their way."""


@register
class SseSplit(AiFault[Attributes]):
    """Events arrive in pieces that are cut at awkward places."""

    type = "sse.split"

    def on_event(self, event: bytes) -> BodyItems | None:
        cuts = self._cuts(event)
        if not cuts:
            return None
        out: list[bytes | Action] = []
        for start, end in zip([0, *cuts], [*cuts, len(event)], strict=True):
            out += [event[start:end], Pause(self.attributes.pause)]
        return out[:-1]

    def _cuts(self, event: bytes) -> list[int]:
        inside = self.attributes.inside
        if inside == "utf8":
            # A byte 11xxxxxx begins such a character: cut right behind it.
            return [place + 1 for place, byte in enumerate(event) if byte >= 0xC0]
        if inside == "bytes":
            return list(range(self.attributes.size, len(event), self.attributes.size))
        if inside == "end":
            return [len(event) - 1] if len(event) > 1 else []
        start = event.find(b"data:")
        middle = (start + 5 + len(event.rstrip(b"\r\n"))) // 2
        return [middle] if start >= 0 and 0 < middle < len(event) else []
