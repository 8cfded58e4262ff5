"""Answers on their way to the caller: read as they pass, or made over by the faults that hit the request."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from math import inf
from typing import TYPE_CHECKING

import httptools

from seatrial.faults import framing
from seatrial.faults.actions import Close, End, Pause, Reset
from seatrial.faults.answer_reader import AnswerReader
from seatrial.faults.chain import Out, Sent
from seatrial.faults.events import EventCounter
from seatrial.faults.glance import whole_answer
from seatrial.faults.message import Head
from seatrial.faults.recorder import OK

if TYPE_CHECKING:
    from seatrial.faults.http_layer import HttpLayer
    from seatrial.faults.tcp import Ending
    from seatrial.faults.timers import Timer

MAX_UNREAD = 1 << 15
SHORT = 16
"""A stream ends with a blank line: its last piece ends with one, or is a short rest of one."""


class Answering:
    """The upstream's half of an `HttpLayer`."""

    def __init__(self, layer: HttpLayer) -> None:
        self._layer = layer
        self._session = layer.session
        self._flights = layer.flights
        self._reader = AnswerReader(self)
        self._counter: EventCounter | None = None
        self._queue: deque[Out] = deque()
        self._unread: list[bytes] = []
        self._unread_size = 0
        self._paused: Pause | None = None
        self._timer: Timer | None = None

    @property
    def stuck(self) -> bool:
        """Whether the answer at hand is never going on."""
        return self._paused is not None and self._paused.seconds == inf

    def from_upstream(self, data: bytes) -> None:
        """Bytes of an answer, behind the TCP toxics."""
        flights = self._flights
        hit = bool(flights) and flights[0][1] is not None
        if not hit:
            self._session.client.write(data)
            if self._layer.raw or not flights or (self._reader.idle and self._glance(data)):
                return
            if self._counter is not None and self._reader.headed and self._later(data):
                return
        self._read(data, hit=hit)
        if self._queue:
            self._emit()

    def catch_up(self) -> None:
        """Read what has passed unread."""
        if self._unread:
            data = b"".join(self._unread)
            self._unread.clear()
            self._unread_size = 0
            self._read(data, hit=False)

    def _later(self, data: bytes) -> bool:
        """Whether a piece of a stream can be read later, together with others: it cannot be the last one."""
        self._unread.append(data)
        self._unread_size += len(data)
        if self._unread_size > MAX_UNREAD or len(data) < SHORT or data.endswith(b"\r\n\r\n"):
            self.catch_up()
        return True

    def _read(self, data: bytes, *, hit: bool) -> None:
        try:
            self._reader.feed(data, full=hit)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._not_http(data, hit=hit, upgrade=isinstance(error, httptools.HttpParserUpgrade))

    def _glance(self, data: bytes) -> bool:
        """Whether *data* was one whole answer, and all is done."""
        flight = self._flights[0][0]
        whole = whole_answer(data)
        if whole is None or flight.head_only:
            return False
        self._flights.popleft()
        flight.end_whole(*whole)
        if self._session.client_eof or self._layer.asking.busy:
            self._layer.settled()
        return True

    def ended(self, how: Ending) -> bool:
        """The upstream's bytes have ended; True where that is still to be told to the caller, later."""
        self.catch_up()
        reader = self._reader
        if how == "eof" and self._flights and reader.headed and reader.until_close:
            reader.renew()
            self.answer_end()
        if not self._queue and self._paused is None:
            return False
        self._queue.append(Reset() if how == "reset" else Close())
        self._emit()
        return True

    def removed(self, name: str) -> None:
        """The toxic *name* was removed."""
        if self._paused is not None and self._paused.owner == name:
            if self._timer is not None:
                self._timer.cancel()
            self._resume()

    def drop(self) -> None:
        """The connection is over."""
        self._unread.clear()
        if self._timer is not None:
            self._timer.cancel()
        self._queue.clear()

    # -- the reader's side

    @property
    def head_only(self) -> bool:
        """Whether the answer at hand has no body, whatever its head says."""
        return bool(self._flights) and self._flights[0][0].head_only

    def informational(self) -> None:
        """An answer of the kind 1xx is complete; the real one is still to come."""
        if self._flights and self._flights[0][1] is not None:
            self._queue.append(Sent(framing.head_bytes(self._head())))

    def answer_head(self) -> None:
        """The head of an answer is complete."""
        if not self._flights:
            return
        flight, chain = self._flights[0]
        flight.status = self._reader.status
        self._counter = EventCounter() if self._reader.is_event_stream else None
        if chain is not None:
            self._take(chain.head(self._head()))
        elif self._counter is not None:
            flight.catch_up = self.catch_up

    def answer_body(self, data: bytes) -> None:
        """A piece of an answer's body."""
        if not self._flights:
            return
        flight, chain = self._flights[0]
        if chain is not None:
            self._take(chain.body(data))
            return
        flight.response_bytes += len(data)
        if self._counter is not None:
            self._counter.feed(data)
            flight.events = self._counter.count

    def answer_end(self) -> None:
        """An answer is complete."""
        if not self._flights:
            return
        flight, chain = self._flights[0]
        if chain is not None:
            self._take(chain.end())
            return
        self._flights.popleft()
        flight.end(OK)
        if self._session.client_eof or self._layer.asking.busy:
            self._layer.settled()

    def _head(self) -> Head:
        reader = self._reader
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in reader.headers)
        return Head(reader.status, headers, version=reader.version)

    def _take(self, items: Iterable[Out]) -> None:
        self._queue.extend(self._layer.guarded(items))

    def _not_http(self, data: bytes, *, hit: bool, upgrade: bool) -> None:
        if not self._flights:  # bytes behind an answer's end, which have passed already
            self._layer.become_raw()
            return
        flight, _ = self._flights[0]
        if upgrade:
            flight.status = 101
            flight.end(OK)
        if hit:
            self._flights[0] = flight, None
            self._queue.clear()
            self._session.client.write(data)
        self._layer.become_raw()

    # -- to the caller

    def _emit(self) -> None:
        """Send what faults made of the answer; pause where they want it."""
        queue = self._queue
        while queue and self._paused is None and not self._session.closed:
            item = queue.popleft()
            if isinstance(item, Sent):
                self._send(item)
            elif isinstance(item, Pause):
                self._pause(item)
            elif isinstance(item, End):
                self._finish()
            elif isinstance(item, Reset):
                self._session.reset()
            else:
                self._session.close("truncated")

    def _send(self, item: Sent) -> None:
        if self._flights and item.body:
            flight = self._flights[0][0]
            flight.response_bytes += len(item.body)
            if self._counter is not None:
                self._counter.feed(item.body)
                flight.events = self._counter.count
        self._session.client.write(item.wire)

    def _pause(self, item: Pause) -> None:
        self._paused = item
        self._session.down.pause(True)
        if item.seconds != inf:
            self._timer = self._session.timers.after(item.seconds, self._resume)
        elif self._session.client_eof:
            self._session.abort()

    def _resume(self) -> None:
        self._timer = self._paused = None
        self._emit()
        if self._paused is None and not self._session.closed:
            self._session.down.pause(False)

    def _finish(self) -> None:
        """The answer is over in good order for the caller; the upstream may think otherwise."""
        flight, chain = self._flights[0]
        assert chain is not None  # only a chain gives out an end
        last = chain.last()
        early = self._reader.headed
        flight.end(OK)
        if isinstance(last, Close):
            self._session.close(OK)
            return
        if last:
            self._session.client.write(last)
        self._flights.popleft()
        if early:
            self._queue.clear()
            self._reader.renew()
            self._session.renew_upstream()
        self._layer.settled()
