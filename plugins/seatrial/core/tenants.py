"""Tenants: who asks. Requests are dealt out in blocks, so that all tenants meet the same moments.

Where several senders ask at once, each deals blocks of its own and tells who asked what.
"""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_BLOCKS = 1024  # shuffled at a time

Positions = NDArray[np.int64]


class Tenants:
    """Which tenant sends which request.

    Every block of ``sum(weights)`` requests holds each tenant as often as its weight says, in an order drawn
    at random: neighbours in time meet the same load, and their difference is the tenant's own. The order
    depends on nothing but the name, so that a continued run deals as the one before it.

    Args:
        names: at least one.
        weights: requests of each in a block.
        traffic: the name that decides the order.
    """

    def __init__(self, names: Sequence[str], weights: Sequence[int], traffic: str) -> None:
        self.names = tuple(names)
        self.weights = tuple(weights)
        self.block = sum(weights)
        self._hand = np.repeat(np.arange(len(names)), weights)
        self._random = np.random.default_rng(zlib.crc32(traffic.encode()))
        self._dealt = np.empty(0, np.int64)

    def __len__(self) -> int:
        return len(self.names)

    def of(self, start: int, stop: int) -> Positions:
        """The tenants of the requests *start* to *stop*, in send order."""
        while len(self._dealt) < stop:
            fresh = self._random.permuted(np.tile(self._hand, (_BLOCKS, 1)), axis=1).ravel()
            self._dealt = np.concatenate((self._dealt, fresh))
        return self._dealt[start:stop]

    def sender(self, index: int) -> int:
        """The tenant of one request."""
        if index >= len(self._dealt):
            self.of(index, index + 1)
        return int(self._dealt[index])


class Told(Tenants):
    """Which tenant has sent which request, as its sender told it: one byte each, two beyond 256 tenants."""

    def __init__(self, names: Sequence[str], weights: Sequence[int], traffic: str) -> None:
        super().__init__(names, weights, traffic)
        self._told = array("B" if len(names) <= 256 else "H")

    @classmethod
    def like(cls, dealt: Tenants | None) -> Told | None:
        """The same tenants, of whom nothing has been told yet; None where there are none."""
        return None if dealt is None else cls(dealt.names, dealt.weights, "")

    def tell(self, who: Positions) -> None:
        """These have sent the next requests of the log."""
        self._told.frombytes(who.astype(self._told.typecode).tobytes())

    def of(self, start: int, stop: int) -> Positions:
        """The tenants of the requests *start* to *stop*, in send order."""
        return np.frombuffer(self._told, self._told.typecode)[start:stop].astype(np.int64)
