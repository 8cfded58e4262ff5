"""Requests and heads of answers as a fault sees them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any

Headers = tuple[tuple[str, str], ...]

TENANT_HEADERS = ("x-tenant-id", "x-tenant", "openai-organization")
"""Headers that name a tenant; where none is there, the caller's key stands for it."""
KEY_HEADERS = ("authorization", "x-api-key", "api-key")


def find(headers: Headers, name: str) -> str | None:
    """The first value of a header, None where it is missing; *name* in lower case."""
    return next((value for key, value in headers if key.lower() == name), None)


@dataclass(eq=False)
class Request:
    """One request, complete with its body.

    Attributes:
        number: 1 for the first request of the proxy, in the order in which they came.
        served: requests that this connection carried before.
        received: when its first byte came, seconds on `time.monotonic`.
        target: path and query as sent; *path* is the part before the query.
        body: at most `framing.MAX_HELD` bytes of it.
        tenant: who asks: the value of a tenant header, else ``key:`` and 12 digits of the key's SHA-256.
    """

    number: int
    method: str
    target: str
    headers: Headers
    body: bytes = field(default=b"", repr=False)
    served: int = 0
    received: float = 0.0
    version: str = "1.1"
    tenant: str | None = None

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    def header(self, name: str) -> str | None:
        """The first value of a header, None where it is missing; *name* in lower case."""
        return find(self.headers, name)

    @cached_property
    def json(self) -> Any:
        """The body read as JSON, None where it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def model(self) -> str | None:
        """The model it asks for."""
        model = self.json.get("model") if isinstance(self.json, dict) else None
        return model if isinstance(model, str) else None

    @property
    def streaming(self) -> bool:
        """Whether it asks for a stream."""
        return isinstance(self.json, dict) and self.json.get("stream") is True


@lru_cache(maxsize=1024)
def key_hash(key: str) -> str:
    """How a tenant is named that is known by its key alone; ``Bearer`` does not count."""
    secret = key.split(None, 1)[1] if key[:7].lower() == "bearer " else key
    return "key:" + hashlib.sha256(secret.strip().encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Head:
    """Status and headers of an answer, without their framing changed."""

    status: int
    headers: Headers
    reason: str = ""
    version: str = "1.1"

    def header(self, name: str) -> str | None:
        """The first value of a header, None where it is missing; *name* in lower case."""
        return find(self.headers, name)

    @property
    def is_events(self) -> bool:
        """Whether a stream of server-sent events follows."""
        return (self.header("content-type") or "").lower().startswith("text/event-stream")

    def with_status(self, status: int, reason: str = "") -> Head:
        """The same with another status."""
        return replace(self, status=status, reason=reason)

    def with_header(self, name: str, value: str) -> Head:
        """The same with a header set; one of that name keeps its place, all others of that name go."""
        kept: list[tuple[str, str]] = []
        pending = True
        for key, old in self.headers:
            if key.lower() != name.lower():
                kept.append((key, old))
            elif pending:
                kept.append((key, value))
                pending = False
        if pending:
            kept.append((name, value))
        return replace(self, headers=tuple(kept))

    def without_header(self, name: str) -> Head:
        """The same without a header."""
        kept = tuple((key, value) for key, value in self.headers if key.lower() != name.lower())
        return replace(self, headers=kept)
