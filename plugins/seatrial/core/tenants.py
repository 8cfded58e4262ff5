"""Tenants: who asks. Requests are dealt out in blocks, so that all tenants meet the same moments."""

from __future__ import annotations

import zlib
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
