"""Which provider answers: the first whose breaker lets it, tried again where that is safe, then the next.

As soon as a part of the answer has gone to the caller nobody else can take over: then the failure is the
caller's to see.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from seatrial.systems.reference.breaker import Breaker, State
from seatrial.systems.reference.chat_request import ChatRequest
from seatrial.systems.reference.defects import Defects
from seatrial.systems.reference.errors import ApiError, bad_request
from seatrial.systems.reference.logs import NAME
from seatrial.systems.reference.metrics import Metrics
from seatrial.systems.reference.providers.base import End, Event, Failure, Provider, ProviderError
from seatrial.systems.reference.retry import wait_before
from seatrial.systems.reference.settings import Settings

log = logging.getLogger(NAME)

_STATUS = {Failure.TIMEOUT: 504, Failure.RATE_LIMITED: 503}


@dataclass(slots=True)
class Route:
    """How an answer came about; filled while it is made.

    Attributes:
        provider: who answered.
        attempts: calls made in all.
    """

    provider: str = ""
    attempts: int = 0


class Router:
    """Asks providers in order.

    Args:
        providers: the first is preferred, the last is the last resort.
        settings: retry, breaking and the seed of the jitter.
    """

    def __init__(
        self, providers: Sequence[Provider], settings: Settings, defects: Defects, metrics: Metrics
    ) -> None:
        self._providers = providers
        self._retry = settings.retry
        self._defects = defects
        self._metrics = metrics
        self._rng = random.Random(f"{settings.seed}:jitter")  # noqa: S311  jitter, not a secret
        self._breakers = {each.name: Breaker(settings.breaking, time.monotonic) for each in providers}

    @property
    def states(self) -> dict[str, State]:
        """The state of each provider's breaker."""
        return {name: breaker.state for name, breaker in self._breakers.items()}

    async def generate(self, ask: ChatRequest, route: Route) -> AsyncGenerator[Event, None]:
        """The answer's events; the last is `End`.

        Raises:
            ApiError: nobody could answer, or the answer broke off.
        """
        last: ProviderError | None = None
        for provider in self._providers:
            breaker = self._breakers[provider.name]
            attempt = 0
            while breaker.admit():
                attempt += 1
                route.attempts += 1
                route.provider = provider.name
                begun = False
                try:
                    async with aclosing(self._attempt(provider, breaker, ask)) as events:
                        async for event in events:
                            begun = True
                            yield event
                    self._answered(provider)
                    return
                except ProviderError as error:
                    last = error
                    if begun or not error.retryable:
                        raise _api_error(error) from error
                wait = wait_before(attempt, self._retry, self._rng, asked=last.retry_after)
                if wait is None or not last.repeatable:
                    break
                await asyncio.sleep(wait)
        raise _api_error(last) from last

    async def _attempt(
        self, provider: Provider, breaker: Breaker, ask: ChatRequest
    ) -> AsyncGenerator[Event, None]:
        """One call of one provider, told to its breaker and to the metrics."""
        outcome, ended = "abandoned", False
        try:
            async with aclosing(provider.generate(ask)) as events:
                async for event in events:
                    ended = ended or isinstance(event, End)
                    yield event
            if not ended:
                if not self._defects.on("invents-finish-reason"):
                    raise ProviderError(Failure.CUT, provider.name)
                yield End("stop", None, None)
            outcome = "ok"
        except ProviderError as error:
            outcome = error.failure.value
            log.warning("provider failed", extra={"fields": {"provider": provider.name, "failure": outcome}})
            raise
        finally:
            _tell(breaker, outcome)
            self._metrics.attempts.labels(provider.name, outcome).inc()
            self._metrics.breaker(provider.name, breaker.state)

    def _answered(self, provider: Provider) -> None:
        if provider is not self._providers[0]:
            self._metrics.fallbacks.labels(provider.name).inc()

    async def close(self) -> None:
        """Let go of every provider."""
        for provider in self._providers:
            await provider.close()


def _tell(breaker: Breaker, outcome: str) -> None:
    if outcome == "ok":
        breaker.succeeded()
    elif outcome in ("abandoned", Failure.REFUSED.value):
        breaker.abandoned()
    else:
        breaker.failed()


def _api_error(error: ProviderError | None) -> ApiError:
    """What the caller is told: the kind of trouble, never the provider's own words."""
    if error is None:
        return ApiError(
            503,
            "No provider is available.",
            kind="server_error",
            code="no_provider",
            headers={"retry-after": "5"},
        )
    if error.failure is Failure.REFUSED:
        return bad_request("The provider refused this request.")
    status = _STATUS.get(error.failure, 502)
    headers = {"retry-after": str(max(1, round(error.retry_after or 1)))} if status == 503 else None
    return ApiError(
        status, "The provider did not answer.", kind="server_error", code=error.failure.value, headers=headers
    )
