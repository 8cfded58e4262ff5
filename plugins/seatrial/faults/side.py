"""The two ends of a proxied connection, as the event loop's protocols."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from seatrial.faults.session import Session

RST_ON_CLOSE = struct.pack("ii", 1, 0)
MAX_PENDING = 1 << 16


class Side(asyncio.Protocol):
    """One of the two ends: the caller, or the upstream.

    Attributes:
        received, sent: bytes from it and to it.
        forward: takes the bytes from it.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.transport: asyncio.Transport | None = None
        self.received = self.sent = 0
        self.forward: Callable[[bytes], None]
        self._write: Callable[[bytes], None] = self.keep
        self._pending: list[bytes] = []
        self._finish = False
        self.detached = False

    def write(self, data: bytes) -> None:
        """Send; what comes before the connection stands waits for it."""
        self.sent += len(data)
        self._write(data)

    def finish(self) -> bool:
        """Send the end of our bytes (FIN); False where the connection knows no half-close."""
        transport = self.transport
        if transport is None:
            self._finish = True
            return True
        if not transport.can_write_eof():
            return False
        if not transport.is_closing():
            transport.write_eof()
        return True

    def wait(self, yes: bool) -> None:
        """Read no further, or go on."""
        transport = self.transport
        if transport is not None and not transport.is_closing():
            if yes:
                transport.pause_reading()
            else:
                transport.resume_reading()

    def close(self, *, reset: bool = False, abort: bool = False) -> None:
        """Close: what is written still goes out, unless it is to be reset or aborted."""
        transport = self.transport
        if transport is None:
            return
        if reset:
            with suppress(OSError):
                sock: Any = transport.get_extra_info("socket")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST_ON_CLOSE)
        if reset or abort:
            transport.abort()
        else:
            transport.close()

    @property
    def unsent(self) -> int:
        """Bytes written that the system has not taken yet."""
        return 0 if self.transport is None else self.transport.get_write_buffer_size()

    def kept(self) -> list[bytes]:
        """What was kept, which is then forgotten."""
        kept, self._pending = self._pending, []
        return kept

    def renewed(self, transport: asyncio.Transport) -> None:
        """The connection goes on over another transport (TLS)."""
        self.transport = transport
        self._write = transport.write

    # -- the transport's side

    def data_received(self, data: bytes) -> None:
        self.received += len(data)
        self.forward(data)

    def _stand(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self._write = self.transport.write
        for data in self.kept():
            self._write(data)
        if self._finish:
            self.finish()

    def keep(self, data: bytes) -> None:
        """Keep bytes for later; the caller has to wait where they are many."""
        self._pending.append(data)
        if sum(map(len, self._pending)) > MAX_PENDING:
            self.session.up.full(True)


class ClientSide(Side):
    """The caller."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._stand(transport)
        self.session.begin()

    def eof_received(self) -> bool:
        self.session.client_ended()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None
        self._write = lambda _: None
        self.session.client_lost(exc)

    def pause_writing(self) -> None:
        self.session.down.full(True)

    def resume_writing(self) -> None:
        self.session.down.full(False)


class UpstreamSide(Side):
    """The upstream."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self.detached:
            cast("asyncio.Transport", transport).abort()
            return
        self._stand(transport)
        self.session.up.full(False)
        if self.session.down.waits:
            self.wait(True)

    def eof_received(self) -> bool:
        if not self.detached:
            self.session.down.end("eof")
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None
        self._write = lambda _: self.session.reset()
        if not self.detached:
            self.session.upstream_lost(exc)

    def pause_writing(self) -> None:
        if not self.detached:
            self.session.up.full(True)

    def resume_writing(self) -> None:
        if not self.detached:
            self.session.up.full(False)
