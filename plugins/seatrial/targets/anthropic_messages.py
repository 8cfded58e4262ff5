"""`anthropic-messages`: Anthropic's messages, streamed and not.

https://docs.anthropic.com/en/api/messages and https://docs.anthropic.com/en/api/messages-streaming
"""

from __future__ import annotations

import json
from typing import Any

from seatrial.core.exchange import ErrorKind, Usage
from seatrial.targets.config import TargetConfig
from seatrial.targets.reader import Reader, error_message, text_or_none
from seatrial.targets.secret import Secret
from seatrial.targets.wire import Answer, Prompt, WireRequest, decode_json, encode_json

VERSION = "2023-06-01"
# The protocol demands a bound; this one is used where the prompt names none.
MAX_TOKENS = 1024


class AnthropicMessages:
    """Builds requests to ``messages`` and reads their answers; the uri goes up to and including ``/v1``."""

    def __init__(self, config: TargetConfig) -> None:
        self._config = config

    def build(self, prompt: Prompt, stream: bool) -> WireRequest:
        """The request; system messages move to the field that this protocol has for them."""
        system = [
            message.get("content", "") for message in prompt.messages if message.get("role") == "system"
        ]
        body: dict[str, Any] = {
            "model": prompt.model or self._config.model,
            "max_tokens": prompt.max_tokens or MAX_TOKENS,
            "messages": [item for item in prompt.messages if item.get("role") != "system"],
            "stream": stream,
        }
        if system:
            body["system"] = "\n\n".join(map(str, system))
        if prompt.tools:
            body["tools"] = list(prompt.tools)
        body.update(prompt.params)
        accept = "text/event-stream" if stream else "application/json"
        headers = (("content-type", "application/json"), ("accept", accept), ("anthropic-version", VERSION))
        return WireRequest("POST", "messages", headers, encode_json(body), stream)

    def authorize(self, api_key: Secret) -> tuple[tuple[str, Secret], ...]:
        return (("x-api-key", api_key),)

    def reader(self, stream: bool) -> AnthropicReader:
        return AnthropicReader(stream, self._config)


