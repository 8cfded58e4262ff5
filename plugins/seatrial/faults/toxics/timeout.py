"""``timeout``: nothing gets through, and after a while the connection is closed.

As in Toxiproxy the time runs from the last data (or from the link's beginning); at 0 the connection stays
open until the toxic is removed, which closes it; an end from the sender passes at once.
"""

from __future__ import annotations

from pydantic import Field

from seatrial.faults.registry import register
from seatrial.faults.tcp import TcpAttributes, TcpFault
from seatrial.faults.timers import Timer


class Attributes(TcpAttributes):
    """In milliseconds."""

    timeout: int = Field(default=0, ge=0)
    """After how long without data the connection is closed; 0: never."""


@register
class Timeout(TcpFault[Attributes]):
    """Swallows all data, and closes the connection after so many milliseconds (0: never)."""

    type = "timeout"
    _timer: Timer | None = None

    def start(self) -> None:
        self._wind()

    def feed(self, data: bytes, at: float) -> None:
        self.acted()
        self._wind()

    def interrupt(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def removed(self) -> None:
        self.pass_end("timeout")

    def _wind(self) -> None:
        self.interrupt()
        if self.attributes.timeout:
            self._timer = self.after(self.attributes.timeout / 1000, self._close)

    def _close(self) -> None:
        self.acted()
        self.pass_end("timeout")
