"""``latency``: every piece of data is late by the same time, give or take a jitter.

As in Toxiproxy each piece is delayed from its own arrival: a stream's first byte comes later, its gaps stay.
"""

from __future__ import annotations

from time import monotonic as clock

from seatrial.faults.registry import register
from seatrial.faults.tcp import PacedFault, TcpAttributes


class Attributes(TcpAttributes):
    """In milliseconds."""

    latency: int = 0
    """How late data is."""
    jitter: int = 0
    """How much more or less it may be; the order of data is kept."""


@register
class Latency(PacedFault[Attributes]):
    """Delays all data by latency ± jitter milliseconds."""

    type = "latency"

    def feed(self, data: bytes, at: float) -> None:
        delay = self.attributes.latency
        if self.attributes.jitter > 0:
            delay += self.random.randrange(2 * self.attributes.jitter) - self.attributes.jitter
        due = at + delay / 1000
        if self.idle and due <= clock():
            self.pass_on(data, at)
            return
        self.acted()
        self.send_at(due, data)
