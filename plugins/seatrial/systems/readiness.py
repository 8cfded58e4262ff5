"""Whether a system serves: asked over HTTP, from the outside, as its users would."""

from __future__ import annotations

import http.client
import socket
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from seatrial.core.errors import HarnessError, UsageError
from seatrial.systems.recipe import Ready

HOST = "127.0.0.1"
PAUSE = 0.05
"""Seconds between two questions."""
PATIENCE = 2.0
"""Seconds for one answer."""


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


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
