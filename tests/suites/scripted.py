"""A model server of one model that does as a test tells it: right, unusual, or wrong in its own way."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

SENTENCE = "The sea is grey in the morning and green at noon when the wind is low ."
WORDS = SENTENCE.split()


@dataclass
class Script:
    """What the server does.

    Attributes:
        models: those it lists.
        named: the model that an answer names, made of the one asked for.
        words: the answer, made of the number of the request.
        health: the status that the health endpoint gives.
        hangs: whether generating hangs.
        broken: the status of every generating request, 0 for none.
        deletes: the status of DELETE on the generating path, 0 for what the framework does.
        surplus: tokens that are added to the total of usage.
        refusals: statuses of requests that are not JSON, in turn; the last one stays.
    """

    models: tuple[str, ...] = ("solo",)
    named: Callable[[str], str] = lambda asked: "solo"
    words: Callable[[int], list[str]] = lambda number: WORDS
    health: int = 200
    hangs: bool = False
    broken: int = 0
    deletes: int = 0
    surplus: int = 0
    refusals: list[int] = field(default_factory=lambda: [400])


def scripted(script: Script) -> Starlette:
    """The server as an application."""
    from starlette.applications import Starlette
    from starlette.responses import JSONResponse, StreamingResponse
    from starlette.routing import Route

    numbers = itertools.count()

    async def chat(request: Request) -> Response:
        try:
            asked = json.loads(await request.body())
            prompt = asked["messages"][-1]["content"]
        except (ValueError, KeyError, TypeError, IndexError, RecursionError):
            status = script.refusals.pop(0) if len(script.refusals) > 1 else script.refusals[0]
            return _error(status, "this is no request")
        if script.hangs:
            await asyncio.sleep(60)
        if script.broken:
            return _error(script.broken, "out of memory")
        words = script.words(next(numbers))[: asked.get("max_tokens", 99)]
        cut = len(words) < len(WORDS)
        answer = _Answer(
            script.named(asked.get("model", "")), words, len(prompt.split()), cut, script.surplus
        )
        if asked.get("stream"):
            return StreamingResponse(answer.events(), media_type="text/event-stream")
        return JSONResponse(answer.body())

    async def models(request: Request) -> Response:
        return JSONResponse({"object": "list", "data": [{"id": name} for name in script.models]})

    async def health(request: Request) -> Response:
        return JSONResponse({}, status_code=script.health)

    async def delete(request: Request) -> Response:
        return JSONResponse({}, status_code=script.deletes)

    deleting = [Route("/v1/chat/completions", delete, methods=["DELETE"])] if script.deletes else []
    routes = [*deleting, Route("/v1/chat/completions", chat, methods=["POST"]), Route("/v1/models", models)]
    return Starlette(routes=[*routes, Route("/health", health)])


@dataclass
class _Answer:
    model: str
    words: list[str]
    asked: int
    cut: bool
    surplus: int

    @property
    def finish(self) -> str:
        return "length" if self.cut else "stop"

    @property
    def usage(self) -> dict[str, int]:
        made = len(self.words)
        return {
            "prompt_tokens": self.asked,
            "completion_tokens": made,
            "total_tokens": self.asked + made + self.surplus,
        }

    def body(self) -> dict[str, Any]:
        message = {"role": "assistant", "content": " ".join(self.words)}
        choice = {"index": 0, "message": message, "finish_reason": self.finish}
        head = {"id": "c1", "object": "chat.completion", "created": 1, "model": self.model}
        return {**head, "choices": [choice], "usage": self.usage}

    async def events(self) -> AsyncIterator[str]:
        for number, word in enumerate(self.words):
            yield self._chunk({"content": f" {word}" if number else word}, None)
            await asyncio.sleep(0.002)
        yield self._chunk({}, self.finish)
        yield "data: [DONE]\n\n"

    def _chunk(self, delta: dict[str, str], finish: str | None) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        head = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": self.model}
        return f"data: {json.dumps({**head, 'choices': [choice]})}\n\n"


def _error(status: int, message: str) -> Response:
    from starlette.responses import JSONResponse

    return JSONResponse({"error": {"message": message, "type": "error", "code": status}}, status_code=status)
