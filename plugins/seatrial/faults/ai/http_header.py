"""``http.header``: headers of the answer are set or missing.

A wrong content-type makes readers give up on a good stream; a missing request id leaves nobody to ask.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from seatrial.faults.actions import HeadItems
from seatrial.faults.base import AiFault
from seatrial.faults.message import Head
from seatrial.faults.registry import register
from seatrial.faults.when import When

NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
FRAMING = ("content-length", "transfer-encoding")
"""They say where the body ends: to lie about that, use sse.truncate or http.body."""


def _name(text: str) -> str:
    if not NAME.fullmatch(text):
        raise ValueError(f"{text!r} is not a header's name")
    if text.lower() in FRAMING:
        raise ValueError(f"{text} frames the body; use sse.truncate or http.body to break that")
    return text


def _value(text: str) -> str:
    if any((char < " " and char != "\t") or char == "\x7f" or char > "\xff" for char in text):
        raise ValueError("a header's value holds no line ends, control characters, or ones beyond Latin-1")
    return text


Name = Annotated[str, AfterValidator(_name)]
Value = Annotated[str, AfterValidator(_value)]


class Attributes(When):
    """Which headers."""

    set: dict[Name, Value] = Field(default_factory=dict)
    """Headers and their values; what the upstream said under these names goes."""
    remove: tuple[Name, ...] = ()
    """Headers that are missing."""


@register
class HttpHeader(AiFault[Attributes]):
    """The answer's headers are other than the upstream's."""

    type = "http.header"

    def on_head(self, head: Head) -> HeadItems | None:
        changed = head
        for name in self.attributes.remove:
            changed = changed.without_header(name)
        for name, value in self.attributes.set.items():
            changed = changed.with_header(name, value)
        return None if changed == head else [changed]
