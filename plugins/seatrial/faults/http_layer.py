"""The HTTP/1.1-aware part of a connection: records every attempt, and lets AI faults act on single requests.

It stands between the caller and the TCP toxics. While the proxy has no AI fault, bytes pass first and are
read afterwards. Otherwise (the proxy is *armed*) each request is held until it is complete; one that no fault
hits then passes as it came, and its answer too.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

from seatrial.core.errors import SeatrialError
from seatrial.faults.answering import Answering
from seatrial.faults.asking import Asking
from seatrial.faults.chain import Chain
from seatrial.faults.recorder import ABORTED, TRUNCATED, Flight

if TYPE_CHECKING:
    from seatrial.faults.session import Session
    from seatrial.faults.tcp import Ending

T = TypeVar("T")


class HttpLayer:
    """What is known of the requests and answers of one connection.

    Args:
        session: the connection.

    Attributes:
        flights: the requests that were passed on and whose answers are not complete, oldest first, with the
            faults that hit them.
        raw: whether bytes pass unread, because they are no HTTP.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.proxy = session.proxy
        self.flights: deque[tuple[Flight, Chain | None]] = deque()
        self.raw = False
        self.asking = Asking(self)
        self.answering = Answering(self)
        self.from_client = self.asking.from_client
        self.from_upstream = self.answering.from_upstream
        self._eof_sent = False

    def send_up(self, data: bytes) -> None:
        """To the upstream, by way of the TCP toxics."""
        session = self.session
        if not session.dialled:
            session.dial()
        if session.up.stages:
            session.up.feed(data)
        else:
            session.upstream.write(data)

    def become_raw(self) -> None:
        """This is no HTTP (any more): from here on bytes pass unread."""
        self.raw = True
        self.asking.let_pass()

    def guarded(self, items: Iterable[T]) -> Iterator[T]:
        """*items*; a fault that raises is told, and ends the connection."""
        try:
            yield from items
        except SeatrialError as error:
            self.proxy.trouble(error)
            self.session.abort()

    def settled(self) -> None:
        """An answer is complete."""
        self.asking.next()
        self.pass_eof()

    def pass_eof(self) -> None:
        """Pass the caller's end on, when all it asked for before was passed on."""
        session = self.session
        if not session.client_eof or self._eof_sent or session.closed or self.asking.busy:
            return
        if session.dialled or not self.flights:
            self._eof_sent = True
            session.up.end("eof")

    # -- ends

    def client_ended(self) -> None:
        """The caller has said all; where nothing will ever be answered, that is the end."""
        if self.asking.stuck or self.answering.stuck:
            self.session.abort()
        else:
            self.pass_eof()

    def upstream_ended(self, how: Ending) -> None:
        """The upstream's bytes have ended, behind the TCP toxics."""
        if self.answering.ended(how):
            return
        if self.flights and how == "eof":
            self.flights[0][0].end(ABORTED if self.session.client_eof else TRUNCATED)
        self.session.end_client(how)

    def acted(self, name: str) -> None:
        """The TCP toxic *name* acted: on the attempts that are on their way."""
        for flight, _ in self.flights:
            flight.hit_by(name)
        self.asking.acted(name)

    def removed(self, name: str) -> None:
        """The AI toxic *name* was removed: it does nothing more, and what it paused goes on."""
        for _, chain in list(self.flights):
            if chain is not None:
                chain.drop(name)
        self.asking.removed(name)
        self.answering.removed(name)

    def drop(self, outcome: str) -> None:
        """The connection is over: attempts on their way end."""
        self.answering.catch_up()
        gone = self.session.client_eof and outcome == TRUNCATED
        for flight in [*(flight for flight, _ in self.flights), *self.asking.drop()]:
            flight.end(ABORTED if gone else outcome)
        self.flights.clear()
        self.answering.drop()
