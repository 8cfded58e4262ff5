"""`openai-chat`: OpenAI's chat completions, streamed and not, as most model servers speak it.

https://platform.openai.com/docs/api-reference/chat
"""

from __future__ import annotations

from typing import Any

from seatrial.core.exchange import ErrorKind, Usage
from seatrial.targets.config import TargetConfig
from seatrial.targets.reader import Reader, error_message, text_or_none, usage_of
from seatrial.targets.secret import Secret
from seatrial.targets.wire import Answer, Prompt, WireRequest, decode_json, encode_json, scan_json

JSON_HEADERS = (("content-type", "application/json"), ("accept", "application/json"))
STREAM_HEADERS = (("content-type", "application/json"), ("accept", "text/event-stream"))


class OpenAIChat:
    """Builds requests to ``chat/completions`` and reads their answers."""

    def __init__(self, config: TargetConfig) -> None:
        self._config = config

    def build(self, prompt: Prompt, stream: bool) -> WireRequest:
        """The request; a stream is asked to report its usage at the end."""
        body: dict[str, Any] = {"messages": list(prompt.messages)}
        model = prompt.model or self._config.model
        if model is not None:
            body["model"] = model
        if prompt.max_tokens is not None:
            body["max_tokens"] = prompt.max_tokens
        if prompt.tools:
            body["tools"] = list(prompt.tools)
        body["stream"] = stream
        if stream:
            body["stream_options"] = {"include_usage": True}
        body.update(prompt.params)
        headers = STREAM_HEADERS if stream else JSON_HEADERS
        return WireRequest("POST", "chat/completions", headers, encode_json(body), stream)

    def authorize(self, api_key: Secret) -> tuple[tuple[str, Secret], ...]:
        return (("authorization", Secret(f"Bearer {api_key.reveal()}")),)

    def reader(self, stream: bool) -> OpenAIReader:
        return OpenAIReader(stream, self._config)


