from __future__ import annotations

import asyncio

import pytest

from seatrial.systems.reference import model, tokenizer
from seatrial.systems.reference.chat_request import ChatRequest
from seatrial.systems.reference.defects import Defects
from seatrial.systems.reference.providers.base import End, Event, Piece
from seatrial.systems.reference.providers.builtin import BuiltinProvider, grouped
from tests.systems.reference.asgi import no_pauses
from tests.systems.reference.test_model import ask


def events(request: ChatRequest, *defects: str) -> list[Event]:
    provider = BuiltinProvider("primary", seed=0, defects=Defects(defects))

    async def main() -> list[Event]:
        return [event async for event in provider.generate(request)]

    with no_pauses():
        return asyncio.run(main())


def test_the_events_are_the_models_answer() -> None:
    *pieces, end = events(ask())
    answer = model.answer(ask())
    assert "".join(piece.text for piece in pieces if isinstance(piece, Piece)) == "".join(answer.pieces)
    assert end == End("stop", answer.prompt_tokens, len(answer.pieces))


@pytest.mark.parametrize(
    ("tokens", "chunks"), [(0, 0), (1, 1), (4, 4), (5, 5), (8, 5), (30, 5), (31, 6), (40, 7)]
)
def test_chunks_are_even(tokens: int, chunks: int) -> None:
    pieces = tokenizer.pieces("word " * tokens)[:tokens]
    parts = grouped(pieces)
    assert len(parts) == chunks
    assert "".join(parts) == "".join(pieces)
    if parts:
        sizes = [tokenizer.count(part.strip()) for part in parts]
        assert max(sizes) - min(sizes) <= 1


def test_a_long_prompt_takes_longer_before_the_first_chunk() -> None:
    waits = []
    for words in (1, 5000):
        with no_pauses() as pauses:
            asyncio.run(_first(ask("word " * words)))
            waits.append(pauses[0])
    assert waits[1] - waits[0] > 0.01


async def _first(request: ChatRequest) -> None:
    stream = BuiltinProvider("primary", seed=0, defects=Defects()).generate(request)
    await anext(stream)
    await stream.aclose()
