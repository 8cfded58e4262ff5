"""Messages between our own processes: a letter, a length and the bytes, over a pipe. No I/O."""

from __future__ import annotations

import struct
from collections.abc import Iterator

_HEAD = struct.Struct("<cI")

# to a worker
BRIEF = b"B"  # what it has to do (`seatrial.load.brief`)
ARRIVALS = b"A"  # rows of `ARRIVAL`
STOP = b"S"  # nothing more that should leave at this clock time or later; what left is awaited
QUIT = b"Q"

# from a worker
READY = b"R"
BLOCK = b"C"  # exchanges (`seatrial.core.block.Block`)
WHOLE = b"X"  # one bad exchange whole, as JSON
DONE = b"D"  # after STOP: how many have left since READY (u64), and how late the loop woke (f4, ...)
TROUBLE = b"E"  # the harness is to blame, as JSON

ARRIVAL = [("number", "<u8"), ("intended", "<f8"), ("prompt", "<u4")]
"""The numpy dtype of one arrival: its place in the schedule, when it leaves on `clock`, and what is asked,
as a number of `seatrial.load.asked`."""


def frame(kind: bytes, payload: bytes = b"") -> bytes:
    """One message as bytes."""
    return _HEAD.pack(kind, len(payload)) + payload


class Frames:
    """Cuts a stream of bytes into messages."""

    def __init__(self) -> None:
        self._data = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[bytes, bytes]]:
        """The messages that *data* completes: kind and payload."""
        self._data += data
        while len(self._data) >= _HEAD.size:
            kind, length = _HEAD.unpack_from(self._data)
            end = _HEAD.size + length
            if len(self._data) < end:
                return
            payload = bytes(self._data[_HEAD.size : end])
            del self._data[:end]
            yield kind, payload

    @property
    def torn(self) -> bool:
        """Whether a message has begun that has not ended."""
        return bool(self._data)
