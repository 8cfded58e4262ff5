"""Hand-made answers for the judges."""

from __future__ import annotations

from collections.abc import Sequence

from seatrial.core.exchange import ErrorKind, Exchange, Raw, Usage


def answer(
    text: str = "The tide table is on the door of the office.",
    *,
    seconds: float = 0.02,
    first: float = 0.005,
    gaps: Sequence[float] = (0.003, 0.003, 0.003, 0.003),
    tokens: tuple[int, int] | None = (12, 11),
    header: tuple[str, str] | None = None,
    error: ErrorKind | None = None,
) -> Exchange:
    """One streamed answer that left at 0."""
    return Exchange(
        0,
        0.0,
        0.0,
        seconds,
        first_chunk=first,
        gaps=tuple(gaps),
        status=200,
        error=error,
        usage=Usage(*tokens) if tokens else None,
        text=text,
        streamed=True,
        raw=Raw((header,) if header else (), b""),
    )


BROKEN = answer(error=ErrorKind.RESET)
