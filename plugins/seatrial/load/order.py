"""Puts exchanges that came back in any order into that of the schedule."""

from __future__ import annotations

import numpy as np

from seatrial.core.block import ROW, Block


class Reorder:
    """Holds exchanges back until all that were due before them are there.

    Otherwise the fast ones would be judged first.
    """

    def __init__(self) -> None:
        self._next = 0
        self._held: list[Block] = []

    def put(self, block: Block) -> None:
        """Take exchanges in, in any order."""
        self._held.append(block)

    def ready(self) -> Block:
        """The exchanges of which none before is missing, in order."""
        held = Block.joined(self._held).sorted("number")
        numbers = held.rows["number"].astype(np.int64)
        there = int((numbers == self._next + np.arange(len(numbers))).cumprod().sum())
        ready, rest = held.split(there)
        self._held = [rest] if len(rest) else []
        self._next += there
        return ready

    def missing(self, stop: int) -> int:
        """How many of those before number *stop* have not come back."""
        return stop - self._next - sum(len(block) for block in self._held)

    def rest(self) -> Block:
        """What is held, in order, as if nothing were missing before it; from here on nothing is."""
        rest = Block.joined(self._held).sorted("number")
        self._held = []
        self._next += len(rest)
        return rest


EMPTY = Block(np.empty(0, ROW), np.empty(0, np.float32))
