"""Requests on their way to the upstream: read as they pass, or held until faults had their say."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from math import inf
from typing import TYPE_CHECKING, NamedTuple

import httptools

from seatrial.faults import framing
from seatrial.faults.actions import Close, Pause, Reset, Respond, Swallow
from seatrial.faults.message import Request
from seatrial.faults.reader import RequestReader
from seatrial.faults.recorder import OPEN, Flight

if TYPE_CHECKING:
    from seatrial.faults.chain import Chain
    from seatrial.faults.http_layer import HttpLayer
    from seatrial.faults.timers import Timer

MAX_WAITING = 16
"""Pipelined requests that are held before the caller has to wait."""


class Held(NamedTuple):
    """A complete request that has not been passed on; *raw* as it came, where that is known."""

    flight: Flight
    request: Request
    raw: bytes | None
    keep_alive: bool


class Asking:
    """The caller's half of an `HttpLayer`."""

    def __init__(self, layer: HttpLayer) -> None:
        self._layer = layer
        self._session = layer.session
        self._proxy = layer.proxy
        self._reader = RequestReader(layer.proxy.recorder, self._headed, self._complete)
        self._armed = False
        self._promised = False
        self._bytes: list[bytes] = []
        self._completed: list[Held] = []
        self._waiting: deque[Held] = deque()
        self._asked: tuple[Held, Chain] | None = None
        self._script: Iterator[Pause | Respond | Swallow | Close | Reset] | None = None
        self._paused: Pause | Swallow | None = None
        self._timer: Timer | None = None

    @property
    def busy(self) -> bool:
        """Whether requests are held."""
        return bool(self._waiting) or self._asked is not None

    @property
    def stuck(self) -> bool:
        """Whether the request at hand is never going on."""
        paused = self._paused
        return isinstance(paused, Swallow) or (paused is not None and paused.seconds == inf)

    def from_client(self, data: bytes) -> None:
        """Bytes from the caller."""
        layer, reader = self._layer, self._reader
        if layer.raw:
            layer.send_up(data)
            return
        if reader.idle:
            flights = layer.flights
            hit = bool(flights) and flights[0][1] is not None
            self._armed = reader.holding = hit or self._proxy.armed or self.busy
            flight = None if self._armed else reader.glance(data)
            if flight is not None:
                flights.append((flight, None))
                layer.send_up(data)
                return
        if not self._armed:
            layer.send_up(data)
            try:
                reader.feed(data)
            except httptools.HttpParserError:
                self._not_http()
            return
        self._bytes.append(data)
        try:
            reader.feed(data)
        except httptools.HttpParserError:
            self._not_http()
            return
        if self._completed:
            self._take()
        elif reader.size > framing.MAX_HELD:  # too large to be held: no fault hits it
            if reader.flight is not None:
                layer.flights.append((reader.flight, None))
            self.let_pass()

    def let_pass(self) -> None:
        """What is held of the request at hand goes on as it came."""
        self._armed = self._reader.holding = False
        held, self._bytes = self._bytes, []
        for data in held:
            self._layer.send_up(data)

    def acted(self, name: str) -> None:
        """The TCP toxic *name* acted: on the request that is being sent, too."""
        flight = self._reader.flight
        if flight is not None and flight.outcome is OPEN:
            flight.hit_by(name)

    def removed(self, name: str) -> None:
        """The toxic *name* was removed."""
        if self._asked is not None:
            self._asked[1].drop(name)
        if self._paused is None or self._paused.owner != name:
            return
        if isinstance(self._paused, Swallow):
            self._session.reset()
            return
        if self._timer is not None:
            self._timer.cancel()
        self._ask()

    def drop(self) -> list[Flight]:
        """The connection is over; tells what was held or half said."""
        flights = [held.flight for held in self._waiting]
        if self._asked is not None:
            flights.append(self._asked[0].flight)
        if self._reader.flight is not None:
            flights.append(self._reader.flight)
        if self._timer is not None:
            self._timer.cancel()
        self._waiting.clear()
        self._asked = self._script = None
        return flights

    # -- the reader's side

    def _headed(self) -> None:
        reader = self._reader
        assert reader.flight is not None
        if not self._armed:
            self._layer.flights.append((reader.flight, None))
            return
        self._promised = False
        for name, value in reader.headers:
            if name.lower() == b"expect" and value.lower() == b"100-continue":
                self._session.client.write(framing.CONTINUE)
                self._promised = True

    def _complete(self, flight: Flight) -> None:
        if self._armed:
            request = self._reader.take(flight)
            self._completed.append(Held(flight, request, None, self._reader.keep_alive))

    def _not_http(self) -> None:
        flight = self._reader.flight
        if flight is not None and not flight.method:
            flight.end("not-http")
        self._layer.become_raw()

    # -- one held request after the other

    def _take(self) -> None:
        completed, self._completed = self._completed, []
        if len(completed) == 1 and self._reader.idle and not self._promised:
            completed = [completed[0]._replace(raw=b"".join(self._bytes))]
        self._bytes = []
        self._waiting += completed
        self.next()

    def next(self) -> None:
        """Go on to the next held request, when all before it are answered."""
        if self._session.closed:
            return
        self._session.up.pause(len(self._waiting) > MAX_WAITING)
        while self._waiting and self._asked is None and not self._layer.flights:
            held = self._waiting.popleft()
            chain = self._proxy.chain_for(held.flight, held.request)
            if chain is None:
                raw = held.raw
                data = raw if raw is not None else framing.request_bytes(held.request, plain=False)
                self._pass_on(held, None, data)
            else:
                self._asked = held, chain
                self._script = self._requested(chain)
                self._ask()

    @staticmethod
    def _requested(chain: Chain) -> Iterator[Pause | Respond | Swallow | Close | Reset]:
        for stage in list(chain.stages):
            if stage in chain.stages:
                yield from stage.request()

    def _ask(self) -> None:
        """Do what faults want done about the request at hand, and then pass it on."""
        self._paused = self._timer = None
        if self._script is None or self._asked is None:
            return
        held, chain = self._asked
        for item in self._layer.guarded(self._script):
            if isinstance(item, Pause | Swallow):
                self._wait(item)
            elif isinstance(item, Respond):
                self._answer(held, chain, item)
            elif isinstance(item, Reset):
                self._session.reset()
            else:
                self._session.close("truncated")
            return
        if not self._session.closed:
            self._pass_on(held, chain, framing.request_bytes(held.request, plain=True))

    def _wait(self, item: Pause | Swallow) -> None:
        self._paused = item
        if isinstance(item, Pause) and item.seconds != inf:
            self._timer = self._session.timers.after(item.seconds, self._ask)
        elif self._session.client_eof:
            self._session.abort()

    def _pass_on(self, held: Held, chain: Chain | None, data: bytes) -> None:
        self._asked = self._script = None
        self._layer.flights.append((held.flight, chain))
        self._layer.send_up(data)
        self._layer.pass_eof()

    def _answer(self, held: Held, chain: Chain, item: Respond) -> None:
        self._asked = self._script = None
        self._layer.flights.append((held.flight, chain))
        keep_alive = held.keep_alive and held.request.version == "1.1"
        data = framing.answer_bytes(
            item.status, item.headers, item.body, keep_alive=keep_alive, head_only=held.flight.head_only
        )
        self._session.down.feed(data)
        if not keep_alive and not self._session.closed:
            self._session.down.end("eof")
        self._layer.pass_eof()
