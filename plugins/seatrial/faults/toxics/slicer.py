"""``slicer``: data comes in small pieces, with a delay behind each.

As in Toxiproxy a piece is halved (give or take the variation) until it is near the average size.
"""

from __future__ import annotations

from time import monotonic as clock
from typing import Self

from pydantic import Field, model_validator

from seatrial.faults.registry import register
from seatrial.faults.tcp import PacedFault, TcpAttributes


class Attributes(TcpAttributes):
    """Sizes in bytes, the delay in microseconds."""

    average_size: int = Field(default=0, ge=0)
    """The size of a piece; at 0 (with no variation) every byte is one."""
    size_variation: int = Field(default=0, ge=0)
    """How many bytes more or fewer; less than the average size."""
    delay: int = Field(default=0, ge=0)
    """Microseconds behind each piece."""

    @model_validator(mode="after")
    def _sizes_agree(self) -> Self:
        if self.size_variation and self.size_variation >= self.average_size:
            raise ValueError("size_variation must be less than average_size")
        return self


@register
class Slicer(PacedFault[Attributes]):
    """Cuts data into small pieces, each sent by itself."""

    type = "slicer"
    one_a_turn = True
    held_limit = 1 << 16

    def start(self) -> None:
        self._free = 0.0

    def feed(self, data: bytes, at: float) -> None:
        pieces = self._cut(data)
        if len(pieces) > 1 or self.attributes.delay:
            self.acted()
        due = max(clock(), self._free)
        for piece in pieces:
            self.send_at(due, piece)
            due += self.attributes.delay / 1e6
        self._free = due

    def _cut(self, data: bytes) -> list[bytes]:
        average, variation = max(self.attributes.average_size, 1), self.attributes.size_variation
        pieces, waiting = [], [data]
        while waiting:
            piece = waiting.pop()
            if len(piece) - average <= variation:
                pieces.append(piece)
                continue
            middle = len(piece) // 2
            if variation:
                middle += self.random.randrange(2 * variation) - variation
            middle = min(max(middle, 1), len(piece) - 1)
            waiting += [piece[middle:], piece[:middle]]
        return pieces