class AnthropicReader(Reader):
    """Reads one message. A stream is whole with its `stop_reason` and ``message_stop``."""

    done = False
    _started = False
    _input: int | None = None
    _output: int | None = None

    def __init__(self, stream: bool, config: TargetConfig) -> None:
        super().__init__(stream, config)
        self._calls: dict[int, list[str]] = {}

    def on_event(self, kind: str, payload: str, at: float) -> None:
        if self.error is not None:
            return
        value = self.parse(payload)
        if kind == "error" or (isinstance(value, dict) and value.get("type") == "error"):
            self.error = None  # an error event is one whether or not its data is JSON
            said = error_message(value) if value is not None else payload
            self.fail(ErrorKind.STREAM_ERROR, f"an error inside the stream: {self.excerpt(said)}")
        elif self.error is None and not isinstance(value, dict):
            self._odd("an event", value)
        elif self.error is None:
            self._event(value, at)

    def _event(self, value: dict[str, Any], at: float) -> None:
        kind = value.get("type")
        if self.done and kind != "ping":
            self.fail(ErrorKind.MALFORMED, f"an event came after message_stop: {self.excerpt(str(kind), 40)}")
        elif kind == "message_start" and isinstance(value.get("message"), dict):
            self._started = True
            self._facts(value["message"])
        elif kind == "content_block_start" and isinstance(value.get("content_block"), dict):
            self._block(_position(value), value["content_block"], at)
        elif kind == "content_block_delta" and isinstance(value.get("delta"), dict):
            self._delta(_position(value), value["delta"], at)
        elif kind == "message_delta" and isinstance(value.get("delta"), dict):
            self.finish_reason = text_or_none(value["delta"].get("stop_reason")) or self.finish_reason
            self._count(value.get("usage"))
        elif kind == "message_stop":
            self.done = True
        elif kind in ("message_start", "content_block_start", "content_block_delta", "message_delta"):
            self._odd(f"a {kind} event", value)
        # All other types: the protocol says that new ones may come and are to be passed over.

    def _block(self, position: int, block: dict[str, Any], at: float) -> None:
        if block.get("type") == "tool_use":
            self._calls[position] = [text_or_none(block.get("name")) or "", ""]
            self.times.append(at)
        elif text_or_none(block.get("text")):
            self.text.append(block["text"])
            self.times.append(at)

    def _delta(self, position: int, delta: dict[str, Any], at: float) -> None:
        text, arguments = text_or_none(delta.get("text")), text_or_none(delta.get("partial_json"))
        if text:
            self.text.append(text)
        elif arguments:
            self._calls.setdefault(position, ["", ""])[1] += arguments
        if text or arguments or delta.get("thinking"):
            self.times.append(at)

    def on_json(self, value: Any) -> None:
        content = value.get("content") if isinstance(value, dict) else None
        if isinstance(value, dict) and value.get("type") == "error":
            self.fail(ErrorKind.STREAM_ERROR, f"an error with HTTP 200: {self.excerpt(error_message(value))}")
        elif not isinstance(content, list) or not all(isinstance(block, dict) for block in content):
            self._odd("the answer (no list `content`)", value)
        else:
            self._facts(value)
            self.finish_reason = text_or_none(value.get("stop_reason"))
            for position, block in enumerate(content):
                self.text.append(text_or_none(block.get("text")) or "")
                if block.get("type") == "tool_use":
                    arguments = json.dumps(block.get("input"), ensure_ascii=False)
                    self._calls[position] = [text_or_none(block.get("name")) or "", arguments]
            self._complete()

    def on_end(self) -> None:
        if self.error is None and not self._started:
            self.fail(ErrorKind.TRUNCATED, "the stream ended without message_start")
        elif not self.done:
            self.fail(ErrorKind.TRUNCATED, "the stream ended without message_stop")
        self._complete()

    def finish(self, at: float, complete: bool = True) -> Answer:
        answer = super().finish(at, complete)
        if self._input is not None and self._output is not None:
            answer = answer._replace(usage=Usage(self._input, self._output))
        if self._calls:
            # A tool without parameters streams no argument text at all: that stands for an empty object.
            calls = tuple((name, text or "{}") for _, (name, text) in sorted(self._calls.items()))
            answer = answer._replace(tool_calls=calls)
        return answer

    def _facts(self, message: dict[str, Any]) -> None:
        self.model = text_or_none(message.get("model")) or self.model
        self._count(message.get("usage"))

    def _count(self, usage: Any) -> None:
        """Later counts replace earlier ones: the protocol's are cumulative."""
        if isinstance(usage, dict):
            if type(usage.get("input_tokens")) is int:
                self._input = usage["input_tokens"]
            if type(usage.get("output_tokens")) is int:
                self._output = usage["output_tokens"]

    def _complete(self) -> None:
        if self.error is not None:
            return
        if not self.finish_reason:
            self.fail(ErrorKind.TRUNCATED, "the answer has no stop_reason: nothing says that it is whole")
        elif not any(self.text) and not self._calls:
            self.fail(ErrorKind.EMPTY, f"an empty completion (stop_reason {self.finish_reason!r})")
        elif self.finish_reason != "max_tokens":
            self._check_calls()

    def _check_calls(self) -> None:
        for name, arguments in self._calls.values():
            try:
                decode_json(arguments or "{}")
            except ValueError:
                which, cut = self.excerpt(name, 40), self.excerpt(arguments, 80)
                self.fail(ErrorKind.MALFORMED, f"tool call {which!r}: the arguments are not JSON: {cut!r}")

    def _odd(self, what: str, value: Any) -> None:
        shown = self.excerpt(str(value), 80)
        self.fail(ErrorKind.MALFORMED, f"{what} is not what the protocol says: {shown}")


def _position(value: dict[str, Any]) -> int:
    index = value.get("index", 0)
    return index if isinstance(index, int) else 0
