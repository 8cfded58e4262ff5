"""A provider over HTTP that speaks OpenAI's chat protocol."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from seatrial.systems.reference.chat_request import ChatRequest
from seatrial.systems.reference.defects import HEALTHY, Defects
from seatrial.systems.reference.providers.base import (
    NO_TAG,
    End,
    Event,
    Failure,
    Piece,
    ProviderError,
    Tag,
    ToolPiece,
)
from seatrial.systems.reference.settings import Timeouts, Upstream

if TYPE_CHECKING:
    import httpx


KEEP_ALIVE = 4.0
"""Seconds that an idle connection is kept: less than servers do (5 s and more), to be gone before them."""
FOR_EVER = 1e6
TOO_LONG = 20.0


class HttpProvider:
    """Asks another server, always as a stream, so that a stall is noticed while it happens.

    Args:
        upstream: where, as which model, with which key.
        timeouts: connect, first chunk, between chunks, whole answer.
    """

    def __init__(self, upstream: Upstream, timeouts: Timeouts, defects: Defects = HEALTHY) -> None:
        import httpx

        self._upstream = upstream
        self._timeouts = timeouts = _broken(timeouts, defects)
        self._defects = defects
        key = upstream.key
        self._client = httpx.AsyncClient(
            headers={"authorization": f"Bearer {key}"} if key else {},
            timeout=httpx.Timeout(None, connect=timeouts.connect, pool=timeouts.connect),
            limits=httpx.Limits(
                max_connections=upstream.connections,
                max_keepalive_connections=upstream.connections,
                keepalive_expiry=KEEP_ALIVE,
            ),
            trust_env=False,
        )

    @property
    def name(self) -> str:
        return self._upstream.name

    async def close(self) -> None:
        await self._client.aclose()

    async def generate(self, ask: ChatRequest, tag: Tag = NO_TAG) -> AsyncGenerator[Event, None]:
        import httpx

        try:
            async with aclosing(self._events(ask, tag)) as events:
                async for event in events:
                    yield event
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise self._error(Failure.UNREACHABLE) from error
        except (httpx.TimeoutException, TimeoutError) as error:
            raise self._error(Failure.TIMEOUT) from error
        except httpx.TransportError as error:
            raise self._error(Failure.CUT) from error

    async def _events(self, ask: ChatRequest, tag: Tag) -> AsyncGenerator[Event, None]:
        url = self._upstream.uri.rstrip("/") + "/chat/completions"
        finish: str | None = None
        usage: dict[str, Any] = {}
        clock = asyncio.get_running_loop().time
        latest = clock() + self._timeouts.total
        async with (
            asyncio.timeout_at(min(latest, clock() + self._timeouts.first_chunk)) as deadline,
            self._client.stream("POST", url, json=self._body(ask), headers=self._headers(tag)) as response,
        ):
            if response.status_code != 200:
                raise self._refused(response)
            if "event-stream" not in response.headers.get("content-type", "event-stream"):
                raise self._malformed()
            async for chunk in self._chunks(response):
                # Only chunks count as progress: a comment that keeps the connection alive does not.
                deadline.reschedule(min(latest, clock() + self._timeouts.idle))
                usage = chunk.get("usage") or usage
                for choice in chunk.get("choices") or ():
                    finish = choice.get("finish_reason") or finish
                    for event in _events_of(choice.get("delta") or {}):
                        yield event
        if finish is not None:
            yield End(finish, usage.get("prompt_tokens"), usage.get("completion_tokens"))

    def _body(self, ask: ChatRequest) -> dict[str, Any]:
        body = ask.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"service_tier"})
        body |= {"stream": True, "stream_options": {"include_usage": True}}
        if self._upstream.model:
            body["model"] = self._upstream.model
        return body

    def _headers(self, tag: Tag) -> dict[str, str]:
        headers = {"x-tenant": tag.tenant} if tag.tenant else {}
        if tag.key and not self._defects.on("double-billing"):
            headers["idempotency-key"] = tag.key
        return headers

    async def _chunks(self, response: httpx.Response) -> AsyncIterator[dict[str, Any]]:
        async for line in response.aiter_lines():
            if not line.startswith("data:"):
                continue
            data = line[5:].strip()
            if data == "[DONE]":
                return
            try:
                chunk = json.loads(data)
            except ValueError as error:
                raise self._malformed() from error
            if not isinstance(chunk, dict):
                raise self._malformed()
            if chunk.get("error"):
                raise self._error(Failure.SERVER)
            yield chunk

    def _refused(self, response: httpx.Response) -> ProviderError:
        status = response.status_code
        if status == 429:
            wait = self._seconds(response.headers.get("retry-after"))
            return ProviderError(Failure.RATE_LIMITED, self.name, status, wait)
        return self._error(Failure.SERVER if status >= 500 else Failure.REFUSED, status)

    def _seconds(self, value: str | None) -> float | None:
        """Retry-After in seconds, from a number of seconds or an HTTP date.

        A date tells whole seconds and is not over before its second is.
        """
        if value is None:
            return None
        if value.strip().isdigit():
            return float(value)
        if self._defects.on("ignores-retry-after-date"):
            return None
        try:
            return max(0.0, parsedate_to_datetime(value).timestamp() + 1 - time.time())
        except ValueError:
            return None

    def _malformed(self) -> Exception:
        if self._defects.on("crashes-on-malformed"):
            return ValueError("not what was expected")
        return self._error(Failure.MALFORMED)

    def _error(self, failure: Failure, status: int = 0) -> ProviderError:
        return ProviderError(failure, self.name, status)


def _events_of(delta: dict[str, Any]) -> list[Event]:
    events: list[Event] = [Piece(delta["content"])] if delta.get("content") else []
    for call in delta.get("tool_calls") or ():
        function = call.get("function") or {}
        arguments = function.get("arguments") or ""
        events.append(ToolPiece(call.get("index", 0), arguments, call.get("id"), function.get("name")))
    return events


def _broken(timeouts: Timeouts, defects: Defects) -> Timeouts:
    if defects.on("no-timeout"):
        return replace(timeouts, first_chunk=FOR_EVER, idle=FOR_EVER, total=FOR_EVER)
    return replace(timeouts, first_chunk=TOO_LONG) if defects.on("timeout-too-long") else timeouts
