"""Whether a system serves: asked over HTTP, from the outside, as its users would."""

from __future__ import annotations

import http.client
import random
import socket
import time
from collections.abc import Callable, Container
from pathlib import Path
from urllib.parse import urlsplit

from seatrial.core.errors import HarnessError, UsageError
from seatrial.systems.recipe import Ready

HOST = "127.0.0.1"
PAUSE = 0.05
"""Seconds between two questions."""
PATIENCE = 2.0
"""Seconds for one answer."""
LOWEST = 10_000
TRIES = 100
OUTGOING = Path("/proc/sys/net/ipv4/ip_local_port_range")
IANA_DYNAMIC = 49_152
"""Where the ports begin that RFC 6335 leaves to whoever needs one for a moment."""


def wait_until_ready(url: str, ready: Ready, alive: Callable[[], bool]) -> bool:
    """Ask until `ready.stable` good answers came in a row; False when time is up or the system has died.

    Args:
        url: the recipe's, filled in.
        alive: whether the process still runs.

    Raises:
        UsageError: the URL cannot be asked.
    """
    deadline = time.monotonic() + ready.timeout
    good = 0
    while alive() and time.monotonic() < deadline:
        good = good + 1 if status_of(url) == ready.status else 0
        if good >= ready.stable:
            # A stranger on our port answers as well: ours must be there to be believed.
            return alive()
        time.sleep(PAUSE)
    return False


def status_of(url: str) -> int:
    """The HTTP status of a GET, 0 where none came.

    Raises:
        UsageError: the URL cannot be asked.
    """
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname:
        raise UsageError(
            f"{url!r} cannot be asked", where="ready.url", hint="write http://127.0.0.1:{port}/…"
        )
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=PATIENCE)
    try:
        connection.request("GET", parts.path or "/", headers={"connection": "close"})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def require_free(port: int, what: str) -> None:
    """Make sure that nobody listens there: a stranger who answers in our place would be taken for ours.

    Args:
        what: the port, for people.

    Raises:
        HarnessError: somebody does.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            reason = (error.strerror or "").lower()
            raise HarnessError(
                f"{what} cannot be {port}: {reason}", where=f"{HOST}:{port}", hint="stop what listens there"
            ) from error


def quiet_port(taken: Container[int] = ()) -> int:
    """A TCP port of 127.0.0.1 that stays free while nobody listens, for who closes and opens it again.

    The kernel takes the ports of outgoing connections from a range; one below it is not taken by chance.
    Where there is no room below, it is any free port.

    Args:
        taken: not one of these.
    """
    end = _first_of_outgoing()
    draw = random.SystemRandom()
    for _ in range(TRIES if end > LOWEST else 0):
        port = draw.randrange(LOWEST, end)
        if port not in taken and _unused(port):
            return port
    return free_port()


def _first_of_outgoing() -> int:
    """The first port that the kernel may give to an outgoing connection."""
    try:
        return int(OUTGOING.read_text(encoding="ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return IANA_DYNAMIC


def _unused(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
