"""What one Locust worker has measured and not told yet, and the count of all it has asked.

Times of the rows are seconds since 1970: a master gathers rows of several machines. Durations are measured
on one machine each; only the order of rows from two machines rests on their clocks.
"""

from __future__ import annotations

import time
from array import array
from math import inf
from typing import Any

from seatrial.core.block import Collector
from seatrial.core.exchange import Exchange
from seatrial.load.ledger import as_dict
from seatrial.targets.client import clock

WHOLE = 16  # bad exchanges told whole

ZERO = clock() - time.time()
"""1970 on `clock`: a time there minus this is the time of day."""


class Samples:
    """Gathers exchanges, and tells them in numbered parts.

    Args:
        most: requests that may be asked, None without a limit; those of the warm-up are free.

    Attributes:
        asked, ended: requests that have left, and those of them that are over.
        steady: when the warm-up ends, seconds since 1970; infinite until that is known.
        trouble: what the harness itself could not do, None where it could.
        gone: what became of the measuring engine, where it ended before its time.
    """

    def __init__(self, most: int | None = None) -> None:
        self.most = most
        self.asked = self.ended = self._spent = 0
        self.steady = inf
        self.trouble: str | None = None
        self.gone: str | None = None
        self._told = 0
        self._collector = Collector()
        self._blocks: list[bytes] = []
        self._flying: dict[int, float] = {}
        self._until: float | None = None
        self._woke = array("f")
        self._whole: list[dict[str, Any]] = []
        self._shown = 0

    def may_ask(self) -> bool:
        """Whether one more request is within the budget."""
        return self.most is None or self._spent < self.most

    def begin(self) -> tuple[int, float]:
        """A request leaves now: its number and its time, seconds since 1970."""
        number, now = self.asked, clock() - ZERO
        self.asked += 1
        self._spent += now >= self.steady
        self._flying[number] = now
        return number, now

    def end(self, exchange: Exchange, asked: int = 0) -> None:
        """The request with the number *exchange.index* is over.

        Args:
            asked: what it asked, as a number of `seatrial.load.asked`; it takes the place of the index, which
                says nothing beside those of other workers.
        """
        self.ended += 1
        del self._flying[exchange.index]
        self._collector.add(exchange, number=asked)
        if exchange.error is not None and self._shown < WHOLE:
            self._shown += 1
            self._whole.append(as_dict(exchange))

    def show(self, told: dict[str, Any]) -> None:
        """The measuring engine has told a bad exchange whole."""
        self._whole.append(told)

    def block(self, data: bytes, count: int) -> None:
        """The measuring engine has told *count* exchanges as a block."""
        self.ended += count
        self._blocks.append(data)

    def sent(self, count: int, until: float) -> None:
        """The measuring engine has *count* requests to answer for; all before *until* are told."""
        self.asked = count
        self._until = until

    def woke(self, seconds: float) -> None:
        """The hub of greenlets woke up so long after it should have."""
        self._woke.append(seconds)

    def part(self, *, last: bool = False) -> dict[str, Any]:
        """What has gathered since the last call, as a message.

        Args:
            last: nothing more will come from this worker.
        """
        if self._collector:
            self._blocks.append(self._collector.take())
        blocks, self._blocks = self._blocks, []
        woke, self._woke = self._woke, array("f")
        whole, self._whole = self._whole, []
        self._told += 1
        until = clock() - ZERO if self._until is None else self._until
        return {
            "part": self._told,
            "blocks": blocks,
            "woke": woke.tobytes(),
            "whole": whole,
            "asked": self.asked,
            "ended": self.ended,
            "until": min([*self._flying.values(), until]),
            "last": last,
            "trouble": self.trouble,
            "gone": self.gone,
        }
