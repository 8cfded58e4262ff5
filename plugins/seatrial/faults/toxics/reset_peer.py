"""``reset_peer``: the connection is reset (RST) instead of carrying data.

As in Toxiproxy the time runs from the first data or the end in that direction, whichever comes first.
"""

from __future__ import annotations

from pydantic import Field

from seatrial.faults.registry import register
from seatrial.faults.tcp import Ending, TcpAttributes, TcpFault
from seatrial.faults.timers import Timer


class Attributes(TcpAttributes):
    """In milliseconds."""

    timeout: int = Field(default=0, ge=0)
    """How long after the first data; 0: at once."""


@register
class ResetPeer(TcpFault[Attributes]):
    """Resets the connection so many milliseconds after the first data."""

    type = "reset_peer"
    _timer: Timer | None = None
    _begun = False

    def start(self) -> None:
        if self._begun:
            self._wind()

    def feed(self, data: bytes, at: float) -> None:
        self._soon()

    def end(self, how: Ending) -> None:
        self._soon()

    def interrupt(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def removed(self) -> None:
        if self._begun:  # what came meanwhile is lost, so the connection cannot go on
            self._reset()

    def _soon(self) -> None:
        if self._begun:
            return
        self._begun = True
        self.acted()
        self._wind()

    def _wind(self) -> None:
        if self.attributes.timeout:
            self._timer = self.after(self.attributes.timeout / 1000, self._reset)
        else:
            self._reset()

    def _reset(self) -> None:
        self._timer = None
        self.pass_end("reset")
