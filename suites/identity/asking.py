"""A few small answers to look at, and names of models that mean the same."""

from __future__ import annotations

import re
from typing import Any

from seatrial.core.exchange import ErrorKind, Exchange
from seatrial.pytest import inconclusive

PROMPTS = ("Say yes.", "Name a colour.", "Name a ship.", "Name a port.", "Say no.")
_SILENT = frozenset(
    {ErrorKind.CONNECT, ErrorKind.TIMEOUT_FIRST_BYTE, ErrorKind.TIMEOUT_IDLE, ErrorKind.TIMEOUT_TOTAL}
)
_VERSION = re.compile(r"[-@:](?:\d{8}|\d{4}-\d\d-\d\d|\d{3,4}|v\d+(?::\d+)?|latest)")


def answers(target: Any, count: int) -> list[Exchange]:
    """*count* complete answers, streamed and unstreamed in turn; inconclusive where they cannot be had."""
    chat = target.config.protocol != "http-json"
    got: list[Exchange] = []
    for number in range(3 * count):
        params = {"max_tokens": 16} if chat else None
        exchange = target.send(PROMPTS[number % len(PROMPTS)], stream=chat and number % 2 == 1, params=params)
        if exchange.ok:
            got.append(exchange)
        if len(got) == count:
            return got
        if exchange.error in _SILENT:
            inconclusive(f"the target does not answer: {exchange.detail or exchange.error}")
    inconclusive(
        f"only {len(got)} complete answers in {3 * count} tries: {exchange.detail or exchange.error}"
    )


def same_model(asked: str, reported: str) -> bool:
    """Whether *reported* is *asked*, or its dated form, or the same behind a provider's path.

    ``gpt-4o`` may answer as ``gpt-4o-2024-08-06`` and ``openai/gpt-4o``; never as ``gpt-4o-mini``.
    """
    one, other = _last(asked).removesuffix("-latest"), _last(reported)
    return other == _last(asked) or (other.startswith(one) and bool(_VERSION.fullmatch(other[len(one) :])))


def _last(name: str) -> str:
    return re.sub(r"\.gguf$", "", name.strip().lower().replace("\\", "/").rsplit("/", 1)[-1])


def expected(trial: Any, target: Any) -> Any:
    """What the policy says under `identity` of this target."""
    return next(spec.identity for spec in trial.policy.spec.targets if spec.name == target.config.name)


def manner(exchange: Exchange) -> str:
    """How the answer came: for messages."""
    return "streamed" if exchange.streamed else "unstreamed"
