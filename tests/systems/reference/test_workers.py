from __future__ import annotations

import asyncio
import time

import pytest

from seatrial.systems.reference.defects import Defects
from seatrial.systems.reference.errors import ApiError
from seatrial.systems.reference.settings import Crew
from seatrial.systems.reference.workers import Workers
from tests.systems.reference.virtual import run


async def work(workers: Workers, calls: int, takes: float = 0.01) -> tuple[list[float], int]:
    """When each of so many simultaneous calls began to be worked on, and how many were sent away."""
    origin, begins, refused = time.monotonic(), [], 0

    async def call() -> None:
        nonlocal refused
        try:
            async with workers.turn():
                begins.append(round(time.monotonic() - origin, 3))
                await asyncio.sleep(takes)
        except ApiError:
            refused += 1

    await asyncio.gather(*(call() for _ in range(calls)))
    return begins, refused


def test_a_known_capacity() -> None:
    """Two workers, 0.1 s each: 20 a second, though an answer takes a tenth of that."""
    workers = Workers(Crew(workers=2, queue=100, wait=10.0, service=0.1), Defects())
    begins, refused = run(work(workers, 8))
    assert begins == pytest.approx([0.0, 0.0, 0.1, 0.1, 0.2, 0.2, 0.3, 0.3])
    assert refused == 0
    fresh = Workers(Crew(workers=2, queue=100, wait=10.0, service=0.1), Defects())
    longer, _ = run(work(fresh, 4, takes=0.25))
    assert longer == pytest.approx([0.0, 0.0, 0.25, 0.25]), "an answer that takes longer is not cut"


def test_who_waits_too_long_or_finds_the_queue_full_is_sent_away() -> None:
    begins, refused = run(work(Workers(Crew(workers=1, queue=4, wait=0.35, service=0.1), Defects()), 10))
    assert begins == pytest.approx([0.0, 0.1, 0.2, 0.3])
    assert refused == 6


def test_how_many_there_are_is_told() -> None:
    told: list[float] = []
    crew = Crew(workers=1, most=3, queue=100, wait=10.0, start=0.2, rest=0.5, service=0.1)

    async def busy_and_idle() -> None:
        await work(Workers(crew, Defects(), told.append), 30)
        await asyncio.sleep(5.0)

    run(busy_and_idle())
    assert told == [1, 2, 3, 2, 1]


def test_without_a_number_nobody_waits() -> None:
    begins, _ = run(work(Workers(Crew(service=0.1), Defects()), 20))
    assert begins == [0.0] * 20
