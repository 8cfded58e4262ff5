"""What a wire protocol promises, as far as an outsider can judge it: one `Dialect` for each protocol.

A judging function takes what came over the wire and returns a list of sentences, one for each broken
promise: an empty list is a clean answer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

Problems = list[str]


@dataclass(frozen=True)
class Dialect:
    """The promises of one protocol.

    Attributes:
        name: as the policy writes it.
        chat: whether it speaks of messages, tokens and finish reasons at all.
        answer: judges the parsed body of an unstreamed answer.
        stream: judges the ``data`` of all events of one whole stream.
        ending: judges how that stream came to its end.
        error: judges the parsed body of an error.
        usage: judges the usage object of a parsed body or event.
        prompt_tokens: all tokens of the prompt in a usage object, read from a cache or not.
        finish_reasons: all words the protocol knows.
        cut: the one for an answer that `max_tokens` cut.
        whole: those for an answer that came to its own end.
        stop: the parameter for stop sequences.
        fixed: parameters that make an answer repeatable, where the target can.
    """

    name: str
    chat: bool
    answer: Callable[[Any], Problems]
    stream: Callable[[Sequence[str]], Problems]
    ending: Callable[[Sequence[str]], Problems]
    error: Callable[[Any], Problems]
    usage: Callable[[Any], Problems]
    prompt_tokens: Callable[[dict[str, Any]], int]
    finish_reasons: frozenset[str] = frozenset()
    cut: str = ""
    whole: frozenset[str] = frozenset()
    stop: str = ""
    fixed: dict[str, Any] = field(default_factory=dict)


def dialect_of(protocol: str) -> Dialect:
    """The promises of the protocol that the policy names; those of any REST model for an unknown one."""
    from . import anthropic, openai, rest

    return {"openai-chat": openai.DIALECT, "anthropic-messages": anthropic.DIALECT}.get(
        protocol, rest.DIALECT
    )


def wants(holder: Any, name: str, kind: type | tuple[type, ...], where: str = "") -> Problems:
    """One sentence when *name* of the object *holder* is missing or of another type than *kind*."""
    path = f"{where}.{name}" if where else name
    if not isinstance(holder, dict):
        return [f"{where or 'the body'} is {brief(holder)}, not an object"]
    if name not in holder:
        return [f"`{path}` is missing"]
    value = holder[name]
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        return [f"`{path}` is {brief(value)}, not {_kind(kind)}"]
    return []


def wants_text(holder: Any, name: str, where: str = "") -> Problems:
    """One sentence when *name* is missing, no string, or an empty one."""
    problems = wants(holder, name, str, where)
    if not problems and not holder[name].strip():
        return [f"`{where + '.' if where else ''}{name}` is empty"]
    return problems


def wants_count(holder: Any, name: str, where: str = "") -> Problems:
    """One sentence when *name* is missing, no integer, or below zero."""
    problems = wants(holder, name, int, where)
    if not problems and holder[name] < 0:
        return [f"`{where + '.' if where else ''}{name}` is {holder[name]}, below zero"]
    return problems


def brief(value: Any, limit: int = 80) -> str:
    """*value* as JSON, cut: for messages."""
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _kind(kind: type | tuple[type, ...]) -> str:
    names = {str: "a string", int: "an integer", float: "a number", list: "a list", dict: "an object"}
    kinds = kind if isinstance(kind, tuple) else (kind,)
    return " or ".join(names.get(item, item.__name__) for item in kinds)
