"""One listener and its upstream, the toxics between them, and the record of what passed."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Callable, Iterator
from time import monotonic as clock
from typing import Any

from pydantic import BaseModel

from seatrial.core.errors import SeatrialError
from seatrial.faults.actions import Close, Pause, Reset, Tls
from seatrial.faults.address import AddressError, Upstream, join, listening
from seatrial.faults.base import AiFault, ConnectionFault, FaultKind
from seatrial.faults.chain import Chain, Stage
from seatrial.faults.http_layer import HttpLayer
from seatrial.faults.message import Request
from seatrial.faults.recorder import Flight, Recorder, Witness
from seatrial.faults.refusals import RefusalCounter
from seatrial.faults.session import Session
from seatrial.faults.side import Side
from seatrial.faults.timers import Timers
from seatrial.faults.toxic import Toxic

BACKLOG = 1024
REQUEST_LINE = re.compile(rb"[A-Z]{3,16} \S+ HTTP/1\.[01]\r\n")


class FaultProxy:
    """A proxy; all its methods are to be called in its loop.

    Args:
        name: unique in its server.
        listen: ``host:port``; no host means this machine alone, port 0 any free one.
        upstream: where it passes bytes on to.
        protocol: ``tcp``, or one that is spoken over HTTP/1.1, such as ``http`` or ``openai-chat``: then
            every request is recorded.
        seed: every draw depends on it.

    Attributes:
        listen: the address, with the true port once it listens.
        enabled: whether it listens.
        toxics: by name, in the order in which they were added.
        recorder: the attempts.
        witnesses: of its toxics by name, those that were removed, too.
        down: the witness of the last ``enabled: false``: connections cut, and connections refused.
        troubles: errors of faults of our own.
    """

    def __init__(
        self,
        name: str,
        listen: str,
        upstream: Upstream,
        timers: Timers,
        *,
        protocol: str = "tcp",
        seed: int = 0,
    ) -> None:
        self.name = name
        self.listen = listen
        self.upstream = upstream
        self.protocol = protocol
        self.timers = timers
        self.enabled = False
        self.toxics: dict[str, Toxic] = {}
        self.witnesses: dict[str, Witness] = {}
        self.recorder = Recorder(name)
        self.down = Witness()
        self.counts_refused: bool | None = None
        self.troubles: list[str] = []
        self.armed = False
        self.sessions: set[Session] = set()
        self._seed = seed
        self._accepted = 0
        self._server: asyncio.Server | None = None
        self._refusals: RefusalCounter | None = None
        self._context: ssl.SSLContext | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._gone = {"received": [0, 0], "sent": [0, 0]}

    # -- listening

    async def start(self) -> None:
        """Listen.

        Raises:
            AddressError: the address is none.
            OSError: it cannot be had, for example because it is taken.
        """
        if self.enabled:
            return
        self._context = self.upstream.context()
        host, port = listening(self.listen)
        loop = asyncio.get_running_loop()
        self._watch(None)
        self._server = await loop.create_server(self._accept, host, port, backlog=BACKLOG)
        self.listen = join(host, self._server.sockets[0].getsockname()[1])
        self.enabled = True

    def stop(self) -> None:
        """Listen no more, and cut every connection."""
        if not self.enabled:
            return
        self.enabled = False
        self.down = Witness()
        assert self._server is not None
        self._server.close()
        self._server = None
        self._watch(listening(self.listen)[1])
        self.cut()

    def close(self) -> None:
        """For good."""
        self.stop()
        self._watch(None)
        for task in self._tasks:
            task.cancel()

    async def closed(self) -> None:
        """Wait until every connection is gone."""
        for _ in range(200):
            if not self.sessions and not self._tasks:
                return
            await asyncio.sleep(0.005)

    def cut(self) -> int:
        """Cut every connection; tells how many there were."""
        sessions = list(self.sessions)
        for session in sessions:
            session.abort()
        if not self.enabled and sessions:
            self.down.hit(len(sessions))
        return len(sessions)

    def _watch(self, port: int | None) -> None:
        if self._refusals is not None:
            self._refusals.close()
            self._refusals = None
        if port:
            self._refusals = RefusalCounter(port, self.down.hit)
            self.counts_refused = self._refusals.works

    def _accept(self) -> asyncio.Protocol:
        self._accepted += 1
        return Session(self, self._accepted).client

    # -- what sessions tell and ask

    def accepted(self, session: Session) -> None:
        """A connection stands."""
        self.sessions.add(session)

    def left(self, session: Session) -> None:
        """A connection is gone."""
        if session in self.sessions:
            self.sessions.remove(session)
            self.count_bytes(session.upstream)
            self.count_bytes(session.client)

    def count_bytes(self, side: Side) -> None:
        """Add the bytes of a connection that is gone to the totals."""
        place = 0 if side is side.session.client else 1
        self._gone["received"][place] += side.received
        self._gone["sent"][1 - place] += side.sent

    def traffic(self) -> dict[str, tuple[int, int]]:
        """Bytes ``received`` and ``sent``, of the upstream and of the downstream direction."""
        totals = {key: list(value) for key, value in self._gone.items()}
        for session in self.sessions:
            totals["received"][0] += session.client.received
            totals["sent"][0] += session.upstream.sent
            totals["received"][1] += session.upstream.received
            totals["sent"][1] += session.client.sent
        return {key: (value[0], value[1]) for key, value in totals.items()}

    @property
    def http_aware(self) -> bool:
        """Whether requests are read."""
        return self.protocol != "tcp" or self.armed

    def layer(self, session: Session) -> None:
        """Let the session read requests."""
        session.http = HttpLayer(session)

    def layer_if_http(self, session: Session, data: bytes) -> None:
        """Let a session that stood before the proxy was armed read requests, where one begins with *data*."""
        if REQUEST_LINE.match(data):
            self.layer(session)

    def dial(self, side: Side, refused: Callable[[], None]) -> asyncio.Task[None]:
        """Call the upstream."""
        task = asyncio.get_running_loop().create_task(self._dial(side, refused))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _dial(self, side: Side, refused: Callable[[], None]) -> None:
        try:
            host, port = self.upstream.place()
            name = (self.upstream.server_name or host) if self._context is not None else None
            loop = asyncio.get_running_loop()
            await loop.create_connection(lambda: side, host, port, ssl=self._context, server_hostname=name)
        except (OSError, AddressError):
            refused()

    def secure(self, session: Session, context: ssl.SSLContext) -> None:
        """Speak TLS on the caller's connection."""
        task = asyncio.get_running_loop().create_task(self._secure(session, context))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @staticmethod
    async def _secure(session: Session, context: ssl.SSLContext) -> None:
        transport = session.client.transport
        if transport is None:
            return
        loop = asyncio.get_running_loop()
        try:
            secured = await loop.start_tls(transport, session.client, context, server_side=True)
        except OSError:
            secured = None
        session.secured(secured)

    def chain_for(self, flight: Flight, request: Request) -> Chain | None:
        """The faults that hit *request*, None where none does."""
        stages = []
        elapsed = clock()
        for toxic in self.toxics.values():
            if not toxic.is_ai or not toxic.chooser.hits(request, elapsed - toxic.added):
                continue
            kind: type[AiFault[Any]] = toxic.kind  # type: ignore[assignment]

            def hit(name: str) -> None:
                flight.hit_by(name)
                self.hit(name)

            key = (*toxic.key, request.number)
            stages.append(Stage(toxic.name, kind(toxic.attributes, request, key), hit))
        if not stages:
            return None
        return Chain(stages, old_client=request.version != "1.1", head_only=flight.head_only)

    def connection_script(self, number: int) -> Iterator[Pause | Tls | Close | Reset] | None:
        """What connection faults want done about connection *number*, None where there are none."""
        toxics = [toxic for toxic in self.toxics.values() if toxic.is_connection]
        return self._script(toxics, number) if toxics else None

    def _script(self, toxics: list[Toxic], number: int) -> Iterator[Pause | Tls | Close | Reset]:
        for toxic in toxics:
            when = toxic.chooser.when
            window = clock() - toxic.added
            outside = (when.from_ or 0) > window or (when.until is not None and window >= when.until)
            if outside or when.path or when.model or when.tenant or not toxic.chooser.draw(number):
                continue
            kind: type[ConnectionFault[Any]] = toxic.kind  # type: ignore[assignment]
            items = kind(toxic.attributes, (*toxic.key, number)).on_connect()
            if items is not None:
                self.hit(toxic.name)
                yield from items

    def hit(self, name: str) -> None:
        """The toxic *name* acted."""
        toxic = self.toxics.get(name)
        if toxic is not None:
            toxic.witness.hit()

    def trouble(self, error: SeatrialError) -> None:
        """A fault of ours is at fault."""
        self.troubles.append(str(error))

    # -- toxics

    def add_toxic(
        self, name: str, kind: type[FaultKind[Any]], stream: str, toxicity: float, attributes: BaseModel
    ) -> Toxic:
        """Put a toxic to work, on connections that stand, too."""
        key, order = (self._seed, self.name), lambda: list(self.toxics)
        toxic = Toxic(name, kind, stream, toxicity, attributes, key=key, order=order)
        self.toxics[name] = toxic
        self.witnesses[name] = toxic.witness
        self._arm()
        if getattr(kind, "cuts_existing", False):
            toxic.witness.hit(self.cut())
        for session in list(self.sessions):
            if toxic.is_tcp:
                session.link(toxic.stream).add(toxic)
            session.rewire()
        return toxic

    def update_toxic(self, toxic: Toxic, toxicity: float, attributes: BaseModel) -> None:
        """Give a toxic other settings."""
        toxic.update(toxicity, attributes)
        if toxic.is_tcp:
            for session in list(self.sessions):
                session.link(toxic.stream).update(toxic)

    def remove_toxic(self, name: str) -> None:
        """Take a toxic away; what it held goes on its way."""
        toxic = self.toxics.pop(name)
        self._arm()
        for session in list(self.sessions):
            if toxic.is_tcp:
                session.link(toxic.stream).remove(name)
            elif session.http is not None:
                session.http.removed(name)

    def remove_toxics(self) -> None:
        """Take all toxics away."""
        for name in list(self.toxics):
            self.remove_toxic(name)

    def _arm(self) -> None:
        self.armed = any(toxic.is_ai for toxic in self.toxics.values())

    # -- as the control API shows it

    def show(self) -> dict[str, Any]:
        """The proxy with its toxics: those of the upstream direction first, as Toxiproxy does."""
        shown: dict[str, Any] = {
            "name": self.name,
            "listen": self.listen,
            "upstream": self.upstream.text,
            "enabled": self.enabled,
            "toxics": self.show_toxics(),
        }
        if self.protocol != "tcp":
            shown["protocol"] = self.protocol
        return shown

    def show_toxics(self) -> list[dict[str, Any]]:
        """All toxics."""
        ordered = sorted(self.toxics.values(), key=lambda toxic: toxic.stream != "upstream")
        return [toxic.show() for toxic in ordered]

    def show_witness(self) -> dict[str, Any]:
        """What hit: ``down``, and each toxic, those that were removed, too."""
        shown = {"down": {**self.down.show(), "counts_refused": self.counts_refused}}
        return shown | {name: witness.show() for name, witness in self.witnesses.items()}
