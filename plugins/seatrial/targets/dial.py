"""Opens connections: name lookup, TCP and TLS, each timed and each with its own kind of failure."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from collections.abc import Callable
from ipaddress import ip_address
from time import perf_counter as clock
from typing import Any

from seatrial.core.errors import HarnessError, UsageError
from seatrial.core.exchange import ErrorKind
from seatrial.targets.call import Call
from seatrial.targets.config import Address, TargetConfig
from seatrial.targets.http1 import Connection
from seatrial.targets.reader import excerpt

# Ours to answer for, not the target's: no file descriptor, no local port, no memory, no socket allowed.
OURS = frozenset(
    {errno.EMFILE, errno.ENFILE, errno.EADDRNOTAVAIL, errno.ENOBUFS, errno.ENOMEM, errno.EACCES, errno.EPERM}
)
Info = tuple[Any, Any, int, str, Any]


class DialError(Exception):
    """The target could not be reached."""

    def __init__(self, kind: ErrorKind, detail: str) -> None:
        super().__init__(kind, detail)
        self.kind = kind
        self.detail = detail


def tls_context(config: TargetConfig) -> ssl.SSLContext | None:
    """The TLS settings for *config*, None for plain http.

    Raises:
        UsageError: the file of authorities cannot be read.
    """
    if not config.address.tls:
        return None
    try:
        context = ssl.create_default_context(cafile=config.tls.ca_file)
    except (OSError, ssl.SSLError) as error:
        where = f"target {config.name!r} tls.ca_file {config.tls.ca_file}"
        raise UsageError(f"not a readable PEM file ({error})", where=where) from error
    context.set_alpn_protocols(["http/1.1"])
    if not config.tls.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


async def dial(
    config: TargetConfig, context: ssl.SSLContext | None, make: Callable[[], Connection]
) -> Connection:
    """A fresh connection to the target.

    Raises:
        DialError: name, TCP or TLS failed.
        HarnessError: this machine has no socket left to give.
    """
    address, limit = config.address, config.timeouts.connect
    phase = ErrorKind.DNS
    try:
        async with asyncio.timeout(limit):
            infos = await _resolve(address)
            phase = ErrorKind.CONNECT
            sock = await _connect(address, infos, limit)
            connected = clock()
            phase = ErrorKind.TLS
            connection = await _secure(config, context, sock, make)
    except TimeoutError:
        what = {"dns": "the name was not resolved", "connect": "no connection", "tls": "no TLS handshake"}[
            phase.value
        ]
        raise DialError(phase, f"{address.authority}: {what} within {limit:g} s (timeouts.connect)") from None
    connection.connected = connected
    if context is not None:
        connection.secured = clock()
    return connection


async def reach(config: TargetConfig) -> None:
    """Connect to the target and hang up: it is not asked anything.

    Raises:
        DialError: name, TCP or TLS failed.
        HarnessError: this machine has no socket left to give.
        UsageError: the file of authorities cannot be read.
    """
    loop = asyncio.get_running_loop()
    context, gone = tls_context(config), asyncio.Event()
    connection = await dial(config, context, lambda: Connection(loop, _Visitor(gone)))
    connection.close()
    try:
        async with asyncio.timeout(config.timeouts.connect):
            await gone.wait()
    except TimeoutError:  # a TLS goodbye that is not returned
        connection.abort()


class _Visitor:
    """Keeps a connection that carries no call, until it is gone."""

    def __init__(self, gone: asyncio.Event) -> None:
        self._gone = gone

    def opened(self, connection: Connection) -> None:
        """It stands: nothing is asked."""

    def finished(self, connection: Connection, call: Call) -> None:
        """No call, no end."""

    def stale(self, call: Call) -> None:
        """No call to repeat."""

    def trouble(self, call: Call, error: Exception) -> None:
        """No reader to break its promise."""

    def lost(self, connection: Connection) -> None:
        """Gone for good."""
        self._gone.set()


async def _resolve(address: Address) -> list[Info]:
    literal = _literal(address)
    if literal:
        return [literal]
    loop = asyncio.get_running_loop()
    try:
        return list(await loop.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM))
    except (socket.gaierror, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise DialError(ErrorKind.DNS, f"the name {address.host!r} does not resolve ({reason})") from None


def _literal(address: Address) -> Info | None:
    """The address itself, where the uri names no host to look up."""
    try:
        version = ip_address(address.host).version
    except ValueError:
        return None
    family = socket.AF_INET6 if version == 6 else socket.AF_INET
    return (family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address.host, address.port))


async def _connect(address: Address, infos: list[Info], limit: float) -> socket.socket:
    """TCP to the first address that answers; each gets its share of the time: a dead one hides none."""
    failure: OSError | None = None
    for left, info in zip(range(len(infos), 0, -1), infos, strict=True):
        try:
            return await _connect_one(info, limit / left if left > 1 else None)
        except TimeoutError as error:
            failure = error
        except OSError as error:
            if error.errno in OURS:
                hint = "raise `ulimit -n`, or lower the traffic's concurrency"
                raise HarnessError(
                    f"no connection could be opened here ({error.strerror})", hint=hint
                ) from error
            failure = error
    assert failure is not None
    raise DialError(ErrorKind.CONNECT, f"{address.authority}: {_connect_detail(failure)}")


async def _connect_one(info: Info, limit: float | None) -> socket.socket:
    loop = asyncio.get_running_loop()
    family, kind, protocol, _, where = info
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        async with asyncio.timeout(limit):
            await loop.sock_connect(sock, where)
    except BaseException:
        sock.close()
        raise
    return sock


async def _secure(
    config: TargetConfig, context: ssl.SSLContext | None, sock: socket.socket, make: Callable[[], Connection]
) -> Connection:
    loop = asyncio.get_running_loop()
    options: dict[str, Any] = {}
    if context is not None:
        options = {"ssl": context, "server_hostname": config.tls.server_name or config.address.host}
    try:
        _, connection = await loop.create_connection(make, sock=sock, **options)
    except ssl.SSLError as error:
        raise DialError(ErrorKind.TLS, f"{config.address.authority}: {_tls_detail(error)}") from None
    except OSError as error:
        raise DialError(
            ErrorKind.TLS, f"{config.address.authority}: closed during the TLS handshake"
        ) from error
    except BaseException:
        sock.close()
        raise
    return connection


def _connect_detail(error: OSError) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "connection refused: nothing listens there, is the target started?"
    if isinstance(error, TimeoutError):
        return "no connection in time: is the address right, and does a firewall let it through?"
    return f"no connection ({error.strerror or type(error).__name__})"


def _tls_detail(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        reason = error.verify_message or str(error)
        hint = {
            10: "renew it",
            18: "name its PEM file as tls.ca_file if it is yours",
            19: "name the authority's PEM file as tls.ca_file if it is yours",
            20: "name the authority's PEM file as tls.ca_file if it is yours",
            64: "does the uri use the address the certificate was made for?",
            62: "does the uri use the name the certificate was made for?",
        }.get(error.verify_code, "")
        return f"the certificate is not accepted: {reason}" + (f"; {hint}" if hint else "")
    if error.reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"):
        return "the port answers, but not with TLS: should the uri begin with http?"
    return f"the TLS handshake failed ({excerpt(error.reason or str(error), 80)})"
