"""The flight recorder: every attempt that reached the proxy, and which faults hit it.

It is the witness of every fault (one that hit nothing proved nothing), and the ground truth about what a
system under test did: how often it tried, when, and with what.
"""

from __future__ import annotations

import hashlib
from collections import deque
from time import monotonic as clock
from typing import Any, NamedTuple

MAX_ATTEMPTS = 100_000

OPEN, OK, TRUNCATED, RESET = "open", "ok", "truncated", "reset"
TIMEOUT, ABORTED, REFUSED = "timeout", "aborted-by-client", "refused"


class Witness:
    """How often a toxic acted, and when first and last (seconds on `time.monotonic`)."""

    __slots__ = ("first", "hits", "last")

    def __init__(self) -> None:
        self.hits = 0
        self.first: float | None = None
        self.last: float | None = None

    def hit(self, times: int = 1) -> None:
        """It acted so many times."""
        if not times:
            return
        self.hits += times
        self.last = clock()
        if self.first is None:
            self.first = self.last

    def show(self) -> dict[str, Any]:
        """As the control API shows it."""
        return {"hits": self.hits, "first": self.first, "last": self.last}


class Attempt(NamedTuple):
    """One request as it passed the proxy.

    Attributes:
        number: 1 for the proxy's first, in the order in which they came.
        started: when its first byte came, seconds on `time.monotonic`; *duration* is from there to its end.
        body_hash: SHA-256 over method, path and body: attempts of one logical call share it.
        request_bytes, response_bytes: of the bodies, the latter as the caller got it.
        status: 0 where no answer came.
        events: events of a stream that the caller got.
        faults: names of the toxics that acted on it.
        outcome: ``ok`` a whole answer (with any status); ``truncated`` the connection was closed before its
            end, ``reset`` it was reset, ``timeout`` the toxic timeout closed it; ``aborted-by-client`` the
            caller left first; ``refused`` the upstream could not be reached; ``not-http``; ``open`` it is
            still on its way.
    """

    proxy: str
    number: int
    started: float
    duration: float | None
    method: str
    path: str
    model: str | None
    tenant: str | None
    body_hash: str
    request_bytes: int
    status: int
    response_bytes: int
    events: int
    faults: tuple[str, ...]
    outcome: str


class Flight:
    """An attempt while it is on its way, and afterwards."""

    __slots__ = (
        "body_hash", "ended", "events", "faults", "head_only", "method", "model", "number", "outcome", "path",
        "request_bytes", "response_bytes", "started", "status", "tenant",
    )  # fmt: skip

    def __init__(self, number: int, started: float) -> None:
        self.number = number
        self.started = started
        self.ended = 0.0
        self.method = self.path = ""
        self.model: str | None = None
        self.tenant: str | None = None
        self.body_hash = b""
        self.request_bytes = self.response_bytes = self.status = self.events = 0
        self.faults: tuple[str, ...] = ()
        self.outcome = OPEN
        self.head_only = False

    def end(self, outcome: str) -> None:
        """It is over; only the first word counts."""
        if self.outcome is OPEN:
            self.outcome = outcome
            self.ended = clock()

    def hit_by(self, name: str) -> None:
        """The toxic *name* acted on it."""
        if name not in self.faults:
            self.faults = (*self.faults, name)

    def attempt(self, proxy: str) -> Attempt:
        """What is known of it by now."""
        duration = self.ended - self.started if self.ended else None
        return Attempt(
            proxy, self.number, self.started, duration, self.method, self.path, self.model, self.tenant,
            self.body_hash.hex(), self.request_bytes, self.status, self.response_bytes, self.events,
            self.faults, self.outcome,
        )  # fmt: skip


def hash_of(method: str, path: str, body: bytes) -> bytes:
    """What attempts of one logical call have in common."""
    return hashlib.sha256(b"%b %b\n%b" % (method.encode(), path.encode(), body)).digest()


class Recorder:
    """The attempts of one proxy, the latest `MAX_ATTEMPTS` of them.

    Args:
        proxy: the proxy's name.
    """

    def __init__(self, proxy: str) -> None:
        self.proxy = proxy
        self.count = 0
        self._flights: deque[Flight] = deque(maxlen=MAX_ATTEMPTS)

    def begin(self, started: float) -> Flight:
        """A request begins."""
        self.count += 1
        flight = Flight(self.count, started)
        self._flights.append(flight)
        return flight

    def attempts(self, since: int = 0) -> list[Attempt]:
        """Attempts with a number above *since*, in order; those still on their way are ``open``."""
        flights = self._flights
        first = flights[0].number if flights else 1
        start = max(since - first + 1, 0)
        return [flights[index].attempt(self.proxy) for index in range(start, len(flights))]

    def clear(self) -> None:
        """Forget all attempts; numbers go on."""
        self._flights.clear()
