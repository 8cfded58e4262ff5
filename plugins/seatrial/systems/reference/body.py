"""Request bodies, bounded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seatrial.systems.reference.errors import ApiError

if TYPE_CHECKING:
    from starlette.requests import Request

DRAIN = 16 << 20
"""Bytes of an over-long body that are read and thrown away, so that its sender can read our answer."""


async def read_body(request: Request, limit: int) -> bytes:
    """The whole body.

    Args:
        limit: bytes.

    Raises:
        ApiError: 413, it is longer.
    """
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= limit:
            chunks.append(chunk)
        elif size > DRAIN:
            break
    if size > limit:
        raise ApiError(
            413,
            f"The body of the request is larger than {limit} bytes.",
            code="request_too_large",
            headers={"connection": "close"},
        )
    return b"".join(chunks)
