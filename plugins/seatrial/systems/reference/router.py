"""Which provider answers: the first whose breaker lets it, then the next.

As soon as a part of the answer has gone to the caller nobody else can take over: then the failure is the
caller's to see.
"""

from __future__ import annotations

import random
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing

from seatrial.systems.reference.breaker import Breaker, State
from seatrial.systems.reference.chat_request import ChatRequest
from seatrial.systems.reference.defects import Defects
from seatrial.systems.reference.errors import ApiError, upstream_error
from seatrial.systems.reference.herd import Herd
from seatrial.systems.reference.metrics import Metrics
from seatrial.systems.reference.providers.base import Event, Failure, Provider, ProviderError
from seatrial.systems.reference.retry import Backoff
from seatrial.systems.reference.settings import CHAT_MODELS, Settings
from seatrial.systems.reference.visit import Route, Visit, Visitor

__all__ = ["Route", "Router"]

_STATUS = {Failure.TIMEOUT: 504, Failure.RATE_LIMITED: 503, Failure.REFUSED: 400}


class Router:
    """Asks providers in order.

    Args:
        providers: the first is preferred, the last is the last resort.
        settings: retry, breaking and the seed of the jitter.
        moved: called for every event of every provider.
    """

    def __init__(
        self,
        providers: Sequence[Provider],
        settings: Settings,
        defects: Defects,
        metrics: Metrics,
        moved: Callable[[], None] = lambda: None,
    ) -> None:
        self._all = providers
        self._order = _order(list(providers), defects)
        self._settings = settings
        self._defects = defects
        self._metrics = metrics
        self._rng = random.Random(f"{settings.seed}:jitter")  # noqa: S311  jitter, not a secret
        backoff = Backoff(settings.retry, self._rng, defects)
        self._visitor = Visitor(settings, backoff, defects, metrics, moved)
        self._breakers: dict[tuple[str, str], Breaker] = {}
        self._herd = Herd()

    @property
    def states(self) -> dict[str, State]:
        """The state of each provider: the worst of its breakers."""
        worst = {provider.name: State.CLOSED for provider in self._order}
        for (name, _), breaker in self._breakers.items():
            worst[name] = max(worst[name], breaker.state, key=lambda state: state.value)
        return worst

    async def generate(self, ask: ChatRequest, route: Route) -> AsyncGenerator[Event, None]:
        """The answer's events; the last is `End`.

        Raises:
            ApiError: nobody could answer, or the answer broke off.
        """
        route.latest = time.monotonic() + self._settings.timeouts.call
        last: ProviderError | None = None
        for provider in self._order:
            breaker = self._breaker(provider, ask)
            recovering = breaker.state is not State.CLOSED
            ticket = breaker.admit() if self._in_time(provider, route) else None
            if ticket is None:
                continue
            asked = self._rewritten(provider, ask)
            route.model = asked.model if asked is not ask else None
            visit = Visit(self._visitor, provider, breaker, ticket, asked, route)
            try:
                async with aclosing(visit.events()) as events:
                    async for event in events:
                        yield event
                self._answered(provider, ask, route, recovering=recovering)
                return
            except ProviderError as error:
                last = error
                refused = error.failure is Failure.REFUSED and not self._defects.on("retries-400")
                if route.begun or refused:
                    break
        raise self._told(last, ask) from last

    def _in_time(self, provider: Provider, route: Route) -> bool:
        """The last resort is always in time."""
        return provider is self._order[-1] or time.monotonic() < route.latest

    def _breaker(self, provider: Provider, ask: ChatRequest) -> Breaker:
        """One for each model: that one model is in trouble says nothing about the others."""
        key = (provider.name, ask.model if ask.model in CHAT_MODELS else "")
        if key not in self._breakers:
            self._breakers[key] = Breaker(self._settings.breaking, time.monotonic, self._rng, self._defects)
        return self._breakers[key]

    def _rewritten(self, provider: Provider, ask: ChatRequest) -> ChatRequest:
        if provider is self._order[0] or not self._defects.on("fallback-to-wrong-model"):
            return ask
        other = next(model for model in CHAT_MODELS if model != ask.model)
        return ask.model_copy(update={"model": other})

    def _answered(self, provider: Provider, ask: ChatRequest, route: Route, *, recovering: bool) -> None:
        first = provider is self._order[0]
        if not first:
            self._metrics.fallbacks.labels(provider.name).inc()
        if self._defects.on("thundering-herd"):
            if not first:
                self._herd.keep(ask, route.tag)
            elif recovering:
                self._herd.release(provider)

    def _told(self, error: ProviderError | None, ask: ChatRequest) -> ApiError:
        """What the caller is told: the kind of trouble, never the provider's own words."""
        waits = [self._breaker(provider, ask).wait for provider in self._order]
        if error is None:
            return upstream_error(503, "No provider is available.", "no_provider", wait=min(waits))
        if error.failure is Failure.REFUSED:
            return upstream_error(400, "The provider refused this request.", error.failure.value)
        status = _STATUS.get(error.failure, 502)
        wait = max(error.retry_after or 0.0, min(waits)) if status == 503 else None
        return upstream_error(status, "The provider did not answer.", error.failure.value, wait=wait)

    async def close(self) -> None:
        """Let go of every provider."""
        await self._herd.close()
        for provider in self._all:
            await provider.close()


def _order(providers: list[Provider], defects: Defects) -> list[Provider]:
    if defects.on("fallback-missing"):
        return providers[:1]
    if defects.on("readiness-lies"):
        return providers[:-1] or providers
    if defects.on("fallback-skips-secondary"):
        return [*providers[:1], *providers[2:]]
    return providers
