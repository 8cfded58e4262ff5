"""Each defect of the cache shows its own symptom and no other; the healthy gateway shows none."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from seatrial.systems.reference.defects_cache import CACHE
from seatrial.systems.reference.settings import Upstream
from tests.systems.reference.asgi import KEY, Client, Reply
from tests.systems.reference.harbour import URI, Harbour, patched
from tests.systems.reference.virtual import run

CALLERS = 6
PATIENCE = 20.0
HOWS = ("", "down", "hangs", "slow", "garbage", "error", "another")


@dataclass
class Seen:
    """What one gateway was seen to do with one kind of cache.

    Attributes:
        waited: the longest that a caller waited, in seconds.
        attempts: the most attempts at a provider for one question.
        kinds: what ``x-cache`` said.
    """

    replies: list[Reply] = field(default_factory=list)
    waited: float = 0.0
    attempts: int = 0
    kinds: list[str | None] = field(default_factory=list)


async def look(how: str, *defects: str) -> Seen:
    """Ten questions, each asked by several callers at once and by one more afterwards."""
    harbour, seen = Harbour(how=how), Seen()
    upstreams = (Upstream("primary", "http://primary.test/v1"),)
    client = Client(*defects, upstreams=upstreams, keys=(KEY,), cache=URI)

    async def ask(number: int) -> None:
        began = time.monotonic()
        try:
            work = client.chat(f"Question {number}: where is my parcel?", temperature=0)
            seen.replies.append(await asyncio.wait_for(work, PATIENCE))
        except TimeoutError:
            seen.replies.append(Reply())
        seen.waited = max(seen.waited, time.monotonic() - began)

    with patched(harbour):
        for number in range(10):
            await asyncio.gather(*(ask(number) for _ in range(CALLERS)))
            await asyncio.sleep(0.5)
            await ask(number)
        await client.gateway.close()
    calls = [attempt.call for attempt in harbour.attempts]
    seen.attempts = max((calls.count(call) for call in calls), default=0)
    seen.kinds = [reply.headers.get("x-cache") for reply in seen.replies]
    return seen


SYMPTOMS: dict[str, Callable[[dict[str, Seen]], bool]] = {
    "cache-is-required": lambda saw: all(reply.status == 503 for reply in saw["down"].replies),
    "cache-without-timeout": lambda saw: saw["hangs"].waited == PATIENCE and saw["slow"].waited > 1,
    "cache-stampede": lambda saw: saw["down"].attempts > 2 and saw[""].attempts > 2,
    "crashes-on-cache-garbage": lambda saw: any(reply.status == 500 for reply in saw["garbage"].replies),
}


def looked(*defects: str) -> dict[str, Seen]:
    return {how: run(look(how, *defects)) for how in HOWS}


def symptoms(*defects: str) -> set[str]:
    """The names of the defects that can be seen."""
    saw = looked(*defects)
    return {name for name, shows in SYMPTOMS.items() if shows(saw)}


def test_every_defect_has_a_symptom() -> None:
    assert SYMPTOMS.keys() == {defect.name for defect in CACHE}


@pytest.mark.parametrize("how", HOWS)
def test_whatever_the_cache_does_everybody_is_answered_in_time_and_nobody_stampedes(how: str) -> None:
    seen = run(look(how))
    assert {reply.status for reply in seen.replies} == {200}
    assert {reply.json["choices"][0]["finish_reason"] for reply in seen.replies} == {"stop"}
    assert len({reply.json["id"] for reply in seen.replies}) == len(seen.replies)
    assert seen.waited < 1.0
    assert seen.attempts == (2 if how else 1)
    asked_at_once = ["miss", *["shared"] * (CALLERS - 1)]
    assert sorted(map(str, seen.kinds)) == sorted([*asked_at_once, "miss" if how else "hit"] * 10)


def test_the_healthy_gateway_shows_nothing() -> None:
    assert symptoms() == set()


@pytest.mark.parametrize("name", SYMPTOMS)
def test_a_defect_does_what_it_says_and_nothing_else(name: str) -> None:
    assert symptoms(name) == {name}
