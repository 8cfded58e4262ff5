"""Answers of chat models as JSON: where text, reasons, tool calls, tokens and names stand in them.

Two dialects are known, streamed and not: OpenAI's chat completions and Anthropic's messages, as their public
API references describe them. A *place* is an object of the JSON and a key in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from seatrial.faults.actions import BodyItems
from seatrial.faults.base import AiFault, W

Json = dict[str, Any]
Place = tuple[Json, str]

DONE = "[DONE]"


class ChatFault(AiFault[W]):
    """A fault that changes what a model said: `change` is asked for each event, or once for an answer."""

    unit = "body"
    resizes = True

    def change(self, value: Json) -> bool | None:
        """Change *value* in place; True when it was, False to leave the event out, None to leave it be."""
        return None

    def on_event(self, event: bytes) -> BodyItems | None:
        value = json_of(event)
        told = None if value is None else self.change(value)
        if told is None or value is None:
            return None
        return [with_data(event, encoded(value))] if told else []

    def on_body(self, data: bytes) -> BodyItems | None:
        value = decoded(data)
        return [encoded(value).encode()] if value is not None and self.change(value) else None


# -- events


def data_of(event: bytes) -> str | None:
    """The data of an event, None where it has none (a comment, a ping)."""
    lines = [line[5:].removeprefix(" ") for line in _lines(event) if line.startswith("data:")]
    return "\n".join(lines) if lines else None


def with_data(event: bytes, data: str) -> bytes:
    """The same event with other data; its other fields stay."""
    others = [line for line in _lines(event) if line and not line.startswith("data:")]
    fields = [*others, *(f"data: {line}" for line in data.split("\n"))]
    return ("\n".join(fields) + "\n\n").encode()


def json_of(event: bytes) -> Json | None:
    """The JSON object that an event carries, None where it carries none."""
    data = data_of(event)
    return None if data is None else decoded(data)


def is_end(event: bytes) -> bool:
    """Whether an event is the protocol's own end of the stream: ``[DONE]``, or ``message_stop``."""
    data = data_of(event)
    if data is None:
        return False
    return data.strip() == DONE or (decoded(data) or {}).get("type") == "message_stop"


def decoded(text: str | bytes) -> Json | None:
    """A JSON object, None where the text is none."""
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def encoded(value: Any) -> str:
    """JSON as providers write it: without blanks, beyond ASCII as it is."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _lines(event: bytes) -> list[str]:
    text = event.decode("utf-8", "surrogateescape").replace("\r\n", "\n").replace("\r", "\n")
    return text.rstrip("\n").split("\n")


# -- places in an answer or in a chunk of one


def texts(value: Json) -> Iterator[Place]:
    """Where text stands."""
    for choice in _choices(value):
        for part in (choice.get("delta"), choice.get("message")):
            if isinstance(part, dict) and isinstance(part.get("content"), str):
                yield part, "content"
    for part in (value.get("delta"), value.get("content_block"), *_objects(value.get("content"))):
        if isinstance(part, dict) and isinstance(part.get("text"), str):
            yield part, "text"


def reasons(value: Json) -> Iterator[Place]:
    """Where it is told why the answer ended."""
    for choice in _choices(value):
        if isinstance(choice.get("finish_reason"), str):
            yield choice, "finish_reason"
    for part in (value, value.get("delta")):
        if isinstance(part, dict) and isinstance(part.get("stop_reason"), str):
            yield part, "stop_reason"


def tool_calls(value: Json) -> Iterator[tuple[int, Json, str, str]]:
    """Tool calls and pieces of them: which call, the object that holds it, its keys of name and arguments."""
    for choice in _choices(value):
        for part in (choice.get("delta"), choice.get("message")):
            for position, call in enumerate(
                _objects(part.get("tool_calls") if isinstance(part, dict) else None)
            ):
                if isinstance(call.get("function"), dict):
                    yield call.get("index", position), call["function"], "name", "arguments"
    delta, block = value.get("delta"), value.get("content_block")
    if isinstance(delta, dict) and isinstance(delta.get("partial_json"), str):
        yield value.get("index", 0), delta, "name", "partial_json"
    blocks = [block] if isinstance(block, dict) else _objects(value.get("content"))
    for position, each in enumerate(blocks):
        if each.get("type") == "tool_use":
            yield value.get("index", position), each, "name", "input"


def usages(value: Json) -> Iterator[Place]:
    """Where tokens are counted."""
    for part in (value, value.get("message")):
        if isinstance(part, dict) and isinstance(part.get("usage"), dict):
            yield part, "usage"


def models(value: Json) -> Iterator[Place]:
    """Where the model is named."""
    for part in (value, value.get("message")):
        if isinstance(part, dict) and isinstance(part.get("model"), str):
            yield part, "model"


def _choices(value: Json) -> list[Json]:
    return _objects(value.get("choices"))


def _objects(value: Any) -> list[Json]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
