"""``bandwidth``: data flows at a limited rate; the sender waits.

As in Toxiproxy a kB is 1000 bytes, what takes longer than 100 ms is sent in pieces of 100 ms, and at rate 0
nothing flows.
"""

from __future__ import annotations

from time import monotonic as clock

from pydantic import Field

from seatrial.faults.registry import register
from seatrial.faults.tcp import PacedFault, TcpAttributes

STEP = 0.1


class Attributes(TcpAttributes):
    """In kB/s."""

    rate: int = Field(default=0, ge=0)
    """1000 bytes a second each; at 0 nothing flows."""


@register
class Bandwidth(PacedFault[Attributes]):
    """Limits the rate to so many kB/s."""

    type = "bandwidth"
    held_limit = 0

    def start(self) -> None:
        self._free = 0.0

    def feed(self, data: bytes, at: float) -> None:
        rate = self.attributes.rate * 1000
        self.acted()
        if rate == 0:
            self.send_at(float("inf"), data)
            return
        start = max(clock(), self._free)
        step = int(rate * STEP)
        sent = 0
        while len(data) - sent > step:
            sent += step
            self.send_at(start + sent / rate, data[sent - step : sent])
        self._free = start + len(data) / rate
        self.send_at(self._free, data[sent:])
