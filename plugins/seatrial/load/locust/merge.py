"""Rows of several workers in the order in which they were sent, and the count of what is missing.

The number of a row says what was asked (`seatrial.load.asked`); what put them in order is time alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seatrial.core.block import Block

Woke = NDArray[np.float32]


@dataclass
class Told:
    """What one worker has told.

    Attributes:
        asked: requests that it has sent, as far as it has told.
        received: rows of it that are here.
        until: all it sent before this time is here, seconds since 1970.
        last: whether it has told its last.
        gone: why nothing more will come, where it did not tell its last.
    """

    asked: int = 0
    received: int = 0
    part: int = 0
    until: float = 0.0
    last: bool = False
    gone: str | None = None

    @property
    def missing(self) -> int:
        """Exchanges that it has sent and that are not here."""
        return max(self.asked - self.received, 0)


class Merge:
    """Merges the workers' rows by their intended times.

    Args:
        workers: how many there will be: before all have told something nothing is in order.
    """

    def __init__(self, workers: int) -> None:
        self._expected = workers
        self._held: list[Block] = []
        self.workers: dict[str, Told] = {}
        self.whole: list[dict[str, Any]] = []
        self.woke: list[Woke] = []
        self.trouble: str | None = None
        self.torn = False

    def put(self, told: dict[str, Any], data: bytes) -> None:
        """Take in one part of a worker: its facts and a block."""
        worker = self.workers.setdefault(told["worker"], Told())
        if data:
            block = Block.from_bytes(data)
            worker.received += len(block)
            self._held.append(block)
        if told.get("more"):
            return
        self.torn |= told["part"] != worker.part + 1
        worker.part = told["part"]
        worker.asked, worker.until, worker.last = told["asked"], told["until"], told["last"]
        self.trouble = self.trouble or told["trouble"]
        if told.get("gone"):
            worker.gone = f"has lost its measuring engine, which {told['gone']}"
        self.whole += told["whole"]
        if told["woke"]:
            self.woke.append(np.asarray(told["woke"], np.float32))

    def lost(self, worker: str, why: str) -> None:
        """Nothing more will come from *worker*."""
        told = self.workers.setdefault(worker, Told())
        if not told.last and told.gone is None:
            told.gone = why

    @property
    def gone(self) -> str | None:
        """Of which worker nothing more will come, in words."""
        found = (f"worker {name} {told.gone}" for name, told in self.workers.items() if told.gone is not None)
        return next(found, None)

    def ready(self, *, all_of_it: bool = False) -> Block:
        """The rows before which nothing is outstanding, in order; every row where *all_of_it*."""
        if not self._held:
            return Block.joined([])
        held = Block.joined(self._held).sorted("intended")
        there = len(held) if all_of_it else int(np.searchsorted(held.rows["intended"], self._watermark()))
        ready, rest = held.split(there)
        self._held = [rest] if len(rest) else []
        return ready

    def _watermark(self) -> float:
        told = [worker for worker in self.workers.values() if not worker.last and worker.gone is None]
        if len(self.workers) < self._expected:
            return 0.0
        return min((worker.until for worker in told), default=float("inf"))

    @property
    def missing(self) -> str | None:
        """What was sent and is not here, in words; None where all is."""
        said = []
        for name, worker in self.workers.items():
            if worker.gone is not None:
                said.append(f"worker {name} {worker.gone}: at least {worker.missing:,} exchanges are lost")
            elif worker.missing:
                said.append(f"worker {name} sent {worker.asked:,} and told {worker.received:,}")
        if self.torn:
            said.append("a part of what a worker told is missing")
        return "; ".join(said) or None

    @property
    def count(self) -> tuple[int, int]:
        """Requests sent and exchanges received, over all workers."""
        told = self.workers.values()
        return sum(max(worker.asked, worker.received) for worker in told), sum(w.received for w in told)
