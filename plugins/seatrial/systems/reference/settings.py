"""How the gateway is set up: the command line's values, and the defaults of everything else."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

CHAT_MODELS = ("small", "large")
EMBEDDING_MODELS = ("embed-small",)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds that a provider is given.

    Attributes:
        connect, first_chunk, idle, total: of one attempt.
        call: no further attempt is begun this long after the call, at whatever provider.
    """

    connect: float = 1.0
    first_chunk: float = 2.0
    idle: float = 2.0
    total: float = 30.0
    call: float = 10.0


@dataclass(frozen=True, slots=True)
class Retry:
    """How often and when a provider is asked again.

    Attributes:
        attempts: at most, for each provider.
        base, cap: seconds; the n-th wait is drawn between 0 and ``min(cap, base * 2**n)`` (full jitter).
    """

    attempts: int = 3
    base: float = 0.1
    cap: float = 1.0


@dataclass(frozen=True, slots=True)
class Breaking:
    """When a circuit breaker opens and closes.

    Attributes:
        share: opens beyond this share of failures in the window (the seed policy says 5 %).
        window: how many of the last calls count.
        least: fewer calls than this never open it by share.
        consecutive: as many failures in a row open it.
        rest: seconds it stays open before it lets one call through, give or take a fifth.
        slow: seconds to the first chunk beyond which an answer counts as a failure.
        ramp: calls at once that a provider must have coped with, in doubling steps, before it closes.
    """

    share: float = 0.05
    window: int = 50
    least: int = 20
    consecutive: int = 5
    rest: float = 5.0
    slow: float = 1.5
    ramp: int = 16


@dataclass(frozen=True, slots=True)
class Slots:
    """How many calls may be at work at once.

    Attributes:
        compartment: of one caller for one model.
        total: of all; *reserve* of them are not for traffic that said it can wait (service_tier flex).
        wait: seconds that a call waits for a slot before it is sent away.
    """

    compartment: int = 64
    total: int = 512
    reserve: int = 64
    wait: float = 1.0


@dataclass(frozen=True, slots=True)
class Crew:
    """How many answers are made at once.

    Attributes:
        workers: None for as many as there are slots.
        most: workers that may be added to; None for none more.
        queue: calls that may wait for each worker, for at most `wait` seconds.
        start: seconds that somebody has waited before one more is there.
        rest: seconds that one is idle before it is sent home.
        service: seconds that one is busy with each answer at the least: a capacity that is known.
    """

    workers: int | None = None
    most: int | None = None
    queue: int = 4
    wait: float = 1.0
    start: float = 0.25
    rest: float = 1.0
    service: float = 0.0


@dataclass(frozen=True, slots=True)
class Upstream:
    """A provider over HTTP."""

    name: str
    uri: str
    model: str | None = None
    key: str | None = field(default=None, repr=False)
    connections: int = 1024


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the gateway is told at its start.

    Attributes:
        keys: API keys that are let in; with none the gateway is open.
        upstreams: providers in the order they are asked; with none two built-in ones.
        rate: requests a second that each key may send; `burst` at once.
        max_body: bytes.
        cache: address of a cache service; without one answers are kept in the gateway itself.
        cache_seconds: how long an unstreamed answer at temperature 0 may be given again.
        cache_entries: at most, in the gateway itself.
        cache_timeout: seconds that a cache service is given for one question.
        state: file in which conversations and accepted work outlive a crash; without one they do not.
        stuck_after: seconds without progress, with work at hand, after which /health turns to 503.
    """

    seed: int = 0
    keys: tuple[str, ...] = field(default=(), repr=False)
    upstreams: tuple[Upstream, ...] = ()
    timeouts: Timeouts = Timeouts()
    retry: Retry = Retry()
    breaking: Breaking = Breaking()
    slots: Slots = Slots()
    crew: Crew = Crew()
    rate: float = 5000.0
    burst: int = 10000
    max_body: int = 1 << 20
    cache: str | None = None
    cache_seconds: float = 60.0
    cache_entries: int = 4096
    cache_timeout: float = 0.25
    stuck_after: float = 3.0
    audit: Path | None = None
    state: Path | None = None
