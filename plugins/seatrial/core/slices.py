"""Slices of time: a log cut into pieces of equal length, one value each (OpenSLO's budgeting by timeslices).

A slice counts once all that was sent before its end is in the log, so that what is told never changes. A
stretch of sending begins to count with the answer to its first request: before it nothing can have been
served. What is left of a stretch behind its last whole slice does not count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

import numpy as np

from seatrial.core.log import Floats, Log

if TYPE_CHECKING:
    from seatrial.core.objective import Objective

Positions = np.ndarray[tuple[int], np.dtype[np.int64]]


@dataclass(frozen=True, slots=True)
class Slice:
    """One slice.

    Attributes:
        begin, end: seconds since the start of the traffic.
        first, stop: the exchanges that were meant to be sent in it.
        served: positions of the whole answers that ended in it.
    """

    begin: float
    end: float
    first: int
    stop: int
    served: Positions


def _rate(log: Log, piece: Slice, objective: Objective) -> float:
    return len(piece.served) / (piece.end - piece.begin)


def _tokens(log: Log, piece: Slice, objective: Objective) -> float:
    if not len(piece.served):
        return 0.0
    first = int(piece.served[0])
    made = log.tokens(first, int(piece.served[-1]) + 1)[1]
    return float(made[piece.served - first].sum()) / (piece.end - piece.begin)


def _burn(log: Log, piece: Slice, objective: Objective) -> float:
    """Error-budget burn rate: the share of bad requests over the share that is allowed; NaN without any.

    Source: Beyer et al., The Site Reliability Workbook (2018), chapter 5.
    """
    budget = objective.parts[0]
    bad, _, counts = budget.bad(log, piece.first, piece.stop)
    if not counts.any():
        return float("nan")
    share = float(bad[counts].mean())
    return share / budget.limit if budget.limit else (inf if share else 0.0)


VALUES: dict[str, Callable[[Log, Slice, Objective], float]] = {
    "served_rate": _rate,
    "served_tokens_rate": _tokens,
    "error_budget_burn": _burn,
}
"""What a slice is worth, by indicator."""


class Slices:
    """Cuts a growing log.

    Args:
        objective: on an indicator whose events are slices; tells their length.
    """

    def __init__(self, objective: Objective) -> None:
        self._objective = objective
        self._value = VALUES[objective.sli.name]
        self._stretch = 0
        self._at: float | None = None
        self._base = 0

    def take(self, log: Log) -> tuple[Floats, Positions]:
        """The values of the slices that have become whole, and the first exchange sent in each (or next)."""
        found = [(self._value(log, piece, self._objective), piece.first) for piece in self._whole(log)]
        values = np.array([value for value, _ in found], np.float64)
        return values, np.array([first for _, first in found], np.int64)

    def _whole(self, log: Log) -> Iterator[Slice]:
        if not len(log):
            return
        intended = log.intended()
        stretches = log.stretches or [(float(intended[0]), inf)]
        while self._stretch < len(stretches):
            begin, end = stretches[self._stretch]
            place = int(np.searchsorted(intended, begin))
            if self._at is None and place < len(intended):
                self._at = max(begin, float(intended[place] + log.duration(place, place + 1)[0]))
            known = min(end, float(intended[-1])) if end == inf else end
            while self._at is not None and self._at + self._objective.slice <= known:
                yield self._cut(log, intended, self._at)
                self._at += self._objective.slice
            if end == inf:
                return
            self._stretch, self._at = self._stretch + 1, None

    def _cut(self, log: Log, intended: Floats, begin: float) -> Slice:
        end = begin + self._objective.slice
        first, stop = (int(place) for place in np.searchsorted(intended, (begin, end)))
        done = intended[self._base : stop] + log.duration(self._base, stop)
        within = (done >= begin) & (done < end) & log.ok(self._base, stop)
        served = np.flatnonzero(within) + self._base
        later = np.flatnonzero(done >= end)
        self._base += int(later[0]) if len(later) else len(done)
        return Slice(begin, end, first, stop, served)
