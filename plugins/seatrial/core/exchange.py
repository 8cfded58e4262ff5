"""An exchange: one request and all that was observed of its answer."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

NAN = float("nan")


class ErrorKind(StrEnum):
    """Why an exchange is not a good answer. Order matters only to the column store: append, never reorder."""

    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT_FIRST_BYTE = "timeout-first-byte"
    TIMEOUT_IDLE = "timeout-idle"
    TIMEOUT_TOTAL = "timeout-total"
    RESET = "reset"
    TRUNCATED = "truncated"
    PROTOCOL = "protocol"
    TOO_LARGE = "too-large"
    HTTP_STATUS = "http-status"
    STREAM_ERROR = "stream-error"
    EMPTY = "empty"
    MALFORMED = "malformed"


class Usage(NamedTuple):
    """Tokens as the target reported them."""

    input_tokens: int
    output_tokens: int


class Raw(NamedTuple):
    """The answer as it came over the wire; kept only where a check asks for it.

    Attributes:
        headers: names in lower case, in order of arrival.
        body: the bytes of the body after transfer decoding.
        events: ``(arrival, data)`` of each SSE event; arrival in seconds on the exchange's clock.
    """

    headers: tuple[tuple[str, str], ...]
    body: bytes
    events: tuple[tuple[float, str], ...] = ()

    def header(self, name: str) -> str | None:
        """The first header called *name* (any case), or None."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key == wanted), None)


class Exchange(NamedTuple):
    """One request and its answer.

    All times are seconds on one monotonic clock whose zero is the start of the traffic; a time that was
    never reached is NaN. `intended` is when the request should have left: durations count from it, so a
    stalled target cannot hide its queue (coordinated omission).

    Attributes:
        index: position in send order within its traffic, from 0.
        connected, secured: when TCP and TLS stood, NaN on a reused connection.
        first_byte: first byte of the answer (status line).
        first_chunk: first chunk that carried content; for an unstreamed answer, when its body was complete.
        done: last byte, or when the error was noticed.
        gaps: seconds between successive content chunks (a black box shows chunks, not tokens).
        status: HTTP status, 0 where none was received.
        error: why this is not a good answer, None for a good one.
        detail: a sentence for people; never holds a secret.
        prompt: index of the prompt in its prompt set, -1 outside traffic.
        text: the answer's text, whole.
        tool_calls: ``(name, arguments as the JSON text sent)``.
        raw: the wire view, only where asked for.
    """

    index: int  # type: ignore[assignment]  # shadows tuple.index, which nobody needs here
    intended: float
    sent: float
    done: float
    connected: float = NAN
    secured: float = NAN
    first_byte: float = NAN
    first_chunk: float = NAN
    gaps: tuple[float, ...] = ()
    status: int = 0
    error: ErrorKind | None = None
    detail: str = ""
    finish_reason: str | None = None
    model: str | None = None
    system_fingerprint: str | None = None
    usage: Usage | None = None
    text: str = ""
    tool_calls: tuple[tuple[str, str], ...] = ()
    prompt: int = -1
    received: int = 0
    streamed: bool = False
    raw: Raw | None = None

    @property
    def ok(self) -> bool:
        """Whether the target answered, completely and by its protocol."""
        return self.error is None

    @property
    def duration(self) -> float:
        """Seconds from the intended send time to the last byte (``operation.duration``)."""
        return self.done - self.intended

    @property
    def time_to_first_chunk(self) -> float:
        """Seconds from the intended send time to the first content chunk; NaN where none came."""
        return self.first_chunk - self.intended

    @property
    def chunks(self) -> int:
        """How many content chunks came."""
        return 0 if self.first_chunk != self.first_chunk else len(self.gaps) + 1
