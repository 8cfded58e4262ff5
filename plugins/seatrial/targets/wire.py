"""The face of a wire protocol: how a prompt becomes bytes, and bytes become an answer. No I/O.

A protocol is a class with `build`, `authorize` and `reader`; `register` makes it known by name, so that a
package outside can add one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from seatrial.core.errors import UsageError
from seatrial.core.exchange import NAN, ErrorKind, Usage

if TYPE_CHECKING:
    from seatrial.targets.config import TargetConfig
    from seatrial.targets.secret import Secret

Headers = Sequence[tuple[bytes, bytes]]
Message = dict[str, Any]


@dataclass(frozen=True)
class Prompt:
    """What is asked, whatever the protocol. Plain data: `to_dict` gives JSON.

    Attributes:
        messages: the conversation, as ``{"role": ..., "content": ...}`` objects.
        max_tokens: longest answer wanted, None leaves it to the target.
        tools: tool declarations, in the protocol's own form.
        params: further fields of the request body, as they are (``temperature``, ``seed``, ``stop`` ...).
        model: overrides the target's model.
    """

    messages: tuple[Message, ...]
    max_tokens: int | None = None
    tools: tuple[dict[str, Any], ...] = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    model: str | None = None

    @classmethod
    def of(
        cls,
        prompt: Prompt | str | Iterable[Message],
        *,
        max_tokens: int | None = None,
        tools: Iterable[dict[str, Any]] = (),
        params: Mapping[str, Any] | None = None,
        model: str | None = None,
    ) -> Prompt:
        """A prompt from a text, from messages, or from a prompt whose fields are overridden where given."""
        if isinstance(prompt, Prompt):
            messages, base = prompt.messages, prompt
        elif isinstance(prompt, str):
            messages, base = ({"role": "user", "content": prompt},), Prompt(())
        else:
            messages, base = tuple(prompt), Prompt(())
        return cls(
            messages,
            base.max_tokens if max_tokens is None else max_tokens,
            tuple(tools) or base.tools,
            {**base.params, **(params or {})},
            model or base.model,
        )

    @property
    def text(self) -> str:
        """The last message's text, for protocols that know no conversation."""
        content = self.messages[-1].get("content", "") if self.messages else ""
        if isinstance(content, str):
            return content
        parts = content if isinstance(content, list) else []
        return "".join(part.get("text", "") for part in parts if isinstance(part, dict))

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, without the fields that were left out."""
        fields: dict[str, Any] = {"messages": list(self.messages), "max_tokens": self.max_tokens}
        fields |= {"tools": list(self.tools), "params": dict(self.params), "model": self.model}
        return {key: value for key, value in fields.items() if value not in (None, [], {})}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Prompt:
        """The inverse of `to_dict`; ``{"prompt": "..."}`` and ``{"text": "..."}`` are understood too.

        Raises:
            UsageError: neither messages nor a text.
        """
        content = data.get("messages") or data.get("prompt") or data.get("text")
        if not isinstance(content, (str, list)) or not content:
            raise UsageError(
                "a prompt needs `messages` (a list) or `prompt` (a text)", hint=f"got the keys {sorted(data)}"
            )
        return cls.of(
            content,
            max_tokens=data.get("max_tokens"),
            tools=data.get("tools") or (),
            params=data.get("params"),
            model=data.get("model"),
        )


class WireRequest(NamedTuple):
    """One request, before it is bytes.

    Attributes:
        path: relative to the target's base (``chat/completions``), or from the root (``/health``).
        headers: beside those that the client adds (host, length, user agent, key).
        stream: whether the answer is asked for as a stream of events.
    """

    method: str
    path: str
    headers: tuple[tuple[str, str | Secret], ...]
    body: bytes
    stream: bool = False


class Answer(NamedTuple):
    """What a reader made of an answer: the protocol's share of an `Exchange`. Times as they were fed in."""

    error: ErrorKind | None = None
    detail: str = ""
    text: str = ""
    finish_reason: str | None = None
    usage: Usage | None = None
    model: str | None = None
    system_fingerprint: str | None = None
    tool_calls: tuple[tuple[str, str], ...] = ()
    first_chunk: float = NAN
    gaps: tuple[float, ...] = ()
    streamed: bool = False


