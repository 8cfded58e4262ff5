"""One accepted connection and its upstream: bytes both ways, back-pressure, half-close, every kind of end."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from math import inf
from typing import TYPE_CHECKING

from seatrial.faults.actions import Close, Pause, Reset, Tls
from seatrial.faults.link import Link
from seatrial.faults.recorder import REFUSED, RESET, TIMEOUT, TRUNCATED
from seatrial.faults.side import ClientSide, UpstreamSide

if TYPE_CHECKING:
    from seatrial.faults.http_layer import HttpLayer
    from seatrial.faults.proxy import FaultProxy
    from seatrial.faults.tcp import Ending
    from seatrial.faults.timers import Timer

OUTCOMES: dict[str, str] = {"eof": TRUNCATED, "close": TRUNCATED, "reset": RESET, "timeout": TIMEOUT}


class Session:
    """What stands between one caller's connection and its upstream.

    Args:
        proxy: the proxy that accepted it.
        number: 1 for the proxy's first connection.

    Attributes:
        dialled: whether the upstream was called.
    """

    def __init__(self, proxy: FaultProxy, number: int) -> None:
        self.proxy = proxy
        self.number = number
        self.timers = proxy.timers
        self.client = ClientSide(self)
        self.upstream = UpstreamSide(self)
        self.up = Link(self, "upstream")
        self.down = Link(self, "downstream")
        self.http: HttpLayer | None = None
        self.closed = False
        self.client_eof = False
        self._up_done = self._down_done = False
        self.dialled = False
        self._dialling: asyncio.Task[None] | None = None
        self._script: Iterator[Pause | Tls | Close | Reset] | None = None
        self._timer: Timer | None = None
        self.up.wait = self.client.wait
        self.down.wait = self._hold_upstream
        self.up.sink_end = self._end_upstream
        self.rewire()

    def _hold_upstream(self, yes: bool) -> None:
        self.upstream.wait(yes)  # of whichever upstream there is

    # -- the beginning

    def begin(self) -> None:
        """The caller is there."""
        self.proxy.accepted(self)
        self.client.forward = self.client.keep  # nothing is looked at before connection faults had their say
        faults = self.proxy.connection_script(self.number)
        if faults is None:
            self.open()
            return
        self._script = faults
        self.client.wait(True)
        self._step()

    def open(self) -> None:
        """Let the caller's bytes through."""
        for toxic in self.proxy.toxics.values():
            if toxic.is_tcp:
                self.link(toxic.stream).add(toxic)
        if self.proxy.http_aware:
            self.proxy.layer(self)
        self.rewire()
        if self.http is None:
            self.dial()

    def dial(self) -> None:
        """Call the upstream, unless that was done."""
        if not self.dialled and not self.closed:
            self.dialled = True
            self._dialling = self.proxy.dial(self.upstream, self.refused)

    def refused(self) -> None:
        """The upstream cannot be reached."""
        if not self.closed:
            self.close(REFUSED)

    def rewire(self) -> None:
        """Join the parts in the shortest way that leaves none out."""
        http = self.http
        up, down = self.up, self.down
        if self.closed:
            return
        up.sink = self.upstream.write
        down.sink = self.client.write if http is None else http.from_upstream
        down.sink_end = self._end_client if http is None else http.upstream_ended
        self.client.forward = self.enter if http is None else http.from_client
        self.upstream.forward = down.feed if down.stages else down.sink
        if http is None and not self.proxy.armed:
            self.client.forward = up.feed if up.stages else up.sink

    def enter(self, data: bytes) -> None:
        """Bytes of a caller whose proxy was armed while the connection stood: does a request begin here?"""
        self.proxy.layer_if_http(self, data)
        self.rewire()
        if self.http is not None:
            self.http.from_client(data)
        else:
            self.up.feed(data)

    # -- the ends

    def client_ended(self) -> None:
        """The caller has said all it has to say (FIN)."""
        self.client_eof = True
        if self.closed:
            return
        if self._script is not None:
            self.abort()
        elif self.http is not None:
            self.http.client_ended()
        else:
            self.up.end("eof")

    def client_lost(self, exc: Exception | None) -> None:
        """The caller is gone."""
        if not self.closed:
            self.client_eof = True
            self._over(TRUNCATED)
            self.upstream.close(abort=True)
        self._forget()

    def upstream_lost(self, exc: Exception | None) -> None:
        """The upstream is gone."""
        if not self.closed:
            self.down.end("reset" if exc is not None else "eof")
        self._forget()

    def _end_upstream(self, how: Ending) -> None:
        if how != "eof":
            self._end(how)
        elif self.http is not None and not self.dialled:
            self.close(TRUNCATED)  # nobody was called, and nothing is left to call for
        elif not self.upstream.finish():
            self.close(TRUNCATED)
        else:
            self._up_done = True
            self._close_if_done()

    def _end_client(self, how: Ending) -> None:
        if how != "eof":
            self._end(how)
        elif not self.client.finish():
            self.close(TRUNCATED)
        else:
            self._down_done = True
            self._close_if_done()

    end_client = _end_client

    def _close_if_done(self) -> None:
        if self._up_done and self._down_done:
            self.close(TRUNCATED)

    def _end(self, how: Ending) -> None:
        if how == "reset":
            self.reset()
        else:
            self.close(OUTCOMES[how])

    def close(self, outcome: str) -> None:
        """Close both connections; what is written still goes out. Attempts end with *outcome*."""
        if self._over(outcome):
            self.client.close()
            self.upstream.close()
            self._forget()

    def abort(self) -> None:
        """Close both connections now."""
        if self._over(TRUNCATED):
            self.client.close(abort=True)
            self.upstream.close(abort=True)
            self._forget()

    def reset(self) -> None:
        """Reset the caller's connection, behind what is written; the upstream's is closed."""
        if self._over(RESET):
            self._reset(100)

    def _reset(self, patience: int) -> None:
        # What was written leaves in the loop's next turn; a reset would overtake it.
        if patience and (patience == 100 or self.client.unsent):
            self.timers.after(0.001, lambda: self._reset(patience - 1))
            return
        self.client.close(reset=True)
        self.upstream.close(reset=True)
        self._forget()

    def _over(self, outcome: str) -> bool:
        """Nothing passes any more; False where that was so before."""
        if self.closed:
            return False
        self.closed = True
        if self.http is not None:
            self.http.drop(outcome)
        self.up.drop()
        self.down.drop()
        self.client.forward = self.upstream.forward = lambda _: None
        if self._timer is not None:
            self._timer.cancel()
        if self.upstream.transport is None and self._dialling is not None:
            self.upstream.detached = True
            self._dialling.cancel()
        return True

    def _forget(self) -> None:
        if self.client.transport is None and self.upstream.transport is None:
            self.proxy.left(self)

    # -- a fresh upstream, and what happens before the first byte

    def renew_upstream(self) -> None:
        """Leave the upstream in the middle of what it says; the next request calls it anew."""
        old = self.upstream
        old.detached = True
        if old.transport is None and self._dialling is not None:
            self._dialling.cancel()
        old.close(abort=True)
        self.proxy.count_bytes(old)
        self.upstream = UpstreamSide(self)
        self._dialling = None
        self.dialled = False
        self.down.discard()
        self.rewire()

    def link(self, stream: str) -> Link:
        """The direction of that name."""
        return self.up if stream == "upstream" else self.down

    def acted(self, name: str) -> None:
        """The TCP toxic *name* acted."""
        self.proxy.hit(name)
        if self.http is not None:
            self.http.acted(name)

    def _step(self) -> None:
        """Go on with what connection faults ask for."""
        assert self._script is not None
        for item in self._script:
            if isinstance(item, Pause):
                if item.seconds == inf:
                    self.client.wait(False)  # nothing else will tell us when the caller leaves
                else:
                    self._timer = self.timers.after(item.seconds, self._step)
                return
            if isinstance(item, Tls):
                self.proxy.secure(self, item.context)
                return
            self.reset() if isinstance(item, Reset) else self.close(TRUNCATED)
            return
        self.resume()

    def secured(self, transport: asyncio.Transport | None) -> None:
        """TLS stands on the caller's connection, or (None) it failed."""
        if self.closed:
            return
        if transport is None:
            self.abort()
            return
        self.client.renewed(transport)
        self._step()

    def resume(self) -> None:
        """Connection faults have had their say."""
        self._script = None
        pending = self.client.kept()
        self.open()
        self.up.full(False)
        self.client.wait(self.up.waits)
        for data in pending:
            self.client.forward(data)
