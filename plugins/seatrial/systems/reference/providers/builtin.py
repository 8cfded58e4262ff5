"""The provider inside the gateway: the built-in model, at the pace of a small fast one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from itertools import pairwise

from seatrial.systems.reference import model
from seatrial.systems.reference.chat_request import ChatRequest
from seatrial.systems.reference.defects import Defects
from seatrial.systems.reference.providers.base import NO_TAG, End, Event, Piece, Tag, ToolPiece
from seatrial.systems.reference.replay import Prefixes

FIRST_CHUNK = (0.003, 0.007)
"""Seconds to the first chunk, least and most."""
BETWEEN_CHUNKS = (0.002, 0.004)
"""Seconds between chunks, least and most."""
PER_PROMPT_TOKEN = 4e-6
"""Seconds that each prompt token adds before the first chunk."""
MIN_CHUNKS = 5
TOKENS_A_CHUNK = 6


class BuiltinProvider:
    """Answers from `model.answer`.

    Args:
        name: what it is called.
        seed: used where a request names none; providers with the same seed answer alike.
    """

    def __init__(self, name: str, *, seed: int, defects: Defects) -> None:
        self._name = name
        self._seed = seed
        self._defects = defects
        self._prefixes = Prefixes(defects)

    @property
    def name(self) -> str:
        return self._name

    async def generate(self, ask: ChatRequest, tag: Tag = NO_TAG) -> AsyncGenerator[Event, None]:
        if self._defects.on("ignores-max-tokens"):
            ask = ask.model_copy(update={"max_tokens": None, "max_completion_tokens": None})
        if self._defects.on("ignores-stop"):
            ask = ask.model_copy(update={"stop": None})
        if self._defects.on("ignores-json-schema"):
            ask = ask.model_copy(update={"response_format": None})
        answer = model.answer(ask, seed=self._seed)
        chunks = grouped(answer.pieces)
        cut = ask.stream and self._defects.strikes("invents-finish-reason")
        if cut:
            chunks = chunks[: (len(chunks) + 1) // 2]
        if answer.tool is not None and self._defects.on("malformed-tool-call"):
            chunks[-1] = chunks[-1][:-1]
        rng = answer.rng
        await self._prefixes.read(message.text for message in ask.messages)
        await asyncio.sleep(rng.uniform(*FIRST_CHUNK) + answer.prompt_tokens * PER_PROMPT_TOKEN)
        for number, chunk in enumerate(chunks):
            if number:
                await asyncio.sleep(rng.uniform(*BETWEEN_CHUNKS))
            if answer.tool is None:
                yield Piece(chunk)
            elif number:
                yield ToolPiece(0, chunk)
            else:
                yield ToolPiece(0, chunk, id=f"call_{rng.getrandbits(64):016x}", name=answer.tool[0])
        if not cut:
            yield End(answer.finish_reason, answer.prompt_tokens, len(answer.pieces))

    async def close(self) -> None:
        """Nothing to let go of."""


def grouped(pieces: list[str]) -> list[str]:
    """Tokens put together to chunks of nearly one size: at least `MIN_CHUNKS` where there are as many."""
    number = min(len(pieces), max(MIN_CHUNKS, -(-len(pieces) // TOKENS_A_CHUNK)))
    edges = [len(pieces) * step // number for step in range(number + 1)] if number else []
    return ["".join(pieces[start:end]) for start, end in pairwise(edges)]
