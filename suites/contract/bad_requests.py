"""Requests that are wrong, or odd, each for a reason that a client has really had."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

Build = Callable[[Mapping[str, Any]], bytes]
"""Makes a body out of a small and right one."""


def _with(**changes: Any) -> Build:
    def build(right: Mapping[str, Any]) -> bytes:
        body = {**right, **changes}
        return json.dumps({name: value for name, value in body.items() if value is not ...}).encode()

    return build


def _says(content: Any) -> Build:
    return _with(messages=[{"role": "user", "content": content}])


def _swapped(old: bytes, new: bytes) -> Build:
    return lambda right: json.dumps(right).encode().replace(old, new)


# Wrong beyond doubt in any reading of the protocol: to be refused with 4xx.
NO_REQUEST: dict[str, Build] = {
    "malformed-json": lambda right: json.dumps(right).encode()[:-9],
    "empty-body": lambda right: b"",
    "not-an-object": lambda right: b'["hello"]',
    "no-messages": _with(messages=...),
    "messages-is-text": _with(messages="Say yes."),
    "message-is-a-number": _with(messages=[7]),
    "message-without-role": _with(messages=[{"content": "Say yes."}]),
    "content-is-a-number": _says(7),
    "max-tokens-is-text": _with(max_tokens="many"),
    "temperature-is-text": _with(temperature="hot"),
    "invalid-utf-8": _swapped(b"yes", b"\xff\xfe\xfa"),
}
# A server may take them or refuse them; it must not break on them.
ODD: dict[str, Build] = {
    "no-messages-at-all": _with(messages=[]),
    "unknown-role": _with(messages=[{"role": "harbour-master", "content": "Say yes."}]),
    "nul-character": _says("Say\u0000 yes."),
    "lone-surrogate": _swapped(b"yes", rb"y\ud800es"),
    "deep-nesting": _swapped(b'"Say yes."', b"[" * 5000 + b"]" * 5000),
    "negative-max-tokens": _with(max_tokens=-7),
    # The stop sequence keeps an obedient server from writing a book at the user's expense.
    "huge-max-tokens": _with(max_tokens=2**31 - 1, stop=[".", "\n"]),
    "huge-number": _swapped(b'"max_tokens": 8', b'"max_tokens": 8, "temperature": 1e999'),
    "unknown-field": _with(seatrial_unknown={"a": [1, None]}),
    "long-input": _says("The tide comes in and the tide goes out. " * 300),
}
# What can be said of any REST model, whatever its schema.
ANY_REST = frozenset({"malformed-json", "empty-body"})
