"""A block of exchanges as rows of fixed length: what crosses a pipe, a socket or a file in one piece.

Rows from several senders are merged by sorting them; none is parsed one by one.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seatrial.core.exchange import NAN, ErrorKind, Exchange

KINDS: tuple[ErrorKind | None, ...] = (None, *ErrorKind)
CODES = {kind: code for code, kind in enumerate(KINDS)}
MAX_CHUNKS = 65_535
NO_TOKENS = 0xFFFF_FFFF

ROW = np.dtype(
    [
        ("number", "<u8"),  # in the order of the schedule, or of sending
        ("intended", "<f8"),  # seconds on the sender's clock
        ("lag", "<f4"),  # sent - intended
        ("late", "<f4"),  # of it, what was the generator's own fault
        ("duration", "<f4"),  # done - intended
        ("ttfc", "<f4"),  # first chunk - intended, NaN where none came
        ("received", "<u4"),  # bytes
        ("input", "<u4"),  # tokens, NO_TOKENS where the target told none
        ("output", "<u4"),
        ("chunks", "<u2"),
        ("status", "<u2"),
        ("error", "u1"),
    ]
)
_PACK = struct.Struct("<QdffffIIIHHB").pack
_COUNT = struct.Struct("<I")
_MOST = NO_TOKENS - 1

Rows = NDArray[np.void]
Gaps = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Block:
    """Rows, and the gaps between chunks of all of them one after the other.

    Attributes:
        rows: one of dtype `ROW` an exchange.
        gaps: seconds; a row with *n* chunks has *n - 1* of them.
    """

    rows: Rows
    gaps: Gaps

    def __len__(self) -> int:
        return len(self.rows)

    def to_bytes(self) -> bytes:
        """The block as bytes; `from_bytes` reads them."""
        return _COUNT.pack(len(self.rows)) + self.rows.tobytes() + self.gaps.tobytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> Block:
        """The block that was made into *data*.

        Raises:
            ValueError: it was cut.
        """
        (count,) = _COUNT.unpack_from(data)
        rows = np.frombuffer(data, ROW, count, _COUNT.size)
        gaps = np.frombuffer(data, np.float32, offset=_COUNT.size + count * ROW.itemsize)
        if len(gaps) != int(gap_counts(rows).sum()):
            raise ValueError("a block of exchanges was cut")
        return cls(rows, gaps)

    @classmethod
    def joined(cls, blocks: Sequence[Block]) -> Block:
        """All of *blocks*, one after the other."""
        if len(blocks) == 1:
            return blocks[0]
        if not blocks:
            return cls(np.empty(0, ROW), np.empty(0, np.float32))
        return cls(
            np.concatenate([block.rows for block in blocks]), np.concatenate([block.gaps for block in blocks])
        )

    def sorted(self, by: str) -> Block:
        """In ascending order of a column; equals stay as they are."""
        keys = np.ascontiguousarray(self.rows[by])
        if (keys[1:] >= keys[:-1]).all():
            return self
        return self.take(np.argsort(keys, kind="stable"))

    def take(self, positions: NDArray[np.int64]) -> Block:
        """The rows at *positions*, in that order."""
        counts = gap_counts(self.rows)
        starts = np.cumsum(counts) - counts
        chosen = counts[positions]
        before = np.cumsum(chosen) - chosen
        where = np.repeat(starts[positions] - before, chosen) + np.arange(int(chosen.sum()))
        return Block(self.rows[positions], self.gaps[where])

    def take_all(self) -> Block:
        """A copy that may be changed."""
        return Block(self.rows.copy(), self.gaps)

    def split(self, at: int) -> tuple[Block, Block]:
        """The first *at* rows, and the others."""
        gaps = int(gap_counts(self.rows[:at]).sum())
        return Block(self.rows[:at], self.gaps[:gaps]), Block(self.rows[at:], self.gaps[gaps:])


def gap_counts(rows: Rows) -> NDArray[np.int64]:
    """How many gaps each row has."""
    return np.maximum(rows["chunks"].astype(np.int64) - 1, 0)


class Collector:
    """Gathers exchanges one by one, and hands them out as bytes of a block."""

    def __init__(self) -> None:
        self._rows = bytearray()
        self._gaps: list[float] = []
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, exchange: Exchange, late: float = 0.0, number: int | None = None) -> None:
        """Take in one exchange.

        Args:
            late: seconds by which the generator itself was late.
            number: instead of the exchange's index.
        """
        intended = exchange.intended
        gaps = exchange.gaps[: MAX_CHUNKS - 1]
        first = exchange.first_chunk
        given, made = exchange.usage or (NO_TOKENS, NO_TOKENS)
        self._rows += _PACK(
            exchange.index if number is None else number,
            intended,
            exchange.sent - intended,
            late,
            exchange.done - intended,
            first - intended,
            min(exchange.received, _MOST),
            given if 0 <= given <= NO_TOKENS else NO_TOKENS,
            made if 0 <= made <= NO_TOKENS else NO_TOKENS,
            len(gaps) + 1 if first == first else 0,
            exchange.status if 0 <= exchange.status < 65_536 else 0,
            CODES[exchange.error],
        )
        if first == first:
            self._gaps += gaps
        self._count += 1

    def take(self) -> bytes:
        """What has gathered, as `Block.to_bytes` gives it."""
        data = _COUNT.pack(self._count) + bytes(self._rows) + np.asarray(self._gaps, np.float32).tobytes()
        self._rows = bytearray()
        self._gaps = []
        self._count = 0
        return data


def exchange_of(row: Rows, gaps: Gaps) -> Exchange:
    """What a row knows of its exchange; texts stayed where it was made."""
    intended = float(row["intended"])
    ttfc = float(row["ttfc"])
    return Exchange(
        int(row["number"]),
        intended,
        intended + float(row["lag"]),
        intended + float(row["duration"]),
        first_chunk=intended + ttfc if ttfc == ttfc else NAN,
        gaps=tuple(gaps.tolist()),
        status=int(row["status"]),
        error=KINDS[row["error"]],
        received=int(row["received"]),
    )
