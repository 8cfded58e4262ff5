"""Any REST model: what can be said of it without knowing its schema."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .dialect import Dialect, Problems, brief


def answer_problems(body: Any) -> Problems:
    """An answer is JSON; where it sits in it the policy says, and the target has found it there."""
    return [] if isinstance(body, (dict, list)) else [f"the body is {brief(body)}, not an object or a list"]


def error_problems(body: Any) -> Problems:
    """An error is a JSON object that says something."""
    if not isinstance(body, dict):
        return [f"the body is {brief(body)}, not an object"]
    return (
        []
        if any(isinstance(text, str) and text.strip() for text in _leaves(body))
        else ["the error says nothing"]
    )


def nothing_promised(_: Any) -> Problems:
    """No promise, nothing to break."""
    return []


def no_stream(_: Sequence[str]) -> Problems:
    """No promise, nothing to break."""
    return []


def no_tokens(_: dict[str, Any]) -> int:
    """No tokens are told."""
    return 0


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in _leaves(item)]
    if isinstance(value, list):
        return [leaf for item in value for leaf in _leaves(item)]
    return [value]


DIALECT = Dialect(
    name="http-json",
    chat=False,
    answer=answer_problems,
    stream=no_stream,
    ending=no_stream,
    error=error_problems,
    usage=nothing_promised,
    prompt_tokens=no_tokens,
)
