"""A target's plain synchronous face, for tests: send something, look at the exchange."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterable, Mapping
from concurrent.futures import Future
from types import EllipsisType, TracebackType
from typing import Any, TypeVar

from seatrial.core.errors import HarnessError
from seatrial.core.exchange import Exchange
from seatrial.targets.client import Client, HeaderValue, Prepared, clock
from seatrial.targets.config import HttpJson, TargetConfig, Timeouts, Tls
from seatrial.targets.secret import Redactor, Secret
from seatrial.targets.wire import Message, Prompt, WireRequest

__all__ = ["HttpJson", "Target", "TargetConfig", "Timeouts", "Tls"]

T = TypeVar("T")


class Target:
    """Sends single requests and small batches from ordinary, synchronous code.

    The bytes are moved by an event loop of its own in a background thread, so it works wherever it is
    called from, also while the caller's own loop runs. It may be used from several threads.

    Args:
        config: the target.
        connections: most connections open at a time.
        on_exchange: told every exchange, in the caller's thread, before it is handed out.

    Attributes:
        count: exchanges made so far, whatever came of them.

    Raises:
        UsageError: settings that cannot work.
    """

    def __init__(
        self,
        config: TargetConfig,
        *,
        connections: int = 32,
        on_exchange: Callable[[Exchange], None] | None = None,
    ) -> None:
        self.config = config
        self.count = 0
        self._on_exchange = on_exchange
        self._client = Client(config, connections=connections)
        self._zero = clock()
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._closed = False

    @property
    def name(self) -> str:
        return self.config.name

    @property
    def uri(self) -> str:
        return self.config.uri

    @property
    def protocol(self) -> str:
        return self.config.protocol

    @property
    def model(self) -> str | None:
        return self.config.model

    @property
    def redactor(self) -> Redactor:
        """Hides this target's secrets, and every key it was ever called with, in any text."""
        return self.config.redactor

    @property
    def reconnects(self) -> int:
        """Kept connections that the target had closed before it answered; each cost one repeated request."""
        return self._client.reconnects

    def send(
        self,
        prompt: Prompt | str | Iterable[Message] = "",
        *,
        stream: bool | None = None,
        raw_body: bytes | str | None = None,
        headers: Mapping[str, HeaderValue] | None = None,
        api_key: Secret | str | EllipsisType | None = ...,
        model: str | None = None,
        path: str | None = None,
        method: str | None = None,
        params: Mapping[str, Any] | None = None,
        max_tokens: int | None = None,
        tools: Iterable[Mapping[str, Any]] = (),
        timeouts: Timeouts | None = None,
        keep_raw: bool = True,
    ) -> Exchange:
        """Ask once and wait for the answer's end; what the target does wrong is in the exchange.

        Args:
            stream: ask for a stream; None and False ask for one body.
            raw_body: send exactly this as the body, instead of what the protocol makes of the prompt.
            headers: on top of the target's; None as a value drops that header.
            api_key: ``...`` sends the target's, None sends none, anything else is sent instead.
            model, params, max_tokens, tools: override the prompt's.
            path, method: instead of the protocol's; a path that begins with a slash counts from the root.

        Raises:
            UsageError: it cannot be sent as it stands (a line end in a header, blanks in a path).
            HarnessError: closed already, or this machine has no socket left.
        """
        asked = Prompt.of(prompt, max_tokens=max_tokens, tools=map(dict, tools), params=params, model=model)
        request = self._client.protocol.build(asked, bool(stream))
        if raw_body is not None:
            request = request._replace(body=raw_body if isinstance(raw_body, bytes) else raw_body.encode())
        if path is not None or method is not None:
            request = request._replace(path=path or request.path, method=method or request.method)
        prepared = self._client.prepare(request, headers=headers, api_key=self._key(api_key))
        return self._exchange(prepared, timeouts, keep_raw)

    def get(
        self,
        path: str,
        *,
        method: str = "GET",
        headers: Mapping[str, HeaderValue] | None = None,
        api_key: Secret | str | EllipsisType | None = ...,
        timeouts: Timeouts | None = None,
    ) -> Exchange:
        """Fetch a page that follows no model protocol (``/health``, ``/v1/models``, ``/metrics``).

        Args:
            path: from the root where it begins with a slash, else relative to the target's uri.

        Raises:
            UsageError, HarnessError: as `send`.
        """
        request = WireRequest(method, path, (("accept", "*/*"),), b"")
        prepared = self._client.prepare(request, headers=headers, api_key=self._key(api_key), plain=True)
        return self._exchange(prepared, timeouts, True)

    def send_many(
        self,
        prompts: Iterable[Prompt | str | Iterable[Message]],
        *,
        concurrency: int = 8,
        stream: bool = False,
        keep_raw: bool = True,
    ) -> list[Exchange]:
        """Ask all of *prompts*, at most *concurrency* at a time; the answers come back in the prompts' order.

        Raises:
            UsageError, HarnessError: as `send`.
        """
        prepared = [self._client.prepare(Prompt.of(prompt), stream=stream) for prompt in prompts]
        first = self._take(len(prepared))

        async def all_of_them() -> list[Exchange]:
            slots = asyncio.Semaphore(concurrency)

            async def one(index: int, request: Prepared) -> Exchange:
                async with slots:
                    return await self._client.exchange(
                        request, index=first + index, zero=self._zero, prompt=index, keep_raw=keep_raw
                    )

            return await asyncio.gather(*(one(index, request) for index, request in enumerate(prepared)))

        return [self._told(exchange) for exchange in self._run(all_of_them())]

    def close(self) -> None:
        """Close all connections and end the background thread; a second call does nothing."""
        with self._lock:
            self._closed = True
            loop, thread = self._loop, self._thread
            self._loop = self._thread = None
        if loop is None or thread is None:
            return
        asyncio.run_coroutine_threadsafe(self._client.close(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()

    def __enter__(self) -> Target:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Target({self.config.name!r}, {self.config.uri!r})"

    def _key(self, api_key: Secret | str | EllipsisType | None) -> Secret | str | None:
        if isinstance(api_key, EllipsisType):
            return None
        if api_key is None:
            return ""
        self.redactor.add(api_key)
        return api_key

    def _take(self, count: int) -> int:
        with self._lock:
            first = self.count
            self.count += count
        return first

    def _exchange(self, prepared: Prepared, timeouts: Timeouts | None, keep_raw: bool) -> Exchange:
        index = self._take(1)
        asked = self._client.exchange(
            prepared, index=index, zero=self._zero, keep_raw=keep_raw, timeouts=timeouts
        )
        return self._told(self._run(asked))

    def _told(self, exchange: Exchange) -> Exchange:
        if self._on_exchange is not None:
            self._on_exchange(exchange)
        return exchange

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            future: Future[T] = asyncio.run_coroutine_threadsafe(work, self._running_loop())
        except HarnessError:
            work.close()
            raise
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._closed:
                raise HarnessError(f"target {self.config.name!r} is closed already")
            if self._loop is None:
                self._loop = new_event_loop()
                self._thread = threading.Thread(
                    target=_serve, args=(self._loop,), name=f"seatrial-{self.config.name}", daemon=True
                )
                self._thread.start()
            return self._loop


def new_event_loop() -> asyncio.AbstractEventLoop:
    """An event loop on uvloop where there is one, else asyncio's own."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        asyncio.set_event_loop(None)
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