class AnswerReader(Protocol):
    """Reads one answer. It raises for nothing a target may send, save `WireError` to stop at once."""

    def head(self, status: int, headers: Headers) -> None:
        """Status and headers (names as they came, any case) are there."""

    def feed(self, data: bytes, at: float) -> None:
        """Bytes of the body arrived at clock time *at*."""

    def finish(self, at: float, complete: bool = True) -> Answer:
        """The body ended at *at*; *complete* is False where the connection broke before its end."""


class WireProtocol(Protocol):
    """A wire protocol, made for one target."""

    def build(self, prompt: Prompt, stream: bool) -> WireRequest:
        """The request that asks *prompt*."""

    def authorize(self, api_key: Secret) -> tuple[tuple[str, Secret], ...]:
        """The headers that carry the key."""

    def reader(self, stream: bool) -> AnswerReader:
        """A fresh reader for one answer; *stream* as it was asked for."""


class WireError(Exception):
    """A reader has seen enough: the exchange ends now, with this error."""

    def __init__(self, kind: ErrorKind, detail: str) -> None:
        super().__init__(kind, detail)
        self.kind = kind
        self.detail = detail


ProtocolFactory = Callable[["TargetConfig"], WireProtocol]
PROTOCOLS: dict[str, ProtocolFactory] = {}


def register(name: str, factory: ProtocolFactory) -> None:
    """Make a protocol known by the name that a policy uses for it.

    Raises:
        UsageError: another protocol has this name already.
    """
    known = PROTOCOLS.setdefault(name, factory)
    if known is not factory:
        raise UsageError(f"a protocol named {name!r} exists already", hint="choose another name")


def protocol_for(config: TargetConfig) -> WireProtocol:
    """The protocol that *config* names.

    Raises:
        UsageError: no protocol has this name.
    """
    factory = PROTOCOLS.get(config.protocol)
    if factory is None:
        where = f"target {config.name!r}"
        hint = f"known are: {', '.join(sorted(PROTOCOLS))}"
        raise UsageError(f"there is no protocol {config.protocol!r}", where=where, hint=hint)
    return factory(config)


def encode_json(value: object) -> bytes:
    """Compact UTF-8 JSON; a lone surrogate, which UTF-8 has no bytes for, goes as an escape."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


_decoder = json.JSONDecoder(parse_constant=_no_constant)
scan_json: Callable[[str], tuple[Any, int]] = _decoder.raw_decode
"""``(value, end)`` of the JSON text at the start of a string: what `json.loads` does, at half its cost."""


def decode_json(text: str) -> Any:
    """The value of a JSON text; NaN and Infinity are refused, as the standard does.

    Raises:
        ValueError: not JSON (also where it nests deeper than the interpreter can follow).
    """
    try:
        if text[:1] == "{":  # nearly always, and then the search for blanks around it can be left out
            value, end = _decoder.raw_decode(text)
            if end == len(text):
                return value
        return _decoder.decode(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def header(headers: Headers, name: bytes) -> str | None:
    """The first header called *name* (lower case), or None."""
    for key, value in headers:
        if key.lower() == name:
            return value.decode("latin-1")
    return None


def media_type(headers: Headers) -> str:
    """The content type without its parameters, in lower case; empty where there is none."""
    return (header(headers, b"content-type") or "").partition(";")[0].strip().lower()


def _openai_chat(config: TargetConfig) -> WireProtocol:
    from seatrial.targets.openai_chat import OpenAIChat

    return OpenAIChat(config)


def _anthropic_messages(config: TargetConfig) -> WireProtocol:
    from seatrial.targets.anthropic_messages import AnthropicMessages

    return AnthropicMessages(config)


def _http_json(config: TargetConfig) -> WireProtocol:
    from seatrial.targets.http_json import HttpJsonModel

    return HttpJsonModel(config)


register("openai-chat", _openai_chat)
register("anthropic-messages", _anthropic_messages)
register("http-json", _http_json)
