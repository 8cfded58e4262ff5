"""Keeps an answer as it came over the wire, for the checks that ask for it."""

from __future__ import annotations

from collections.abc import Iterable

from seatrial.core.exchange import Raw
from seatrial.targets.sse import EventTooLarge, SSEParser


class Keeper:
    """Collects the bytes of a body and when each event in them arrived.

    Args:
        max_event: largest event that is still told apart, in characters.
    """

    def __init__(self, max_event: int) -> None:
        self._sse: SSEParser | None = SSEParser(max_event)
        self._body: list[bytes] = []
        self._events: list[tuple[float, str]] = []

    def feed(self, data: bytes, at: float) -> None:
        """Bytes of the body arrived at *at*."""
        self._body.append(data)
        if self._sse is not None:
            try:
                self._events += [(at, payload) for _, payload in self._sse.feed(data)]
            except EventTooLarge:
                self._sse = None

    def raw(self, headers: Iterable[tuple[bytes, bytes]], zero: float) -> Raw:
        """What was kept; event times counted from *zero*. Only a stream of events has events."""
        named = tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in headers)
        streamed = any(name == "content-type" and "event-stream" in value.lower() for name, value in named)
        events = tuple((at - zero, payload) for at, payload in self._events) if streamed else ()
        return Raw(named, b"".join(self._body), events)
