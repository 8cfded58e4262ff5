"""A streamed answer: server-sent events, each sent as soon as it is there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

from seatrial.systems.reference.chat_request import ChatRequest
from seatrial.systems.reference.errors import ApiError, error_event
from seatrial.systems.reference.gateway import Gateway
from seatrial.systems.reference.middleware import Send
from seatrial.systems.reference.providers.base import End, Event, Piece
from seatrial.systems.reference.sse import DONE, Answer, ChunkWriter

TRUNCATED_AFTER = 3
"""Events of a truncated stream; an answer has at least five."""


class Stream:
    """Writes one stream.

    Args:
        answer: grows with the stream.
        send: the ASGI channel.
    """

    def __init__(self, gateway: Gateway, ask: ChatRequest, answer: Answer, send: Send) -> None:
        defects = gateway.defects
        self._defects = defects
        self._ask = ask
        self._answer = answer
        self._send = send
        held = defects.on("buffers-stream") or gateway.strain.hits("buffers-under-load")
        self._held: list[bytes] | None = [] if held else None
        self._truncated = defects.strikes("truncates-stream")

    async def begin(self, headers: Mapping[str, str]) -> None:
        """Send the head of the response."""
        self._writer = ChunkWriter(self._answer)
        kind = "application/json" if self._defects.on("sse-content-type-wrong") else "text/event-stream"
        every = {"content-type": f"{kind}; charset=utf-8", "cache-control": "no-cache", **headers}
        encoded = [(name.encode(), value.encode()) for name, value in every.items()]
        await self._send({"type": "http.response.start", "status": 200, "headers": encoded})

    async def run(self, first: Event, rest: AsyncIterator[Event]) -> None:
        """Send all events and the end of the response; a failure in the middle becomes an error event."""
        try:
            await self._event(first)
            sent = 1
            async for event in rest:
                if self._truncated and sent >= TRUNCATED_AFTER:
                    break
                await self._event(event)
                sent += 1
        except ApiError as error:
            await self._write(error_event(error, self._defects))
        held = b"".join(self._held or ())
        await self._send({"type": "http.response.body", "body": held, "more_body": False})

    async def _event(self, event: Event) -> None:
        self._answer.add(event)
        if isinstance(event, End):
            await self._write(self._ending(event))
            return
        if isinstance(event, Piece) and self._defects.on("stream-differs"):
            event = Piece(event.text.lstrip(" "))
        await self._write(self._writer.event(event))

    def _ending(self, end: End) -> bytes:
        parts = [self._writer.finish(end.finish_reason)]
        if self._ask.include_usage and not self._defects.on("usage-missing-in-stream"):
            parts.append(self._writer.usage(self._answer.usage()))
        if not self._defects.on("missing-done"):
            parts.append(DONE)
        return b"".join(parts)

    async def _write(self, data: bytes) -> None:
        if self._held is not None:
            self._held.append(data)
            return
        await self._send({"type": "http.response.body", "body": data, "more_body": True})
