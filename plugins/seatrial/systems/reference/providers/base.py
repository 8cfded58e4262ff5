"""What every provider is: something that turns a request into a stream of events, or fails in a known way."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple, Protocol

from seatrial.systems.reference.chat_request import ChatRequest


class Piece(NamedTuple):
    """A part of the answer's text."""

    text: str


class ToolPiece(NamedTuple):
    """A part of a tool call: the first carries id and name, all carry arguments."""

    position: int
    arguments: str
    id: str | None = None
    name: str | None = None


class End(NamedTuple):
    """The answer is complete.

    Attributes:
        prompt_tokens, completion_tokens: None where the provider did not tell.
    """

    finish_reason: str
    prompt_tokens: int | None
    completion_tokens: int | None


Event = Piece | ToolPiece | End


class Tag(NamedTuple):
    """What a provider is told about a call beside the question.

    Attributes:
        key: the same for all attempts of one call (Idempotency-Key), so that it is billed once.
        tenant: who asks.
    """

    key: str = ""
    tenant: str = ""


NO_TAG = Tag()


class Failure(Enum):
    """How a provider can fail; the value is the code told to the caller."""

    UNREACHABLE = "upstream_unreachable"
    TIMEOUT = "upstream_timeout"
    CUT = "upstream_cut"
    RATE_LIMITED = "upstream_rate_limited"
    SERVER = "upstream_error"
    MALFORMED = "upstream_malformed"
    REFUSED = "upstream_refused"


@dataclass
class ProviderError(Exception):
    """A provider did not answer.

    Attributes:
        failure: in which way.
        provider: whose fault it is.
        status: the HTTP status it answered with, where it answered.
        retry_after: seconds it asked to wait.
    """

    failure: Failure
    provider: str
    status: int = 0
    retry_after: float | None = None

    def __str__(self) -> str:
        return f"{self.provider}: {self.failure.value}" + (f" ({self.status})" if self.status else "")


class Provider(Protocol):
    """A provider of answers."""

    @property
    def name(self) -> str:
        """What it is called in logs, metrics and headers."""

    def generate(self, ask: ChatRequest, tag: Tag = NO_TAG) -> AsyncGenerator[Event, None]:
        """The answer's events; the last is `End`.

        Args:
            tag: what else the provider is told.

        Raises:
            ProviderError: while iterating. A stream that ends without `End` was cut.
        """

    async def close(self) -> None:
        """Let go of connections."""
