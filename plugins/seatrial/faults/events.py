"""Server-sent events as bytes: cut apart behind each blank line, byte for byte as they came.

Lines end with LF, CRLF or CR (WHATWG HTML, section 9.2); blank lines of a mixed kind are found, too.
"""

from __future__ import annotations

import re

BLANK_LINE = re.compile(rb"\r\n\r\n|\n\n|\r\r|\n\r\n|\r\n\n|\r\r\n|\r\n\r(?!\n)|\n\r(?!\n)")


class EventSplitter:
    """Takes bytes as they come, and gives out events; what is left at the end is `rest`."""

    def __init__(self) -> None:
        self.rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The events that *data* completes, each up to and with its blank line."""
        data = self.rest + data if self.rest else data
        if b"\r" not in data:  # nearly every stream
            *events, self.rest = data.split(b"\n\n")
            return [event + b"\n\n" for event in events]
        events, start = [], 0
        for match in BLANK_LINE.finditer(data):
            if match.end() == len(data) and data.endswith(b"\r"):
                break  # a line feed may follow
            events.append(data[start : match.end()])
            start = match.end()
        self.rest = data[start:]
        return events


class EventCounter:
    """Counts events without keeping them."""

    __slots__ = ("_tail", "count")

    def __init__(self) -> None:
        self.count = 0
        self._tail = b""

    def feed(self, data: bytes) -> None:
        """More of the stream."""
        if self._tail:
            data = self._tail + data
        if b"\r" in data:
            ends = [match.end() for match in BLANK_LINE.finditer(data)]
            self.count += len(ends)
            self._tail = data[max(ends[-1] if ends else 0, len(data) - 3) :]
        else:
            self.count += data.count(b"\n\n")
            # A line feed left over at the end may be the first half of a blank line.
            odd = data.endswith(b"\n") and (len(data) - len(data.rstrip(b"\n"))) % 2
            self._tail = b"\n" if odd else b""
