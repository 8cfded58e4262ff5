"""``limit_data``: after so many bytes the connection is closed.

As in Toxiproxy the count is a connection's, heads and re-use by keep-alive included.
"""

from __future__ import annotations

from pydantic import Field

from seatrial.faults.registry import register
from seatrial.faults.tcp import TcpAttributes, TcpFault


class Attributes(TcpAttributes):
    """In bytes."""

    bytes: int = Field(default=0, ge=0)
    """How many pass before the connection is closed."""


@register
class LimitData(TcpFault[Attributes]):
    """Closes the connection when so many bytes have passed."""

    type = "limit_data"
    _passed = 0
    _over = False

    def feed(self, data: bytes, at: float) -> None:
        if self._over:
            return
        data = data[: max(self.attributes.bytes - self._passed, 0)]
        self._passed += len(data)
        if data:
            self.pass_on(data, at)
        if self._passed >= self.attributes.bytes:
            self._over = True
            self.acted()
            self.pass_end("close")
