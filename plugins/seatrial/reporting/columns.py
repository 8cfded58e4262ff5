"""The exchanges of one traffic as columns, and what is told of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seatrial.reporting.text import one_line

Floats = NDArray[np.float64]
_OK = ""
WARMUP_SEGMENT = -1
_TIMES = ("intended", "duration", "ttfc", "lag")


@dataclass(frozen=True, slots=True)
class Columns:
    """All exchanges of one traffic; every array has one entry an exchange, in send order.

    Attributes:
        index: position in send order, from 0.
        segment: which separated segment it belongs to; negative during warm-up.
        intended: when it should have left, in seconds since the traffic began.
        duration, ttfc: seconds from then to the last byte and to the first content chunk; NaN where there
            was none.
        lag: seconds from the intended to the real send time: what the load generator itself was late by.
        status: HTTP status, 0 where none came.
        error: position in `kinds`, 0 for a good answer.
        kinds: names of the error kinds; the first is the empty name of "no error".
    """

    index: NDArray[np.int64]
    segment: NDArray[np.int64]
    intended: Floats
    duration: Floats
    ttfc: Floats
    lag: Floats
    status: NDArray[np.int64]
    error: NDArray[np.int64]
    kinds: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.index)

    @property
    def measured(self) -> Columns:
        """Without the warm-up, which is no evidence."""
        kept = self.segment >= 0
        arrays = {name: getattr(self, name)[kept] for name in self.__slots__ if name != "kinds"}
        return Columns(**arrays, kinds=self.kinds)

    @property
    def failed(self) -> NDArray[np.bool_]:
        """Which exchanges ended in an error."""
        return np.asarray(self.error != 0)

    def named(self, indicator: str) -> Floats | None:
        """The times behind an indicator, or None where the journal keeps no column for it."""
        return {"operation.duration": self.duration, "time_to_first_chunk": self.ttfc}.get(indicator)

    def errors(self) -> list[tuple[str, int]]:
        """How often each error kind was seen, the most frequent first."""
        counts = np.bincount(self.error, minlength=len(self.kinds))
        pairs = [(kind, int(number)) for kind, number in zip(self.kinds, counts, strict=True) if number]
        return sorted((pair for pair in pairs if pair[0] != _OK), key=lambda pair: -pair[1])


def columns(events: Iterable[dict[str, Any]]) -> Columns:
    """Join the batches of one traffic (journal events ``exchanges``, and ``warmup`` as the segment before).

    Shorter columns of a damaged batch are filled up: times with NaN, the rest with nothing.
    """
    codes = {_OK: 0}
    parts: dict[str, list[NDArray[Any]]] = {name: [] for name in Columns.__slots__ if name != "kinds"}
    for event in events:
        length = len(event.get("intended") or ())
        first = int(event.get("first") or 0)
        parts["index"].append(np.arange(first, first + length, dtype=np.int64))
        segment = WARMUP_SEGMENT if event.get("event") == "warmup" else event.get("segment")
        parts["segment"].append(_segments(segment, length))
        for name in _TIMES:
            parts[name].append(_floats(event.get(name), length))
        status = np.nan_to_num(_floats(event.get("status"), length)).astype(np.int64)
        parts["status"].append(status)
        kinds = list(event.get("error") or ())[:length]
        coded = [codes.setdefault(_name(kind), len(codes)) for kind in kinds] + [0] * (length - len(kinds))
        parts["error"].append(np.array(coded, dtype=np.int64))
    joined = {name: _joined(name, arrays) for name, arrays in parts.items()}
    return Columns(**joined, kinds=tuple(codes))


def _name(kind: Any) -> str:
    return _OK if kind is None else one_line(str(kind), 40) or "unknown"


def _segments(value: Any, length: int) -> NDArray[np.int64]:
    if isinstance(value, list):
        return np.nan_to_num(_floats(value, length)).astype(np.int64)
    return np.full(length, int(value or 0), dtype=np.int64)


def _floats(values: list[float | None] | None, length: int) -> Floats:
    found = np.array(list(values or ())[:length], dtype=np.float64)  # None becomes NaN
    return found if len(found) == length else np.concatenate([found, np.full(length - len(found), np.nan)])


def _joined(name: str, arrays: list[NDArray[Any]]) -> NDArray[Any]:
    kind = np.float64 if name in _TIMES else np.int64
    return np.concatenate(arrays) if arrays else np.empty(0, dtype=kind)
