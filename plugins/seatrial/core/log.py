"""Exchanges as columns: 24 bytes each, plus 4 a chunk gap.

A million exchanges fit in 24 MB and an indicator over them is one numpy expression. Texts are not kept
here: the few exchanges that a person must read are journalled whole. Counts of tokens take two bytes each
until one is too large for that, and four from then on.
"""

from __future__ import annotations

from array import array

import numpy as np
from numpy.typing import NDArray

from seatrial.core.block import CODES, KINDS, MAX_CHUNKS, NO_TOKENS, Block
from seatrial.core.exchange import ErrorKind, Exchange
from seatrial.core.instants import Instants
from seatrial.core.tenants import Tenants

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_NARROW = 65_535
_KINDS = np.array(KINDS, object)


class Log:
    """An append-only column store of exchanges, in send order.

    Attributes:
        stretches: when sending began and ended, seconds; the end is infinite while it goes on. Empty where
            nobody told (recorded exchanges): then it is one stretch.
        prices: US dollars an input and an output token, None where nobody named them.
        tenants: who sent which, None where there is only one.
    """

    def __init__(self) -> None:
        self.stretches: list[tuple[float, float]] = []
        self.prices: tuple[float, float] | None = None
        self.tenants: Tenants | None = None
        self._intended = Instants()
        self._lag = array("f")
        self._duration = array("f")
        self._ttfc = array("f")
        self._chunks = array("H")
        self._status = array("B")
        self._error = array("B")
        self._gaps = array("f")
        self._gap_mark = (0, 0)
        self._statuses: list[int] = []
        self._status_codes: dict[int, int] = {}
        self._tokens = [array("H"), array("H")]

    def __len__(self) -> int:
        return len(self._error)

    @property
    def nbytes(self) -> int:
        """Bytes held by the columns."""
        floats = (self._lag, self._duration, self._ttfc, self._gaps)
        counts = (self._chunks, self._status, self._error, *self._tokens)
        held: int = sum(len(c) * c.itemsize for c in floats) + sum(len(c) * c.itemsize for c in counts)
        return held + self._intended.nbytes

    def append(self, exchange: Exchange) -> None:
        """Add one exchange behind all others."""
        intended = exchange.intended
        self._intended.append(intended)
        self._lag.append(exchange.sent - intended)
        self._duration.append(exchange.done - intended)
        self._ttfc.append(exchange.first_chunk - intended)
        gaps = exchange.gaps[: MAX_CHUNKS - 1]
        self._chunks.append(len(gaps) + 1 if exchange.first_chunk == exchange.first_chunk else 0)
        if gaps:
            self._gaps.extend(gaps)
        code = self._status_codes.get(exchange.status)
        self._status.append(self._new_status(exchange.status) if code is None else code)
        self._error.append(CODES[exchange.error])
        given, made = exchange.usage or (0, 0)
        if not (0 <= given <= _NARROW and 0 <= made <= _NARROW):
            given, made = self._roomy(0, given), self._roomy(1, made)
        self._tokens[0].append(given)
        self._tokens[1].append(made)

    def extend(self, block: Block) -> None:
        """Add many exchanges behind all others, in the order of *block*."""
        rows = block.rows
        self._intended.extend(rows["intended"])
        for column, name in (
            (self._lag, "lag"),
            (self._duration, "duration"),
            (self._ttfc, "ttfc"),
            (self._chunks, "chunks"),
            (self._error, "error"),
        ):
            column.frombytes(np.ascontiguousarray(rows[name]).tobytes())
        self._gaps.frombytes(np.ascontiguousarray(block.gaps).tobytes())
        found, where = np.unique(rows["status"], return_inverse=True)
        known = [self._status_codes.get(status) for status in found.tolist()]
        codes = [
            self._new_status(status) if code is None else code
            for status, code in zip(found.tolist(), known, strict=True)
        ]
        self._status.frombytes(np.asarray(codes, np.uint8)[where].tobytes())
        for number, name in enumerate(("input", "output")):
            told = np.where(rows[name] == NO_TOKENS, 0, rows[name])
            self._roomy(number, int(told.max(initial=0)))
            column = self._tokens[number]
            column.frombytes(told.astype(column.typecode).tobytes())

    def _roomy(self, number: int, tokens: int) -> int:
        """Make room for a count; what no target can have meant is told as 0, like what it did not tell."""
        if not 0 <= tokens < NO_TOKENS:
            return 0
        if tokens > _NARROW and self._tokens[number].typecode == "H":
            self._tokens[number] = array("I", self._tokens[number])
        return tokens

    def _new_status(self, status: int) -> int:
        code = len(self._statuses)
        if code > 255:  # a hostile target may invent any number; what is beyond 255 of them is told as 0
            return self._status_codes.get(0, 255)
        self._statuses.append(status)
        self._status_codes[status] = code
        return code

    def intended(self, start: int = 0, stop: int | None = None) -> Floats:
        """When each exchange should have been sent, seconds since the start of the traffic."""
        return self._intended.column(start, stop)

    def lag(self, start: int = 0, stop: int | None = None) -> Floats:
        """How late each was sent, seconds: the generator's own fault."""
        return _column(self._lag, start, stop)

    def duration(self, start: int = 0, stop: int | None = None) -> Floats:
        """Seconds from the intended send time to the end, of good and bad exchanges alike."""
        return _column(self._duration, start, stop)

    def ttfc(self, start: int = 0, stop: int | None = None) -> Floats:
        """Seconds from the intended send time to the first content chunk; NaN where none came."""
        return _column(self._ttfc, start, stop)

    def chunks(self, start: int = 0, stop: int | None = None) -> NDArray[np.int64]:
        """Content chunks of each exchange."""
        return _column(self._chunks, start, stop).astype(np.int64)

    def status(self, start: int = 0, stop: int | None = None) -> NDArray[np.int64]:
        """HTTP status of each exchange, 0 where none was received."""
        table = np.asarray([*self._statuses, *[0] * (256 - len(self._statuses))], dtype=np.int64)
        return table[_column(self._status, start, stop).astype(np.int64)]

    def ok(self, start: int = 0, stop: int | None = None) -> Bools:
        """Which exchanges ended without an error."""
        return np.asarray(np.frombuffer(self._error, np.uint8)[start:stop] == 0)

    def errors(self, start: int = 0, stop: int | None = None) -> list[ErrorKind | None]:
        """The error kind of each exchange."""
        found: list[ErrorKind | None] = _KINDS[np.frombuffer(self._error, np.uint8)[start:stop]].tolist()
        return found

    def error_codes(self, start: int = 0, stop: int | None = None) -> NDArray[np.uint8]:
        """The error of each exchange as its place in `seatrial.core.block.KINDS`."""
        return np.frombuffer(self._error, np.uint8)[start:stop].copy()

    def gaps(self, start: int = 0, stop: int | None = None) -> NDArray[np.float32]:
        """The gaps between the chunks of all these exchanges, one after the other, seconds."""
        before = self._gaps_before(start)
        count = int(np.maximum(self.chunks(start, stop) - 1, 0).sum())
        return np.frombuffer(self._gaps, np.float32)[before : before + count].copy()

    def mean_gap(self, start: int = 0, stop: int | None = None) -> Floats:
        """Mean seconds between the content chunks of each exchange; NaN where there are fewer than two."""
        gaps = np.maximum(self.chunks(start, stop) - 1, 0)
        before = self._gaps_before(start)
        ends = np.cumsum(gaps)
        column = _column(self._gaps, before, before + int(ends[-1]) if len(ends) else before)
        sums = np.concatenate(([0.0], np.cumsum(column)))
        totals = sums[ends] - sums[ends - gaps]
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(np.where(gaps > 0, totals / gaps, np.nan))

    def _gaps_before(self, start: int) -> int:
        """How many gaps the exchanges before *start* have; a running verdict asks in ascending order."""
        index, gaps = self._gap_mark if self._gap_mark[0] <= start else (0, 0)
        gaps += int(np.maximum(self.chunks(index, start) - 1, 0).sum())
        self._gap_mark = start, gaps
        return gaps

    def tokens(self, start: int = 0, stop: int | None = None) -> tuple[Floats, Floats]:
        """Input and output tokens as reported, 0 where none were."""
        return _column(self._tokens[0], start, stop), _column(self._tokens[1], start, stop)


def _column(column: array[float] | array[int], start: int, stop: int | None) -> Floats:
    # A copy, because an array that lends its buffer cannot grow.
    return np.frombuffer(column, dtype=column.typecode)[start:stop].astype(np.float64)
