"""``http.body``: the body is not what the protocol says, under a status that says that all is well.

A body that is no stream is broken as a whole; of a stream of events, the event after ``after_events`` others.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from seatrial.faults.actions import BodyItems
from seatrial.faults.base import AiFault
from seatrial.faults.chat import data_of, with_data
from seatrial.faults.registry import register
from seatrial.faults.when import When
from seatrial.policy.fields import Size

BLANKS = b" " * (64 << 10)
HTML = "<html><head><title>502 Bad Gateway</title></head><body>Bad Gateway</body></html>"


class Attributes(When):
    """What is wrong with it."""

    how: Literal["malformed", "empty", "wrong_type", "html", "huge"] = "malformed"
    """``malformed``: the JSON is cut in half; ``empty``: there is none; ``wrong_type``: it is a list of one
    number; ``html``: it is the page of a proxy in between; ``huge``: blanks up to ``size`` follow."""
    size: Size = 64 << 20
    """How large a huge one is; 64MiB where nothing is said."""
    after_events: int = Field(default=0, ge=0)
    """Events of a stream that pass before the broken one."""


@register
class HttpBody(AiFault[Attributes]):
    """A body is malformed, empty, of the wrong type, or huge."""

    type = "http.body"
    unit = "body"
    resizes = True

    def on_body(self, data: bytes) -> BodyItems | None:
        return self._broken(data)

    def on_event(self, event: bytes) -> BodyItems | None:
        data = data_of(event)
        if data is None or self.events != self.attributes.after_events:
            return None
        if self.attributes.how == "empty":
            return []
        broken = b"".join(self._broken(data.encode()))
        return [with_data(event, broken.decode("utf-8", "ignore"))]

    def _broken(self, data: bytes) -> list[bytes]:
        how = self.attributes.how
        if how == "huge":
            missing = max(0, self.attributes.size - len(data))
            whole, rest = divmod(missing, len(BLANKS))
            return [data, *[BLANKS] * whole, BLANKS[:rest]]  # one block of memory, sent many times
        broken = {"malformed": data[: len(data) // 2], "wrong_type": b"[1]", "html": HTML.encode()}
        return [broken.get(how, b"")]
