"""The flight recorder: every attempt that reached the proxy, and which faults hit it.

It is the witness of every fault (one that hit nothing proved nothing), and the ground truth about what a
system under test did: how often it tried, when, and with what.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable
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
        idempotency_key: as the caller sent it: a provider does such a call once, however often it is asked.
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
    idempotency_key: str | None
    body_hash: str
    request_bytes: int
    status: int
    response_bytes: int
    events: int
    faults: tuple[str, ...]
    outcome: str


class Flight:
    """An attempt while it is on its way.

    Args:
        recorder: keeps it.
        number: 1 for the proxy's first.
        started: when its first byte came.
    """

    # Defaults live on the class: most of them stay, and a flight is made for every request.
    ended = 0.0
    method = path = ""
    model: str | None = None
    tenant: str | None = None
    idempotency_key: str | None = None
    body_hash = b""
    request_bytes = response_bytes = status = events = 0
    faults: tuple[str, ...] = ()
    outcome = OPEN
    head_only = False
    catch_up: Callable[[], None] | None = None
    """Brings it up to date, where that is put off."""

    def __init__(self, recorder: Recorder, number: int, started: float) -> None:
        self._recorder = recorder
        self.number = number
        self.started = started

    def end(self, outcome: str) -> None:
        """It is over; only the first word counts."""
        if self.outcome is OPEN:
            self.catch_up = None
            self.outcome = outcome
            self.ended = clock()
            self.keep()

    def end_whole(self, status: int, size: int) -> None:
        """It was answered in one piece, and nothing acted on it."""
        self.status = status
        self.response_bytes = size
        self.end(OK)

    def hit_by(self, name: str) -> None:
        """The toxic *name* acted on it."""
        if name not in self.faults:
            self.faults = (*self.faults, name)

    def keep(self) -> None:
        """It is over: only its figures are kept. To be called again where some of them come later."""
        if self.outcome is not OPEN:
            self._recorder.keep(self.number, self.figures())

    def figures(self) -> tuple[Any, ...]:
        """What is known of it by now, in the order of `Attempt` without the proxy."""
        if self.catch_up is not None:
            self.catch_up()
        return (
            self.number, self.started, self.ended, self.method, self.path, self.model, self.tenant,
            self.idempotency_key, self.body_hash, self.request_bytes, self.status, self.response_bytes,
            self.events, self.faults, self.outcome,
        )  # fmt: skip


def hashed(method: str, path: str) -> bytes:
    """What is hashed before the body."""
    return f"{method} {path}\n".encode()


def hash_of(method: str, path: str, body: bytes) -> bytes:
    """What attempts of one logical call have in common."""
    return hashlib.sha256(hashed(method, path) + body).digest()


class Recorder:
    """The attempts of one proxy, the latest `MAX_ATTEMPTS` of them.

    Args:
        proxy: the proxy's name.
    """

    def __init__(self, proxy: str) -> None:
        self.proxy = proxy
        self.count = 0
        # A plain tuple of plain values costs the garbage collector nothing; a flight in its place would.
        self._kept: deque[Flight | tuple[Any, ...]] = deque(maxlen=MAX_ATTEMPTS)

    def begin(self, started: float) -> Flight:
        """A request begins."""
        self.count += 1
        flight = Flight(self, self.count, started)
        self._kept.append(flight)
        return flight

    def keep(self, number: int, figures: tuple[Any, ...]) -> None:
        """Attempt *number* is over."""
        place = number - self.count - 1
        if -place <= len(self._kept):
            self._kept[place] = figures

    def attempts(self, since: int = 0) -> list[Attempt]:
        """Attempts with a number above *since*, in order; those still on their way are ``open``."""
        kept = self._kept
        start = max(since - (self.count - len(kept)), 0)
        return [self._attempt(kept[index]) for index in range(start, len(kept))]

    def clear(self) -> None:
        """Forget all attempts; numbers go on."""
        self._kept.clear()

    def _attempt(self, kept: Flight | tuple[Any, ...]) -> Attempt:
        figures = kept.figures() if isinstance(kept, Flight) else kept
        number, started, ended, *middle = figures
        middle[5] = middle[5].hex()
        return Attempt(self.proxy, number, started, ended - started if ended else None, *middle)
