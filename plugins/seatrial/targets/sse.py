"""An incremental parser of server-sent events, to the letter of the WHATWG HTML standard, section 9.2.

https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
"""

from __future__ import annotations

from codecs import utf_8_decode

Event = tuple[str, str]
"""``(event type, data)``; the type is ``message`` where the stream names none."""

MAX_EVENT = 1 << 20


class EventTooLarge(ValueError):
    """One event is larger than the bound: a stream without blank lines must not fill the memory."""


class SSEParser:
    """Turns bytes into events, wherever the reads cut them.

    Args:
        max_event: largest event accepted, in characters.

    Attributes:
        last_event_id: the last ``id`` seen, as the standard keeps it.
        retry: the last reconnection time asked for, in milliseconds; None where none was.
    """

    def __init__(self, max_event: int = MAX_EVENT) -> None:
        self.max_event = max_event
        self.last_event_id = ""
        self.retry: int | None = None
        self._undecoded = b""
        self._started = False
        self._skip_newline = False
        self._line: list[str] = []  # pieces of a line whose end has not come yet
        self._held = 0  # characters in _line
        self._size = 0  # characters in _data
        self._type = ""
        self._data: list[str] = []

    def feed(self, data: bytes) -> list[Event]:
        """The events that *data* completes.

        Raises:
            EventTooLarge: an event outgrew `max_event`.
        """
        text = self._decode(data)
        if "\r" in text or self._skip_newline:
            text = self._unify(text)
        if "\n" not in text:
            self._hold(text)
            return []
        if self._line:
            text = "".join(self._line) + text
            self._line.clear()
            self._held = 0
        events: list[Event] = []
        if self._data or self._type:
            text = self._finish_event(text, events)
        blocks = text.split("\n\n")
        tail = blocks.pop()
        for block in blocks:
            # The shape of nearly every event: one data line. All else is read line by line.
            if block.startswith("data: ") and "\n" not in block:
                events.append(("message", block[6:]))
            else:
                self._lines(block.split("\n"))
                self._dispatch(events)
        if tail:
            self._keep(tail)
        return events

    @property
    def partial(self) -> bool:
        """Whether the stream stands in the middle of an event: at its end, such an event is lost."""
        return bool(self._line or self._data or self._undecoded)

    def _decode(self, data: bytes) -> str:
        if self._undecoded:
            data = self._undecoded + data
        text, used = utf_8_decode(data, "replace", False)
        self._undecoded = data[used:] if used != len(data) else b""
        if not self._started and text:
            self._started = True
            text = text.removeprefix("\ufeff")
        return text

    def _unify(self, text: str) -> str:
        """CRLF, CR and LF become LF; a CRLF may be cut in two by the reads."""
        if not text:
            return text
        if self._skip_newline:
            text = text.removeprefix("\n")
        self._skip_newline = text.endswith("\r")
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def _hold(self, text: str) -> None:
        if text:
            self._line.append(text)
            self._held += len(text)
            self._check()

    def _check(self) -> None:
        if self._held + self._size > self.max_event:
            raise EventTooLarge(f"one event is larger than {self.max_event} characters")

    def _finish_event(self, text: str, events: list[Event]) -> str:
        """Read up to the blank line that ends an event begun in an earlier read; the rest is returned."""
        start = 0
        while (end := text.find("\n", start)) >= 0:
            line, start = text[start:end], end + 1
            if not line:
                self._dispatch(events)
                break
            self._field(line)
        return text[start:]

    def _keep(self, tail: str) -> None:
        lines = tail.split("\n")
        rest = lines.pop()
        for line in lines:
            if line:
                self._field(line)
        self._hold(rest)

    def _lines(self, lines: list[str]) -> None:
        for line in lines:
            if line:
                self._field(line)
            else:  # a blank line before the event: it ends an event without data
                self._type = ""

    def _field(self, line: str) -> None:
        name, colon, value = line.partition(":")
        if colon:
            value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
            self._size += len(value) + 1
            self._check()
        elif name == "event":
            self._type = value
        elif name == "id":
            if "\0" not in value:
                self.last_event_id = value
        elif name == "retry" and value.isascii() and value.isdigit():
            self.retry = int(value[:18])

    def _dispatch(self, events: list[Event]) -> None:
        if self._data:
            events.append((self._type or "message", "\n".join(self._data)))
            self._data.clear()
        self._type = ""
        self._size = 0
