"""The abilities that the reference gateway does not offer, or offers without a defect of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from seatrial.core.outcome import Outcome
from seatrial.targets.config import TargetConfig
from seatrial.targets.target import Target
from tests.suites.gateways import served
from tests.suites.running import items, run

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

ITEMS = {item.name: item for item in items("contract")}
LOGPROBS = "test_capabilities::test_logprobs_are_given"
EMBEDDINGS = "test_capabilities::test_embeddings_are_given"
Tokens = list[dict[str, Any]]
GOOD_TOKENS: Tokens = [{"token": "a", "logprob": -0.1}, {"token": "b", "logprob": 0.0}]


def server(tokens: Tokens, embed: Callable[[str], list[float]]) -> Starlette:
    """Answers with the log probabilities *tokens*, and embeds with *embed*."""
    from starlette.applications import Starlette
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    async def chat(request: Request) -> Response:
        message = {"role": "assistant", "content": "ab"}
        choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": {"content": tokens}}
        usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
        head = {"id": "c", "object": "chat.completion", "model": "solo"}
        return JSONResponse({**head, "choices": [choice], "usage": usage})

    async def embeddings(request: Request) -> Response:
        texts = json.loads(await request.body())["input"]
        return JSONResponse({"data": [{"embedding": embed(text)} for text in texts]})

    routes = [Route("/v1/chat/completions", chat, methods=["POST"])]
    return Starlette(routes=[*routes, Route("/v1/embeddings", embeddings, methods=["POST"])])


@contextmanager
def target(tokens: Tokens, embed: Callable[[str], list[float]]) -> Iterator[Target]:
    abilities = frozenset({"logprobs", "embeddings"})
    with served(server(tokens, embed)) as root:
        config = TargetConfig(uri=f"{root}/v1", model="solo", capabilities=abilities)
        with Target(config) as there:
            yield there


def letters(text: str) -> list[float]:
    return [float(text.count(letter)) for letter in "abcdefghilnou"]


@pytest.mark.parametrize(
    ("tokens", "outcome"),
    [
        (GOOD_TOKENS, Outcome.PASSED),
        ([], Outcome.FAILED),
        ([{"token": "a", "logprob": 0.5}, GOOD_TOKENS[1]], Outcome.FAILED),
        ([{"token": "a"}, GOOD_TOKENS[1]], Outcome.FAILED),
        (GOOD_TOKENS * 2, Outcome.FAILED),
    ],
    ids=["right", "none", "above-zero", "no-number", "too-many"],
)
def test_logprobs(tokens: Tokens, outcome: Outcome) -> None:
    with target(tokens, letters) as there:
        assert run(ITEMS[LOGPROBS], there).outcome is outcome


@pytest.mark.parametrize(
    ("embed", "outcome"),
    [
        (letters, Outcome.PASSED),
        (lambda text: [0.0, 0.0], Outcome.FAILED),
        (lambda text: [1.0, 2.0], Outcome.FAILED),
        (lambda text: letters(text)[: len(text) // 2], Outcome.FAILED),
        (lambda text: [], Outcome.FAILED),
    ],
    ids=["right", "zeros", "always-the-same", "lengths-differ", "empty"],
)
def test_embeddings(embed: Callable[[str], list[float]], outcome: Outcome) -> None:
    with target(GOOD_TOKENS, embed) as there:
        assert run(ITEMS[EMBEDDINGS], there).outcome is outcome
