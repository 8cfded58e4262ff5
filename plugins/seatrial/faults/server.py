"""The proxies and their control API in one loop: in a thread of its own here, or as `seatrial proxy`."""

from __future__ import annotations

import asyncio
import threading
import traceback
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, Self, TypeVar

from seatrial.core.errors import HarnessError, UsageError
from seatrial.faults.address import AddressError, join, listening, split
from seatrial.faults.collection import Collection
from seatrial.faults.control.api import Api
from seatrial.faults.control.http import ControlConnection
from seatrial.faults.control.inputs import ApiError
from seatrial.faults.timers import Timers

T = TypeVar("T")

CONTROL = "127.0.0.1:8474"
"""Where Toxiproxy's control API is expected."""
START_TIMEOUT = 10.0


class ProxyService:
    """Everything that runs in the loop.

    Args:
        control: where the control API listens; None for nowhere.
        seed: every draw of every proxy depends on it.
    """

    def __init__(self, control: str | None = CONTROL, seed: int = 0) -> None:
        self._control = control
        self._seed = seed
        self._server: asyncio.Server | None = None
        self._connections: set[ControlConnection] = set()
        self.address: str | None = None
        self.timers: Timers
        self.proxies: Collection
        self.troubles: list[str] = []

    async def start(self) -> None:
        """Begin.

        Raises:
            UsageError: the address of the control API is none.
            HarnessError: it cannot be had.
        """
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._told)
        allow_many_files()
        self.timers = Timers(loop)
        self.proxies = Collection(self.timers, self._seed, self._trouble)
        if self._control is None:
            return
        api = Api(self.proxies)
        try:
            host, port = split(self._control)
            self._server = await loop.create_server(
                lambda: ControlConnection(api.handle, self._connections), host or "127.0.0.1", port
            )
        except AddressError as error:
            self.timers.close()
            raise UsageError(f"no address for the control API: {error}", hint="write host:port") from error
        except OSError as error:
            self.timers.close()
            raise HarnessError(
                f"the control API cannot listen on {self._control} ({error.strerror})",
                hint="stop what listens there, or name another address",
            ) from error
        self.address = join(host or "127.0.0.1", self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Nothing listens any more, and every connection is cut."""
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            connection.close()
        proxies = self.proxies.all()
        for proxy in proxies:
            proxy.close()
        for proxy in proxies:
            await proxy.closed()
        self.timers.close()
        await asyncio.sleep(0)

    def _trouble(self, error: Exception) -> None:
        self.troubles.append(f"in the control API: {error!r}")
        traceback.print_exception(error)

    def _told(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        self.troubles.append(f"{context.get('message')}: {error!r}")
        loop.default_exception_handler(context)


class ProxyServer:
    """A proxy service in a thread of its own.

    Use it as a context manager, or `start` and `stop` it. Its methods may be called from any thread.

    Args:
        control: where the control API listens; port 0 for any free one, None for nowhere.
        seed: every draw of every proxy depends on it.
        proxies: descriptions as the control API takes them, to begin with.
    """

    def __init__(
        self, control: str | None = "127.0.0.1:0", *, seed: int = 0, proxies: Sequence[dict[str, Any]] = ()
    ) -> None:
        self._service = ProxyService(control, seed)
        self._begin_with = list(proxies)
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None

    def start(self) -> Self:
        """Begin; when this returns, everything listens.

        Raises:
            UsageError: an address or a description is wrong.
            HarnessError: an address cannot be had.
        """
        ready: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, args=(ready,), name="seatrial-proxy", daemon=True)
        self._thread.start()
        try:
            ready.result(START_TIMEOUT)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End; when this returns, nothing listens."""
        if self._thread is None:
            return
        if self._loop is not None and self._stop is not None and self._thread.is_alive():
            with suppress(RuntimeError):  # it has just ended by itself
                self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(START_TIMEOUT)
        if self._thread.is_alive():
            raise HarnessError("the proxy's thread does not end")
        self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The control API's."""
        return f"http://{self._service.address}"

    @property
    def troubles(self) -> list[str]:
        """Errors of our own that nobody was there to hear."""
        return list(self._service.troubles)

    def call(self, work: Callable[[Collection], Awaitable[T]]) -> T:
        """Run *work* in the proxies' loop and wait for what it returns."""
        assert self._loop is not None
        proxies = self._service.proxies

        async def run() -> T:
            return await work(proxies)

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(START_TIMEOUT)

    def _run(self, ready: Future[None]) -> None:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            self._loop = runner.get_loop()
            runner.run(self._serve(ready))

    async def _serve(self, ready: Future[None]) -> None:
        self._stop = asyncio.Event()
        try:
            await self._service.start()
        except BaseException as error:  # handed to who waits, in the other thread
            ready.set_exception(error)
            return
        try:
            await begin(self._service.proxies, self._begin_with)
        except BaseException as error:
            await self._service.stop()
            ready.set_exception(error)
            return
        ready.set_result(None)
        await self._stop.wait()
        await self._service.stop()


async def begin(collection: Collection, described: list[dict[str, Any]]) -> None:
    """Create the proxies to begin with.

    Raises:
        UsageError: one is described wrongly.
        HarnessError: an address cannot be had.
    """
    try:
        for each in described:
            if isinstance(each, dict) and isinstance(each.get("listen"), str):
                listening(each["listen"])
        error = (await collection.populate(described))[1]
    except AddressError as wrong:
        raise UsageError(f"a proxy cannot listen there: {wrong}", hint="write host:port") from wrong
    except ApiError as wrong:
        raise UsageError(f"the proxies are described wrongly: {wrong.message}") from wrong
    if error is not None:
        raise HarnessError(
            f"a proxy cannot start: {error.message}",
            hint="stop what listens there, or give the dependency another address",
        )


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's, where there is one."""
    try:
        import uvloop
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


def allow_many_files() -> None:
    """Each connection needs two: raise the soft limit to the hard one, at most 65536."""
    try:
        import resource
    except ImportError:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(hard, 65536) if hard != resource.RLIM_INFINITY else 65536
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
