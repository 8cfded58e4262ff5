"""One HTTP/1.1 connection: writes a request, reads its answer, stamps every read with the time it came.

An `asyncio.Protocol` over httptools (llhttp). No task, no future, no timer per request: the
answer's end calls back, and one timer a connection watches whatever deadline is the nearest.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from math import inf
from time import perf_counter as clock
from typing import Protocol, cast

import httptools

from seatrial.core.exchange import NAN, ErrorKind
from seatrial.targets.call import Call
from seatrial.targets.reader import excerpt
from seatrial.targets.wire import WireError

# Most bytes between two pieces of body: headers (informational answers included), chunk sizes, trailers.
MAX_OVERHEAD = 64 << 10
# After a deadline the loop gets one more look at its sockets: a stalled harness is not a stalled target.
GRACE = 0.002


class Owner(Protocol):
    """Whoever keeps the connections."""

    def opened(self, connection: Connection) -> None:
        """The connection stands."""

    def finished(self, connection: Connection, call: Call) -> None:
        """The call has come to its end; where `connection.reusable`, the next one may start."""

    def stale(self, call: Call) -> None:
        """A kept connection was closed before it answered anything: the call needs a fresh one."""

    def lost(self, connection: Connection) -> None:
        """The connection is gone."""

    def trouble(self, call: Call, error: Exception) -> None:
        """A reader broke its promise not to raise: the harness is to blame."""


class Connection(asyncio.Protocol):
    """One connection; carries one call at a time.

    Attributes:
        connected, secured: clock times at which TCP and TLS stood (NaN without TLS).
        served: answers read to their end.
        reusable: whether another call may start.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, owner: Owner) -> None:
        self._loop = loop
        self._owner = owner
        self.call: Call | None = None
        self.connected = self.secured = NAN
        self.served = 0
        self.reusable = True
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._armed = inf
        self._deadline = inf
        self._expires = inf
        self._headers: list[tuple[bytes, bytes]] = []
        self._parts: list[bytes] = []
        self.on_body = self._parts.append  # called by the parser for each piece: straight into the list
        self._parser = httptools.HttpResponseParser(self)
        self._final = self._complete = self._until_close = False
        self._headed = self._extra = False
        self._pieces = 0  # parts of the body that had come when the answer was complete
        self._barren = 0
        self._now = 0.0
        self._early = b""

    # -- the owner's side

    def start(self, call: Call) -> None:
        """Send the call's request; its answer's end is reported to the owner."""
        self.call = call
        self._final = self._complete = self._headed = self._extra = False
        self._barren = 0
        now = clock()
        if not call.sent:
            call.sent = now
        if not self.served:
            call.connected, call.secured = self.connected, self.secured
        self._expires = call.sent + call.timeouts.total
        self._await(now + call.timeouts.first_byte)
        if self._early:
            detail = f"the target spoke before it was asked: {excerpt(self._early.decode('latin-1'), 60)!r}"
            self._fail(call, ErrorKind.PROTOCOL, detail)
        elif self._transport is None:
            self._fail(call, ErrorKind.RESET, "the target closed the connection before the request was sent")
        else:
            self._transport.write(call.request)

    def close(self) -> None:
        """Close in good order: what is written still goes out."""
        self.reusable = False
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Close now."""
        self.reusable = False
        if self._transport is not None:
            self._transport.abort()

    # -- the transport's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._owner.opened(self)

    def data_received(self, data: bytes) -> None:
        now = self._now = clock()
        call = self.call
        if call is None:  # bytes nobody asked for: a goodbye such as 408, or an answer out of step
            self._early = b"" if self.served else data[:60]
            self.abort()
            return
        if not call.first_byte:
            call.first_byte = now
        broken = self._parse(data)
        if self._final and not self._headed and not self._take_head(call):
            return
        if self._parts:
            self._barren = 0
            if not self._take_body(call, now):
                return
        elif not self._complete:
            self._barren += len(data)
        if broken is not None:
            self._fail(call, ErrorKind.PROTOCOL, self._protocol_detail(broken, data))
        elif self._complete:
            self._finish(call, now)
        elif self._barren > MAX_OVERHEAD:
            what = "chunk sizes or trailers" if self._final else "headers"
            self._fail(call, ErrorKind.TOO_LARGE, f"more than {MAX_OVERHEAD >> 10} KiB of {what}")
        elif call.first_byte:
            self._await(now + call.timeouts.idle)

    def connection_lost(self, exc: Exception | None) -> None:
        self.reusable = False
        call = self.call
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if call is not None:
            self._cut(call, exc)
        self._transport = None
        self._owner.lost(self)

    # -- the parser's side

    def on_message_begin(self) -> None:
        self._extra = self._complete  # a second answer right behind the first one

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        call = self.call
        if status < 200 or call is None or self._extra:
            return
        self._final = True
        if not call.first_byte:
            call.first_byte = self._now
        call.status = status
        call.headers, self._headers = self._headers, []
        self._until_close = not self._parser.should_keep_alive() and _endless(call.headers)
        if call.head_only:
            self._complete = True
            self.reusable = False

    def on_message_complete(self) -> None:
        if self._extra:
            return
        if self._final:
            self._complete = True
            self._pieces = len(self._parts)
            if self.reusable:
                self.reusable = self._parser.should_keep_alive()
        else:  # an informational answer: the real one is still to come
            self._headers.clear()
            if self.call is not None:
                self.call.first_byte = 0.0

    # -- inside

    def _parse(self, data: bytes) -> Exception | None:
        """Let the parser call back for all that *data* holds; what it could not make sense of is returned."""
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            return error
        if self._extra:
            del self._parts[self._pieces :]
            return ValueError("a second answer")
        return None

    def _take_head(self, call: Call) -> bool:
        self._headed = True
        for name, value in call.headers:
            if name == b"content-encoding" and value.lower() not in (b"", b"identity"):
                coding = excerpt(value.decode("latin-1"), 40)
                detail = f"the body is {coding}-encoded although accept-encoding said identity"
                self._fail(call, ErrorKind.PROTOCOL, detail)
                return False
        try:
            call.reader.head(call.status, call.headers)
        except Exception as error:
            self._trouble(call, error)
            return False
        return True

    def _take_body(self, call: Call, now: float) -> bool:
        parts = self._parts
        body = parts[0] if len(parts) == 1 else b"".join(parts)
        parts.clear()
        call.received += len(body)
        if call.keeper is not None:
            call.keeper.feed(body, now)
        if call.received > call.max_body:
            self._fail(
                call, ErrorKind.TOO_LARGE, f"the body is larger than {call.max_body} bytes (option max_body)"
            )
            return False
        try:
            call.reader.feed(body, now)
        except WireError as error:
            self._fail(call, error.kind, error.detail)
            return False
        except Exception as error:
            self._trouble(call, error)
            return False
        return True

    def _trouble(self, call: Call, error: Exception) -> None:
        self.call = None
        self.abort()
        self._owner.trouble(call, error)

    def _finish(self, call: Call, now: float) -> None:
        call.done = now
        self.call = None
        self.served += 1
        if not self.reusable:
            self.abort()
        self._owner.finished(self, call)

    def _fail(self, call: Call, kind: ErrorKind, detail: str) -> None:
        call.error, call.detail = kind, detail
        call.done = clock()
        self.call = None
        self.abort()
        self._owner.finished(self, call)

    def _cut(self, call: Call, exc: Exception | None) -> None:
        """The connection is gone before the answer's end."""
        if self._final and self._until_close and exc is None:
            self._finish(call, clock())
        elif self.served and not self._now > call.sent and not call.retried:
            self.call = None
            call.retried = True
            self._owner.stale(call)
        elif isinstance(exc, ssl.SSLError):
            self._fail(call, ErrorKind.TLS, f"TLS broke: {excerpt(str(exc))}")
        elif exc is not None or not call.first_byte:
            self._fail(call, ErrorKind.RESET, _reset_detail(call, exc))
        else:
            self._fail(call, ErrorKind.TRUNCATED, f"the connection was closed {_progress(call)}")

    def _protocol_detail(self, error: Exception, data: bytes) -> str:
        if self._complete:
            return f"bytes came after the end of the answer ({error})"
        if isinstance(error, httptools.HttpParserUpgrade):
            return "the target switched protocols, which nobody asked for"
        if data.startswith((b"\x15\x03", b"\x16\x03")):
            return "the target speaks TLS: should the uri begin with https?"
        where = "body" if self._final else "head"
        shown = excerpt(data[:60].decode("latin-1")) if not self._final else ""
        return f"the answer's {where} is not HTTP/1.1 ({error})" + (f": {shown!r}" if shown else "")

    def _await(self, deadline: float) -> None:
        """The next bytes are due at *deadline* (or at the call's end of patience)."""
        self._deadline = deadline = min(deadline, self._expires)
        # The timer only ever moves forward when it fires, so that a renewed deadline costs nothing.
        if deadline < self._armed:
            if self._timer is not None:
                self._timer.cancel()
            self._arm(deadline)

    def _arm(self, deadline: float) -> None:
        self._armed = deadline
        self._timer = self._loop.call_later(max(deadline - clock(), 0.0), self._look)

    def _look(self) -> None:
        self._armed = inf
        self._timer = None
        if self.call is None:
            return
        if clock() < self._deadline:
            self._arm(self._deadline)
        else:
            self._timer = self._loop.call_later(GRACE, self._expire, self._deadline, self.call)

    def _expire(self, deadline: float, call: Call) -> None:
        self._timer = None
        if self.call is not call:
            if self.call is not None and self._armed == inf:
                self._arm(self._deadline)
            return
        if deadline != self._deadline:  # bytes came meanwhile
            self._arm(self._deadline)
        elif deadline >= self._expires:
            detail = f"not finished within {call.timeouts.total:g} s {_progress(call)} (timeouts.total)"
            self._fail(call, ErrorKind.TIMEOUT_TOTAL, detail)
        elif not call.first_byte:
            detail = f"no byte of the answer within {call.timeouts.first_byte:g} s (timeouts.first_byte)"
            self._fail(call, ErrorKind.TIMEOUT_FIRST_BYTE, detail)
        else:
            detail = f"silent for {call.timeouts.idle:g} s {_progress(call)} (timeouts.idle)"
            self._fail(call, ErrorKind.TIMEOUT_IDLE, detail)


def _endless(headers: Sequence[tuple[bytes, bytes]]) -> bool:
    """Whether only the end of the connection ends the body."""
    for name, value in headers:
        if name == b"content-length" or (name == b"transfer-encoding" and value.lower().endswith(b"chunked")):
            return False
    return True


def _progress(call: Call) -> str:
    """How far the answer had come."""
    if not call.status:
        return "in the middle of the answer's head" if call.first_byte else "without an answer"
    for name, value in call.headers:
        if name == b"content-length" and value.isdigit():
            return f"after {call.received} of {value.decode()} bytes"
    return f"after {call.received} bytes of an unfinished body"


def _reset_detail(call: Call, exc: Exception | None) -> str:
    if exc is None:
        return "the target closed the connection without an answer"
    return f"the connection was reset {_progress(call)} ({type(exc).__name__})"
