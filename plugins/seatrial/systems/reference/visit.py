"""A call's visit at one provider: one attempt, or several where that is safe."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field

from seatrial.systems.reference.breaker import Breaker
from seatrial.systems.reference.chat_request import ChatRequest
from seatrial.systems.reference.defects import Defects
from seatrial.systems.reference.logs import NAME
from seatrial.systems.reference.metrics import Metrics
from seatrial.systems.reference.providers.base import (
    NO_TAG,
    End,
    Event,
    Failure,
    Provider,
    ProviderError,
    Tag,
)
from seatrial.systems.reference.retry import Backoff
from seatrial.systems.reference.settings import Settings

log = logging.getLogger(NAME)

ABANDONED, OK = "abandoned", "ok"


@dataclass(slots=True)
class Route:
    """How an answer came about; filled while it is made.

    Attributes:
        provider: who answered, or was asked last.
        attempts: calls made in all.
        tag: what providers are told about the call.
        model: the model that answered, where it is not the one that was asked for.
        latest: no attempt begins after this time (monotonic).
        begun: whether a part of the answer has been passed on.
    """

    provider: str = ""
    attempts: int = 0
    tag: Tag = NO_TAG
    model: str | None = None
    latest: float = field(default=math.inf, compare=False)
    begun: bool = field(default=False, compare=False)


class Visitor:
    """What all visits share: how attempts are repeated, and who is told what came of them.

    Args:
        moved: called for every event of every provider.
    """

    def __init__(
        self,
        settings: Settings,
        backoff: Backoff,
        defects: Defects,
        metrics: Metrics,
        moved: Callable[[], None],
    ) -> None:
        self.slow = settings.breaking.slow
        self.backoff = backoff
        self.defects = defects
        self.metrics = metrics
        self.moved = moved

    def invents(self, error: ProviderError) -> bool:
        """Whether a cut answer is passed on as a whole one."""
        names = ("invents-finish-reason", "passes-cut-stream-as-complete")
        return error.failure is Failure.CUT and any(self.defects.on(name) for name in names)

    def tell(self, breaker: Breaker, ticket: int, outcome: str, *, slow: bool) -> None:
        """Tell a breaker what came of a visit."""
        blind = self.defects.on("breaker-blind-to-hangs")
        if outcome in (ABANDONED, Failure.REFUSED.value):
            breaker.abandoned(ticket)
        elif outcome == OK and (blind or not slow):
            breaker.succeeded(ticket)
        elif blind and outcome == Failure.TIMEOUT.value:
            breaker.abandoned(ticket)
        else:
            breaker.failed(ticket)


class Visit:
    """One visit.

    Args:
        ticket: the breaker's.
        ask: what is asked of this provider.
        route: of the whole call; filled.
    """

    def __init__(
        self,
        visitor: Visitor,
        provider: Provider,
        breaker: Breaker,
        ticket: int,
        ask: ChatRequest,
        route: Route,
    ) -> None:
        self._by = visitor
        self._provider = provider
        self._breaker = breaker
        self._ticket = ticket
        self._ask = ask
        self._route = route
        self._slow = False

    async def events(self) -> AsyncGenerator[Event, None]:
        """The answer's events; the last is `End`. The breaker is told of the visit as a whole.

        Raises:
            ProviderError: the provider did not answer, or broke off.
        """
        outcome = ABANDONED
        try:
            async with aclosing(self._attempts()) as events:
                async for event in events:
                    yield event
            outcome = OK
        except ProviderError as error:
            outcome = error.failure.value
            patience = self._by.backoff.patience(error)
            if patience is not None:
                self._breaker.hold(patience)
            raise
        finally:
            self._by.tell(self._breaker, self._ticket, outcome, slow=self._slow)
            self._by.metrics.breaker(self._provider.name, self._breaker.state)

    async def _attempts(self) -> AsyncGenerator[Event, None]:
        route, attempt = self._route, 0
        while True:
            attempt += 1
            route.attempts += 1
            route.provider = self._provider.name
            try:
                async with aclosing(self._passed_on()) as events:
                    async for event in events:
                        route.begun = True
                        yield event
                return
            except ProviderError as error:
                wait = None if route.begun else self._by.backoff.before_next(attempt, error)
                if wait is None or not self._may_repeat(wait):
                    raise
            await asyncio.sleep(wait)

    def _may_repeat(self, wait: float) -> bool:
        """Not while somebody else has found the provider broken, nor when the call has taken too long."""
        careless = ("retry-storm", "unbounded-backoff")
        if any(self._by.defects.on(name) for name in careless):
            return True
        trusted = self._breaker.closed(self._ticket) or self._by.defects.on("breaker-half-open-floods")
        return trusted and time.monotonic() + wait < self._route.latest

    async def _passed_on(self) -> AsyncGenerator[Event, None]:
        """A stream event by event; an unstreamed answer when it is whole, so that another can take over."""
        async with aclosing(self._attempt()) as events:
            if self._ask.stream:
                async for event in events:
                    yield event
                return
            whole = [event async for event in events]
        for event in whole:
            yield event

    async def _attempt(self) -> AsyncGenerator[Event, None]:
        """One attempt: it has an end, or it has failed."""
        name, outcome = self._provider.name, ABANDONED
        began, last = time.monotonic(), None
        try:
            async with aclosing(self._provider.generate(self._ask, self._route.tag)) as events:
                async for event in events:
                    self._by.moved()
                    if last is None:
                        self._slow = time.monotonic() - began > self._by.slow
                    last = event
                    yield event
            if not isinstance(last, End):
                raise ProviderError(Failure.CUT, name)
            outcome = OK
        except ProviderError as error:
            outcome = error.failure.value
            log.warning("provider failed", extra={"fields": {"provider": name, "failure": outcome}})
            if last is None or not self._by.invents(error):
                raise
            yield End("stop", None, None)
        finally:
            self._by.metrics.attempts.labels(name, outcome).inc()
