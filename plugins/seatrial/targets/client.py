"""The measuring client: a capped pool of connections to one target, and an `Exchange` for every request."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from math import inf
from time import perf_counter as clock
from types import TracebackType

from seatrial.core.errors import HarnessError, UsageError
from seatrial.core.exchange import NAN, ErrorKind, Exchange
from seatrial.targets.call import Call
from seatrial.targets.config import TargetConfig, Timeouts
from seatrial.targets.dial import DialError, dial, tls_context
from seatrial.targets.http1 import Connection
from seatrial.targets.keeper import Keeper
from seatrial.targets.reader import PlainReader
from seatrial.targets.request import HeaderValue, Prepared, request_bytes
from seatrial.targets.secret import Secret
from seatrial.targets.wire import Prompt, WireProtocol, WireRequest, protocol_for

__all__ = ["Client", "HeaderValue", "Prepared", "clock"]


class Client:
    """Sends requests to one target and records what comes back. It belongs to the event loop it is used in.

    Args:
        target: address, protocol, key and bounds.
        connections: most connections open at a time; requests beyond wait in order.
        patience: seconds that a request waits for a free connection; then it is given up, unsent.

    Attributes:
        reconnects: kept connections that the target had closed before it answered; the request was sent
            again on a fresh one, once, as every HTTP client does.

    Raises:
        UsageError: an unknown protocol, or settings that cannot work.
    """

    def __init__(self, target: TargetConfig, *, connections: int = 32, patience: float = inf) -> None:
        if connections < 1:
            raise UsageError(f"a client needs at least one connection, not {connections}")
        self.target = target
        self.protocol: WireProtocol = protocol_for(target)
        self.connections = connections
        self.patience = patience
        self.reconnects = 0
        self._context = tls_context(target)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._idle: list[Connection] = []
        self._open: set[Connection] = set()
        self._dialling: dict[asyncio.Task[None], Call] = {}
        self._waiting: deque[Call] = deque()
        self._closed: asyncio.Future[None] | None = None

    # -- making requests

    def prepare(
        self,
        request: Prompt | WireRequest | str,
        *,
        stream: bool = False,
        headers: Mapping[str, HeaderValue] | None = None,
        api_key: Secret | str | None = None,
        plain: bool = False,
    ) -> Prepared:
        """The bytes of a request, with the target's headers and key.

        Args:
            headers: on top of the target's; None as a value drops that header.
            api_key: instead of the target's; an empty one sends no key at all.
            plain: read the answer as plain text, not by the protocol.

        Raises:
            UsageError: a path or header that cannot be sent safely.
        """
        if not isinstance(request, WireRequest):
            request = self.protocol.build(Prompt.of(request), stream)
        key = self.target.api_key if api_key is None else Secret(api_key)
        data = request_bytes(self.target, self.protocol, request, headers or {}, key)
        config = self.target
        if plain:
            return Prepared(data, lambda: PlainReader(False, config), request.method == "HEAD")
        protocol, streamed = self.protocol, request.stream
        return Prepared(data, lambda: protocol.reader(streamed), request.method == "HEAD")

    # -- sending them

    async def exchange(
        self,
        request: Prepared | Prompt | WireRequest | str,
        *,
        index: int = 0,
        intended: float | None = None,
        zero: float = 0.0,
        prompt: int = -1,
        stream: bool = False,
        keep_raw: bool = False,
        timeouts: Timeouts | None = None,
    ) -> Exchange:
        """Send one request and wait for its answer's end. What the target does wrong is in the exchange.

        Args:
            intended: when it should leave, in seconds from *zero*; None is now.
            zero: the zero of all times in the exchange, on `clock`.
            prompt: index of the prompt in its set.
            stream: whether to ask for a stream, where *request* does not say it already.
            keep_raw: fill `Exchange.raw`.
            timeouts: instead of the target's.

        Raises:
            HarnessError: this machine could not open a connection (no file descriptor left).
            UsageError: the request cannot be sent as it stands.
        """
        future: asyncio.Future[Exchange] = asyncio.get_running_loop().create_future()
        prepared = request if isinstance(request, Prepared) else self.prepare(request, stream=stream)
        call = self._call(prepared, _nobody, keep_raw, timeouts)
        call.future = future
        call.index, call.zero, call.prompt = index, zero, prompt
        call.intended = clock() - zero if intended is None else intended
        self._begin(call)
        try:
            return await future
        except asyncio.CancelledError:
            self._abandon(call)
            raise

    def begin(
        self,
        prepared: Prepared,
        then: Callable[[Exchange], None],
        *,
        index: int = 0,
        intended: float | None = None,
        zero: float = 0.0,
        prompt: int = -1,
        keep_raw: bool = False,
        failed: Callable[[BaseException], None] | None = None,
    ) -> None:
        """As `exchange`, without future or task: *then* is called with the exchange from inside the loop.

        Args:
            failed: called instead of *then* where the harness itself is to blame; without it, the loop's
                exception handler is.
        """
        call = self._call(prepared, then, keep_raw, None)
        call.failed = failed
        call.index, call.zero, call.prompt = index, zero, prompt
        call.intended = clock() - zero if intended is None else intended
        self._begin(call)

    @property
    def in_flight(self) -> int:
        """Requests sent and not yet answered to their end."""
        return sum(connection.call is not None for connection in self._open) + len(self._dialling)

    @property
    def queued(self) -> int:
        """Requests that wait for a free connection."""
        return len(self._waiting)

    async def close(self) -> None:
        """Close every connection; who still waits for an exchange gets a `HarnessError`."""
        given_up = [*self._waiting, *self._dialling.values()]
        given_up += [connection.call for connection in self._open if connection.call is not None]
        self._waiting.clear()
        self._idle.clear()
        dialling = tuple(self._dialling)
        for task in dialling:
            task.cancel()
        await asyncio.gather(*dialling, return_exceptions=True)
        for connection in tuple(self._open):
            connection.call = None
            connection.close()
        for call in given_up:
            if call.failed is not None or call.future is not None:
                trouble = HarnessError("the client was closed while this request was on its way")
                self._harness_trouble(call, trouble)
        await self._all_lost()

    async def _all_lost(self) -> None:
        """Wait until the loop has let go of every socket."""
        if not self._open:
            return
        self._closed = asyncio.get_running_loop().create_future()
        try:
            await asyncio.wait_for(asyncio.shield(self._closed), 1.0)
        except TimeoutError:  # a peer that does not answer TLS's goodbye
            for connection in tuple(self._open):
                connection.abort()
            await self._closed

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    # -- the connections' side (`http1.Owner`)

    def finished(self, connection: Connection, call: Call) -> None:
        if connection.reusable:
            if self._waiting:
                connection.start(self._waiting.popleft())
            else:
                self._idle.append(connection)
        self._report(call)

    def opened(self, connection: Connection) -> None:
        self._open.add(connection)

    def trouble(self, call: Call, error: Exception) -> None:
        what = f"the reader of protocol {self.target.protocol!r} failed ({type(error).__name__})"
        trouble = HarnessError(what, hint="the harness is to blame, not the target; please report it")
        trouble.__cause__ = error
        self._harness_trouble(call, trouble)

    def stale(self, call: Call) -> None:
        self.reconnects += 1
        self._dial(call)

    def lost(self, connection: Connection) -> None:
        self._open.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        if self._closed is not None:
            if not self._open and not self._closed.done():
                self._closed.set_result(None)
        elif self._waiting and self._room():
            self._dial(self._waiting.popleft())

    # -- inside

    def _call(
        self, prepared: Prepared, then: Callable[[Exchange], None], keep_raw: bool, timeouts: Timeouts | None
    ) -> Call:
        target = self.target
        call = Call(prepared.data, prepared.reader(), timeouts or target.timeouts, target.max_body, then)
        call.head_only = prepared.head_only
        if keep_raw:
            call.keeper = Keeper(target.max_event)
        return call

    def _begin(self, call: Call) -> None:
        if self._idle:
            self._idle.pop().start(call)
        elif self._room():
            self._dial(call)
        else:
            self._waiting.append(call)
            if self.patience < inf:
                asyncio.get_running_loop().call_later(self.patience, self._give_up, call)

    def _give_up(self, call: Call) -> None:
        """No connection became free for *call* in time."""
        if call in self._waiting:
            self._waiting.remove(call)
            call.sent = call.done = clock()
            call.error = ErrorKind.TIMEOUT_TOTAL
            call.detail = f"given up: none of {self.connections} connections was free in time"
            self._report(call)

    def _room(self) -> bool:
        return len(self._open) + len(self._dialling) < self.connections

    def _dial(self, call: Call) -> None:
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
        task = self._loop.create_task(self._dial_and_start(call))
        self._dialling[task] = call
        task.add_done_callback(self._dialled)

    def _dialled(self, task: asyncio.Task[None]) -> None:
        self._dialling.pop(task, None)
        if self._waiting and self._closed is None and self._room():
            self._dial(self._waiting.popleft())

    async def _dial_and_start(self, call: Call) -> None:
        assert self._loop is not None
        loop = self._loop
        if not call.sent:
            call.sent = clock()
        try:
            connection = await dial(self.target, self._context, lambda: Connection(loop, self))
        except DialError as error:
            call.error, call.detail, call.done = error.kind, error.detail, clock()
            self._report(call)
        except HarnessError as error:
            self._harness_trouble(call, error)
        else:
            connection.start(call)

    def _harness_trouble(self, call: Call, error: HarnessError) -> None:
        if call.future is not None:
            if not call.future.done():
                call.future.set_exception(error)
        elif call.failed is not None:
            call.failed(error)
        elif self._loop is not None:
            self._loop.call_exception_handler({"message": str(error), "exception": error})

    def _abandon(self, call: Call) -> None:
        """Nobody waits for this call any more."""
        if call in self._waiting:
            self._waiting.remove(call)
        for task, dialled in self._dialling.items():
            if dialled is call:
                task.cancel()
        for connection in self._open:
            if connection.call is call:
                connection.call = None
                connection.abort()

    def _report(self, call: Call) -> None:
        try:
            exchange = self._exchange(call)
        except Exception as error:
            self.trouble(call, error)
            return
        future = call.future
        if future is None:
            call.then(exchange)
        elif not future.done():  # it may have been cancelled in this very turn of the loop
            future.set_result(exchange)

    def _exchange(self, call: Call) -> Exchange:
        zero = call.zero
        answer = call.reader.finish(call.done, call.error is None)
        error, detail = call.error, call.detail
        if error is None or answer.error is ErrorKind.STREAM_ERROR:
            error, detail = answer.error, answer.detail
        if detail:
            detail = self.target.redactor.redact(detail)
        return Exchange(
            call.index,
            call.intended,
            call.sent - zero,
            call.done - zero,
            call.connected - zero,
            call.secured - zero,
            call.first_byte - zero if call.first_byte else NAN,
            answer.first_chunk - zero,
            answer.gaps,
            call.status,
            error,
            detail,
            answer.finish_reason,
            answer.model,
            answer.system_fingerprint,
            answer.usage,
            answer.text,
            answer.tool_calls,
            call.prompt,
            call.received,
            answer.streamed,
            call.keeper.raw(call.headers, zero) if call.keeper else None,
        )


def _nobody(_: object) -> None:
    """For calls whose exchange goes to a future."""
