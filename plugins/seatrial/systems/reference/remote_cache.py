"""Answers kept by a cache service: asked with little patience, believed only as far as it can be read.

A cache makes answers faster and cheaper, and nothing hangs on it: one that is gone, hangs, is slow or tells
nonsense has nothing, and that is known soon.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ConfigDict

from seatrial.systems.reference.breaker import Breaker
from seatrial.systems.reference.defects import HEALTHY, Defects
from seatrial.systems.reference.errors import upstream_error
from seatrial.systems.reference.logs import NAME
from seatrial.systems.reference.providers.base import End
from seatrial.systems.reference.settings import Breaking
from seatrial.systems.reference.sse import Answer

if TYPE_CHECKING:
    import httpx

log = logging.getLogger(NAME)
Read = TypeVar("Read")

KEEP_ALIVE = 4.0
"""Seconds that an idle connection is kept: less than servers do (5 s and more), to be gone before them."""
CONNECTIONS = 256
PATIENCE = Breaking(share=0.5, window=20, least=10, consecutive=5, rest=1.0, ramp=1)
"""When the cache is left alone for a while: nobody waits for one that is known to hang."""
LEFT_ALONE = "left alone"


class Entry(BaseModel):
    """An answer as the cache keeps it; *key* proves that it belongs to the question."""

    model_config = ConfigDict(extra="forbid", strict=True)

    key: str
    model: str
    text: str
    tools: list[dict[str, Any]]
    finish_reason: str
    prompt_tokens: int | None
    completion_tokens: int | None

    @classmethod
    def of(cls, key: str, answer: Answer, end: End) -> Entry:
        """What is kept of an answer that came to its end."""
        return cls(
            key=key,
            model=answer.model,
            text="".join(answer.text),
            tools=answer.tools,
            finish_reason=end.finish_reason,
            prompt_tokens=end.prompt_tokens,
            completion_tokens=end.completion_tokens,
        )

    def answer(self) -> Answer:
        """The answer; whoever gives it again gives it an id and a date of its own."""
        end = End(self.finish_reason, self.prompt_tokens, self.completion_tokens)
        return Answer("", 0, self.model, "", [self.text], self.tools, end)


class RemoteCache:
    """A cache service.

    Args:
        uri: where it is, such as ``http://127.0.0.1:9003``.
        seconds: how long an answer is good; 0 keeps nothing, and asks for nothing.
        timeout: seconds that it is given for one question.
        failed: told the kind of each trouble with it.
    """

    def __init__(
        self,
        uri: str,
        *,
        seconds: float,
        timeout: float,
        defects: Defects = HEALTHY,
        failed: Callable[[str], None] = lambda kind: None,
    ) -> None:
        import httpx

        self._seconds = seconds
        self._timeout = None if defects.on("cache-without-timeout") else timeout
        self._defects = defects
        self._failed = failed
        self._breaker = Breaker(PATIENCE, time.monotonic, random.Random(uri))  # noqa: S311  jitter, no secret
        self._client = httpx.AsyncClient(
            base_url=uri,
            timeout=httpx.Timeout(self._timeout),
            limits=httpx.Limits(
                max_connections=CONNECTIONS,
                max_keepalive_connections=CONNECTIONS,
                keepalive_expiry=KEEP_ALIVE,
            ),
            trust_env=False,
        )

    async def get(self, key: str) -> Answer | None:
        """What is kept there; None also where the cache is in trouble."""

        def read(response: httpx.Response) -> Answer | None:
            if response.status_code == 404:
                return None
            entry = Entry.model_validate_json(_good(response).content)
            if entry.key != key:
                raise ValueError("it belongs to another question")
            return entry.answer()

        return await self._asked("GET", key, read) if self._seconds > 0 else None

    async def put(self, key: str, answer: Answer) -> None:
        """Keep *answer*, where the cache can."""
        if self._seconds <= 0 or answer.end is None:
            return
        body = Entry.of(key, answer, answer.end).model_dump_json().encode()
        age = {"cache-control": f"max-age={max(1, round(self._seconds))}"}
        await self._asked("PUT", key, _good, content=body, headers=age)

    async def close(self) -> None:
        """Let go of its connections."""
        await self._client.aclose()

    async def _asked(
        self, method: str, key: str, read: Callable[[httpx.Response], Read], **more: Any
    ) -> Read | None:
        ticket = self._breaker.admit()
        if ticket is None:
            self._tell(LEFT_ALONE)
            return None
        end = self._breaker.abandoned
        try:
            found = await self._answered(method, key, read, more)
            end = self._breaker.succeeded
            return found
        except _Trouble as trouble:
            end = self._breaker.failed
            self._tell(str(trouble))
            return None
        finally:
            end(ticket)

    async def _answered(
        self, method: str, key: str, read: Callable[[httpx.Response], Read], more: dict[str, Any]
    ) -> Read:
        import httpx

        try:
            async with asyncio.timeout(self._timeout):
                response = await self._client.request(method, f"/entries/{key}", **more)
            return read(response)
        except (httpx.TimeoutException, TimeoutError) as error:
            raise _Trouble("timeout") from error
        except httpx.HTTPStatusError as error:
            raise _Trouble("status") from error
        except httpx.HTTPError as error:
            raise _Trouble("unreachable") from error
        except ValueError as error:
            if self._defects.on("crashes-on-cache-garbage"):
                raise
            raise _Trouble("garbage") from error

    def _tell(self, kind: str) -> None:
        """Count it.

        Raises:
            ApiError: 503, for the defect that cannot do without.
        """
        self._failed(kind)
        if kind != LEFT_ALONE:
            log.warning("cache failed", extra={"fields": {"failure": kind}})
        if self._defects.on("cache-is-required"):
            raise upstream_error(503, "The cache cannot be reached.", "cache_unavailable")


class _Trouble(Exception):
    """The cache could not be asked, or gave no answer that can be used."""


def _good(response: httpx.Response) -> httpx.Response:
    """*response*, where it says that all is well.

    Raises:
        httpx.HTTPStatusError: it does not.
    """
    return response.raise_for_status()
