"""The gateway: what all requests share, and the events of one chat answer."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import AsyncGenerator
from contextlib import aclosing
from itertools import count

from seatrial.systems.reference.audit import Audit
from seatrial.systems.reference.auth import Keys
from seatrial.systems.reference.bulkhead import Bulkhead
from seatrial.systems.reference.chat_request import ChatRequest
from seatrial.systems.reference.collapse import Collapse
from seatrial.systems.reference.defects import Defects
from seatrial.systems.reference.errors import server_error, unknown_model
from seatrial.systems.reference.logs import NAME
from seatrial.systems.reference.metrics import Metrics
from seatrial.systems.reference.progress import Progress
from seatrial.systems.reference.providers.base import End, Event, Provider
from seatrial.systems.reference.providers.builtin import BuiltinProvider
from seatrial.systems.reference.providers.http import HttpProvider
from seatrial.systems.reference.ratelimit import RateLimiter
from seatrial.systems.reference.replay import Replay
from seatrial.systems.reference.response_cache import response_cache
from seatrial.systems.reference.router import Router
from seatrial.systems.reference.settings import CHAT_MODELS, Settings
from seatrial.systems.reference.sse import Answer
from seatrial.systems.reference.strain import Strain
from seatrial.systems.reference.visit import Route
from seatrial.systems.reference.wear import Wear
from seatrial.systems.reference.workers import Workers

LOCAL = "local"
"""The last resort: a model inside the gateway; its answers are marked as degraded."""
DEGRADED = "local-fallback"
SLOW_TAIL = 1.5
SLOW_FIRST_CHUNK = 0.7


class Gateway:
    """Everything that lives as long as the server.

    Args:
        settings: how it is set up.
        defects: what is broken on purpose.
    """

    def __init__(self, settings: Settings, defects: Defects) -> None:
        clock = time.monotonic
        self.settings = settings
        self.defects = defects
        self.log = logging.getLogger(NAME)
        self.metrics = Metrics()
        self.keys = Keys(settings.keys, defects)
        self.limiter = RateLimiter(settings.rate, settings.burst, clock)
        self.cache = response_cache(settings, defects, clock, self._cache_failed)
        self.collapse: Collapse[tuple[Answer, str]] = Collapse(defects)
        self.bulkhead = Bulkhead(settings.slots, defects)
        self.workers = Workers(settings.crew, defects, self.metrics.workers.set)
        self.strain = Strain(defects)
        self.wear = Wear(defects, clock)
        self.replay = Replay(defects)
        self.progress = Progress(settings.stuck_after, clock)
        self.flaps = count()
        self.audit = Audit(settings.audit)
        providers = _providers(settings, defects)
        self.router = Router(providers, settings, defects, self.metrics, self.progress.moved)

    def check_model(self, ask: ChatRequest) -> None:
        """Whether the model exists.

        Raises:
            ApiError: 404.
        """
        if ask.model not in CHAT_MODELS and not self.defects.on("unknown-model-accepted"):
            raise unknown_model(ask.model)

    def new_answer(self, ask: ChatRequest) -> Answer:
        """An answer to *ask* that has yet to grow."""
        model = "large-preview-0" if self.defects.on("wrong-model-reported") else ask.model
        return Answer(f"chatcmpl-{uuid.uuid4().hex}", int(time.time()), model, f"fp_{self.settings.seed:08x}")

    async def events(self, ask: ChatRequest, route: Route) -> AsyncGenerator[Event, None]:
        """The answer's events; the last is `End`.

        Raises:
            ApiError: nobody could answer, or the answer broke off.
        """
        if self.defects.on("health-lies"):
            await asyncio.Event().wait()
        if self.defects.strikes("errors-1-percent"):
            raise server_error()
        await self.wear.begin()
        if self.defects.strikes("slow-first-chunk"):
            await asyncio.sleep(SLOW_FIRST_CHUNK)
        tail = SLOW_TAIL if self.defects.strikes("slow-tail") else 0.0
        empty = self.defects.strikes("empty-completions")
        made = self.strain.strained(self.router.generate(ask, route))
        async with aclosing(self.replay.events(ask, made)) as events:
            async for event in events:
                await self.wear.thaw()
                if isinstance(event, End):
                    yield self._told(event, empty=empty)
                elif not empty:
                    yield event
                if tail:
                    await asyncio.sleep(tail)
                    tail = 0.0

    def _told(self, end: End, *, empty: bool) -> End:
        if empty:
            end = End("stop", end.prompt_tokens, 0)
        given, made = end.prompt_tokens, end.completion_tokens
        if given is not None and made is not None:
            if self.defects.on("wrong-usage"):
                given, made = 9, made * 3
            if self.strain.hits("counts-tokens-wrong-under-load"):
                made = made * 3 // 2
            end = End(end.finish_reason, given, made)
            self.metrics.tokens.labels("input").inc(given)
            self.metrics.tokens.labels("output").inc(made)
        return end

    @property
    def healthy(self) -> bool:
        """Whether work goes forward."""
        lies = self.defects.on("health-lies") or self.defects.on("readiness-lies")
        return lies or not self.progress.stuck

    def degraded(self, route: Route) -> str | None:
        """The mark of an answer that came from the last resort."""
        marked = route.provider == LOCAL and not self.defects.on("degraded-not-marked")
        return DEGRADED if marked else None

    def _cache_failed(self, kind: str) -> None:
        self.metrics.cache_failures.labels(kind).inc()

    async def close(self) -> None:
        """Let go of providers, cache and files."""
        await self.router.close()
        await self.cache.close()
        self.audit.close()
        self.wear.close()


def _providers(settings: Settings, defects: Defects) -> list[Provider]:
    upstreams: list[Provider] = [
        HttpProvider(each, settings.timeouts, defects) for each in settings.upstreams
    ]
    names = (LOCAL,) if upstreams else ("primary", "secondary", LOCAL)
    return upstreams + [BuiltinProvider(name, seed=settings.seed, defects=defects) for name in names]