class OpenAIReader(Reader):
    """Reads one chat completion.

    A stream is whole only with both its `finish_reason` and ``[DONE]``: where one is missing the answer was
    cut, however cleanly the connection closed.
    """

    done = False
    _calls: dict[int, list[str]] | None = None
    _refusal = ""

    def feed(self, data: bytes, at: float) -> None:
        if self.sse is None:
            self.body.append(data)
            return
        text, times = self.text, self.times
        for kind, payload in self.events(data):
            # Nearly every event adds one piece of text and nothing else; all others go the careful way.
            try:
                chunk, end = scan_json(payload)
                (choice,) = chunk["choices"]
                delta = choice["delta"]
                piece = delta["content"]
                plain = (
                    choice["finish_reason"] is None and choice["index"] == 0 and chunk["model"] == self.model
                )
            except (ValueError, KeyError, TypeError, RecursionError):
                self.on_event(kind, payload, at)
                continue
            if (
                plain
                and len(delta) == 1
                and type(piece) is str
                and piece
                and end == len(payload)
                and kind == "message"
                and not chunk.get("usage")
                and "error" not in chunk
                and not self.done
            ):
                text.append(piece)
                times.append(at)
            else:
                self.on_event(kind, payload, at)

    def on_event(self, kind: str, payload: str, at: float) -> None:
        if self.done:
            self.fail(ErrorKind.MALFORMED, f"an event came after [DONE]: {self.excerpt(payload, 80)!r}")
        elif payload == "[DONE]":
            self.done = True
        elif self.error is None:
            chunk = self.parse(payload)
            if kind == "error" or (isinstance(chunk, dict) and chunk.get("error")):
                self.error = None  # an error event is one whether or not its data is JSON
                said = error_message(chunk) if chunk is not None else payload
                self.fail(ErrorKind.STREAM_ERROR, f"an error inside the stream: {self.excerpt(said)}")
            elif self.error is None:
                self._chunk(chunk, at)

    def _chunk(self, chunk: Any, at: float) -> None:
        if not isinstance(chunk, dict) or not isinstance(chunk.get("choices", []), list):
            self._odd("a chunk", chunk)
            return
        self._facts(chunk)
        for choice in chunk.get("choices", []):
            delta = choice.get("delta") if isinstance(choice, dict) else None
            if not isinstance(delta, dict):
                self._odd("a choice", choice)
                return
            if choice.get("index", 0) == 0:
                self.finish_reason = text_or_none(choice.get("finish_reason")) or self.finish_reason
                if self._delta(delta):
                    self.times.append(at)

    def _delta(self, delta: dict[str, Any]) -> bool:
        """Take in what *delta* adds; whether it carried content (reasoning counts for time, not text)."""
        piece = delta.get("content")
        if isinstance(piece, str) and piece:
            self.text.append(piece)
        elif piece is not None and not isinstance(piece, str):
            self._odd("a delta's content", piece)
        refusal = text_or_none(delta.get("refusal")) or ""
        self._refusal += refusal
        calls = delta.get("tool_calls") or []
        if not isinstance(calls, list):
            self._odd("tool_calls", calls)
            calls = []
        for call in calls:
            self._tool_delta(call)
        reasoning = delta.get("reasoning_content") or delta.get("reasoning")
        return bool(piece or refusal or calls or reasoning)

    def _tool_delta(self, call: Any) -> None:
        function = call.get("function") if isinstance(call, dict) else None
        if not isinstance(function, dict):
            self._odd("a tool call", call)
            return
        if self._calls is None:
            self._calls = {}
        index = call.get("index", 0)
        parts = self._calls.setdefault(index if isinstance(index, int) else 0, ["", ""])
        parts[0] += text_or_none(function.get("name")) or ""
        parts[1] += text_or_none(function.get("arguments")) or ""

    def on_json(self, value: Any) -> None:
        if isinstance(value, dict) and value.get("error"):
            self.fail(ErrorKind.STREAM_ERROR, f"an error with HTTP 200: {self.excerpt(error_message(value))}")
            return
        try:
            choice = value["choices"][0]
            message, finish = choice["message"], choice.get("finish_reason")
            content, refusal, calls = (
                message.get("content"),
                message.get("refusal"),
                message.get("tool_calls"),
            )
        except (KeyError, IndexError, TypeError, AttributeError):
            self._odd("the answer (no choices[0].message)", value)
            return
        self._facts(value)
        self.finish_reason = text_or_none(finish)
        if isinstance(content, str):
            self.text.append(content)
        elif content is not None:
            self._odd("message.content", content)
        if refusal:
            self._refusal = text_or_none(refusal) or ""
        if calls:
            for position, call in enumerate(calls if isinstance(calls, list) else [calls]):
                self._tool_delta({**call, "index": position} if isinstance(call, dict) else call)
        self._complete()

    def _plain(self, at: float) -> Answer | None:
        """The short way for an answer with nothing unusual about it; None where it needs the careful way."""
        try:
            text = b"".join(self.body).decode()
            value, end = scan_json(text)
            choice, usage = value["choices"][0], value["usage"]
            message, finish, model = choice["message"], choice["finish_reason"], value["model"]
            content, given, made = message["content"], usage["prompt_tokens"], usage["completion_tokens"]
            unusual = message.get("tool_calls") or message.get("refusal") or value.get("error")
            fingerprint = value.get("system_fingerprint")
        except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
            return None
        if unusual or end != len(text) or not (content and finish and type(content) is type(finish) is str):
            return None
        if not (type(model) is str and type(given) is type(made) is int):
            return None
        counted = Usage(given, made)
        return Answer(None, "", content, finish, counted, model, text_or_none(fingerprint), (), at)

    def on_end(self) -> None:
        if not self.done and self.error is None:
            after = f" (after finish_reason {self.finish_reason!r})" if self.finish_reason else ""
            self.fail(ErrorKind.TRUNCATED, f"the stream ended without [DONE]{after}")
        self._complete()

    def finish(self, at: float, complete: bool = True) -> Answer:
        if complete and self.sse is None and self.status == 200 and not self.stream:
            plain = self._plain(at)
            if plain is not None:
                return plain
        answer = super().finish(at, complete)
        if self._calls or self._refusal:
            calls = tuple((name, arguments) for _, (name, arguments) in sorted((self._calls or {}).items()))
            answer = answer._replace(tool_calls=calls, text=answer.text or self._refusal)
        return answer

    def _facts(self, chunk: dict[str, Any]) -> None:
        model, usage = chunk.get("model"), chunk.get("usage")
        fingerprint = chunk.get("system_fingerprint")
        if isinstance(model, str):
            self.model = model
        if isinstance(fingerprint, str):
            self.system_fingerprint = fingerprint
        if usage:
            self.usage = usage_of(usage, "prompt_tokens", "completion_tokens") or self.usage

    def _complete(self) -> None:
        """The answer is there as it was sent: is it whole, and is it an answer?"""
        if self.error is not None:
            return
        if not self.finish_reason:
            self.fail(ErrorKind.TRUNCATED, "the answer has no finish_reason: nothing says that it is whole")
        elif not any(self.text) and not self._calls and not self._refusal:
            thought = " after reasoning" if self.times and self.sse else ""
            self.fail(ErrorKind.EMPTY, f"an empty completion{thought} (finish_reason {self.finish_reason!r})")
        elif self._calls and self.finish_reason != "length":
            self._check_calls(self._calls)

    def _check_calls(self, calls: dict[int, list[str]]) -> None:
        for name, arguments in calls.values():
            try:
                decode_json(arguments)
            except ValueError:
                cut = self.excerpt(arguments, 80)
                self.fail(
                    ErrorKind.MALFORMED,
                    f"the arguments of tool call {self.excerpt(name, 40)!r} are not JSON: {cut!r}",
                )

    def _odd(self, what: str, value: Any) -> None:
        self.fail(
            ErrorKind.MALFORMED, f"{what} is not what the protocol says: {self.excerpt(str(value), 80)}"
        )
