"""POST /v1/chat/completions."""

from __future__ import annotations

import hashlib
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from seatrial.systems.reference.body import read_body
from seatrial.systems.reference.chat_request import ChatRequest, parse_chat
from seatrial.systems.reference.disconnect import UntilDisconnect
from seatrial.systems.reference.endpoints.stream import Stream
from seatrial.systems.reference.errors import ApiError
from seatrial.systems.reference.gateway import Gateway
from seatrial.systems.reference.middleware import Receive, Scope, Send
from seatrial.systems.reference.providers.base import Event, Tag
from seatrial.systems.reference.sse import Answer
from seatrial.systems.reference.visit import Route

if TYPE_CHECKING:
    from starlette.requests import Request


async def chat(request: Request) -> Completion:
    """Check the request; the answer is made while it is sent."""
    gateway: Gateway = request.app.state.gateway
    body = await read_body(request, gateway.settings.max_body)
    ask = parse_chat(body)
    gateway.check_model(ask)
    fresh = request.headers.get("cache-control") == "no-cache"
    cacheable = not ask.stream and ask.temperature == 0 and not fresh
    key = _key(request.state.caller, body) if cacheable else None
    return Completion(gateway, ask, request.state.caller, request.state.request_id, key)


def _key(caller: str, body: bytes) -> str:
    """Under which an answer is cached: exactly this question, of this caller."""
    return hashlib.sha256(f"{caller}\n".encode() + body).hexdigest()


class Completion:
    """One answer, as an ASGI application.

    Args:
        caller, request_id: for the audit log.
        key: under which the answer is cached, if at all.
    """

    def __init__(
        self,
        gateway: Gateway,
        ask: ChatRequest,
        caller: str,
        request_id: str,
        key: str | None,
    ) -> None:
        self._gateway = gateway
        self._ask = ask
        self._caller = caller
        self._request_id = request_id
        self._key = key
        self._route = Route(tag=Tag(request_id, caller))
        self._answer = gateway.new_answer(ask)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Make the answer and send it.

        Raises:
            ApiError: before the first byte was sent.
        """
        async with UntilDisconnect(receive) as client:
            with self._told(client):
                flex = self._ask.service_tier == "flex"
                gateway = self._gateway
                async with gateway.bulkhead.slot(self._caller, self._ask.model, can_wait=flex):
                    with gateway.strain.at_work(self._caller):
                        await gateway.strain.queue(self._caller)
                        async with gateway.workers.turn():
                            await self._sent(scope, receive, send)

    async def _sent(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._ask.stream:
            await self._streamed(send)
        else:
            await self._whole(scope, receive, send)

    async def _streamed(self, send: Send) -> None:
        stream = Stream(self._gateway, self._ask, self._answer, send)
        async with aclosing(self._events()) as events:
            first = await anext(events)
            self._mark()
            await stream.begin(self._headers())
            await stream.run(first, events)

    async def _whole(self, scope: Scope, receive: Receive, send: Send) -> None:
        from starlette.responses import JSONResponse

        found = None
        if self._key is not None:
            found = await self._found(self._key)
        else:
            await self._made()
        body = self._answer.body()
        if self._gateway.defects.on("finish-reason-missing"):
            body["choices"][0]["finish_reason"] = None
        headers = self._headers()
        if found is not None:
            headers["x-cache"] = found
        await JSONResponse(body, headers=headers)(scope, receive, send)

    async def _found(self, key: str) -> str:
        """The answer from the cache, or made for all who ask the same by now; tells which it was."""
        gateway, own = self._gateway, self._answer
        cached, how, provider = await gateway.cache.get(key), "hit", "cache"
        if cached is None:
            (cached, provider), shared = await gateway.collapse.made(key, self._made, self._kept)
            how = "shared" if shared else "miss"
        gateway.metrics.cache.labels(how).inc()
        if how != "miss":
            self._route.provider = provider
            self._answer = replace(cached, id=own.id, created=own.created, fingerprint=own.fingerprint)
        return how

    async def _made(self) -> tuple[Answer, str]:
        """The whole answer, and who gave it."""
        async with aclosing(self._events()) as events:
            async for event in events:
                self._answer.add(event)
        self._mark()
        return self._answer, self._route.provider

    async def _kept(self, made: tuple[Answer, str]) -> None:
        """Keep an answer for later, unless it is of the last resort."""
        if self._key is not None and made[0].degraded is None:
            await self._gateway.cache.put(self._key, made[0])

    async def _events(self) -> AsyncGenerator[Event, None]:
        """The gateway's events, the first one timed."""
        started, first = time.perf_counter(), True
        async with aclosing(self._gateway.events(self._ask, self._route)) as events:
            async for event in events:
                if first:
                    self._gateway.metrics.first_chunk.observe(time.perf_counter() - started)
                    first = False
                yield event

    def _mark(self) -> None:
        self._answer.degraded = self._gateway.degraded(self._route)
        self._answer.model = self._route.model or self._answer.model

    def _headers(self) -> dict[str, str]:
        headers = {"x-provider": self._route.provider, "x-attempts": str(self._route.attempts)}
        if self._answer.degraded is not None:
            headers["x-degraded"] = self._answer.degraded
        return headers

    @contextmanager
    def _told(self, client: UntilDisconnect) -> Iterator[None]:
        """Progress while it is made, and a line in the audit log whatever comes of it."""
        gateway = self._gateway
        gateway.progress.begin()
        gateway.metrics.in_flight.inc()
        outcome = "error"
        try:
            yield
            outcome = "ok" if self._answer.end else "broken"
        except ApiError as error:
            outcome = error.code or "error"
            raise
        finally:
            gateway.progress.end()
            gateway.metrics.in_flight.dec()
            self._audit("client_gone" if client.gone else outcome)

    def _audit(self, outcome: str) -> None:
        end = self._answer.end
        self._gateway.audit.record(
            prompt=self._ask.messages[-1].text,
            request_id=self._request_id,
            caller=self._caller,
            model=self._ask.model,
            provider=self._route.provider,
            attempts=self._route.attempts,
            streamed=bool(self._ask.stream),
            outcome=outcome,
            finish_reason=end.finish_reason if end else None,
            tokens=[end.prompt_tokens, end.completion_tokens] if end else None,
        )
