"""A chat answer on the wire: chunks of a stream, and the body of an unstreamed answer."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from seatrial.systems.reference.providers.base import End, Event, Piece, ToolPiece

DONE = b"data: [DONE]\n\n"


@dataclass(slots=True)
class Answer:
    """An answer as it grows.

    Attributes:
        id, created, model, fingerprint: as OpenAI names them; `created` in seconds since 1970.
        degraded: why the answer is worse than it should be, None where it is not.
    """

    id: str
    created: int
    model: str
    fingerprint: str
    text: list[str] = field(default_factory=list)
    tools: list[dict[str, Any]] = field(default_factory=list)
    end: End | None = None
    degraded: str | None = None

    def add(self, event: Event) -> None:
        """Take in one event."""
        if isinstance(event, Piece):
            self.text.append(event.text)
        elif isinstance(event, End):
            self.end = event
        elif event.name is not None:
            function = {"name": event.name, "arguments": event.arguments}
            self.tools.append({"id": event.id, "type": "function", "function": function})
        elif self.tools:
            self.tools[-1]["function"]["arguments"] += event.arguments

    def usage(self) -> dict[str, int] | None:
        """The tokens, or None where the provider did not tell."""
        if self.end is None or self.end.prompt_tokens is None or self.end.completion_tokens is None:
            return None
        prompt, completion = self.end.prompt_tokens, self.end.completion_tokens
        return {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt + completion,
        }

    def body(self) -> dict[str, Any]:
        """The unstreamed answer."""
        message: dict[str, Any] = {"role": "assistant", "content": "".join(self.text)}
        if self.tools:
            message |= {"content": None, "tool_calls": self.tools}
        choice = {
            "index": 0,
            "message": message,
            "logprobs": None,
            "finish_reason": self.end.finish_reason if self.end else None,
        }
        return self._head("chat.completion") | {"choices": [choice], "usage": self.usage()}

    def _head(self, kind: str) -> dict[str, Any]:
        head = {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": self.model,
            "system_fingerprint": self.fingerprint,
        }
        return head if self.degraded is None else head | {"degraded": self.degraded}


class ChunkWriter:
    """Writes the chunks of one stream; what stays the same is encoded once.

    Args:
        answer: whose stream.
    """

    def __init__(self, answer: Answer) -> None:
        head = json.dumps(answer._head("chat.completion.chunk"), separators=(",", ":"))
        self._head = f"data: {head[:-1]},"
        self._first = True

    def event(self, event: Event) -> bytes:
        """The chunk for a piece of text or of a tool call."""
        delta: dict[str, Any] = {"role": "assistant"} if self._first else {}
        self._first = False
        if isinstance(event, Piece):
            delta["content"] = event.text
        elif isinstance(event, ToolPiece):
            delta["tool_calls"] = [_tool_delta(event)]
        return self._chunk(delta, None)

    def finish(self, reason: str) -> bytes:
        """The chunk that tells why the answer ended."""
        return self._chunk({"role": "assistant", "content": ""} if self._first else {}, reason)

    def usage(self, usage: dict[str, int] | None) -> bytes:
        """The chunk that tells the tokens."""
        return f'{self._head}"choices":[],"usage":{json.dumps(usage)}}}\n\n'.encode()

    def _chunk(self, delta: dict[str, Any], reason: str | None) -> bytes:
        encoded = json.dumps(delta, ensure_ascii=False, separators=(",", ":"))
        choice = f'{{"index":0,"delta":{encoded},"logprobs":null,"finish_reason":{json.dumps(reason)}}}'
        return f'{self._head}"choices":[{choice}]}}\n\n'.encode()


def _tool_delta(event: ToolPiece) -> dict[str, Any]:
    function: dict[str, str] = {"arguments": event.arguments}
    if event.name is None:
        return {"index": event.position, "function": function}
    function["name"] = event.name
    return {"index": event.position, "id": event.id, "type": "function", "function": function}
