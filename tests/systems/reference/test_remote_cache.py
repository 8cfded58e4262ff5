"""In virtual time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from seatrial.systems.reference.defects import Defects
from seatrial.systems.reference.errors import ApiError
from seatrial.systems.reference.providers.base import End
from seatrial.systems.reference.remote_cache import LEFT_ALONE, RemoteCache
from seatrial.systems.reference.sse import Answer
from tests.systems.reference.harbour import URI, Harbour, patched
from tests.systems.reference.virtual import run

ANSWER = Answer("id-1", 7, "small", "fp_1", ["Hello", " there"], [{"id": "call_1"}], End("stop", 3, 2))
TROUBLE = {"down": "unreachable", "hangs": "timeout", "slow": "timeout", "error": "unreachable",
           "garbage": "garbage", "another": "garbage"}  # fmt: skip


class Trial:
    """One cache, and what it told."""

    def __init__(self, *defects: str, seconds: float = 60.0) -> None:
        self.harbour = Harbour()
        self.told: list[str] = []
        self.defects, self.seconds = Defects(defects), seconds
        self.cache: RemoteCache

    def run(self, work: Callable[[], Awaitable[Any]]) -> Any:
        """Do *work* in virtual time."""

        async def main() -> Any:
            self.cache = RemoteCache(
                URI, seconds=self.seconds, timeout=0.25, defects=self.defects, failed=self.told.append
            )
            with patched(self.harbour):
                try:
                    return await work()
                finally:
                    await self.cache.close()

        return run(main())


def test_an_answer_comes_back_as_it_was() -> None:
    trial = Trial()

    async def work() -> Answer | None:
        await trial.cache.put("k", ANSWER)
        assert await trial.cache.get("other") is None
        return await trial.cache.get("k")

    found = trial.run(work)
    assert replace(found, id="id-1", created=7, fingerprint="fp_1", text=ANSWER.text) == ANSWER
    assert found.text == ["Hello there"]
    assert trial.told == []


@pytest.mark.parametrize(("how", "kind"), TROUBLE.items())
def test_trouble_is_a_miss_that_does_not_take_long(how: str, kind: str) -> None:
    trial = Trial()
    trial.harbour.how = how

    async def work() -> float:
        began = time.monotonic()
        assert await trial.cache.get("k") is None
        return time.monotonic() - began

    assert trial.run(work) <= 0.25
    assert trial.told == [kind]


def test_one_in_trouble_is_left_alone_for_a_while_and_tried_again() -> None:
    trial = Trial()

    async def work() -> None:
        await trial.cache.put("k", ANSWER)
        trial.harbour.how = "hangs"
        for _ in range(20):
            assert await trial.cache.get("k") is None
        assert trial.told == ["timeout"] * 5 + [LEFT_ALONE] * 15
        trial.harbour.how = ""
        await asyncio.sleep(1.3)
        assert await trial.cache.get("k") is not None
        assert await asyncio.gather(*(trial.cache.get("k") for _ in range(3))) != [None] * 3

    trial.run(work)


def test_who_leaves_tells_nothing_about_the_cache() -> None:
    trial = Trial()

    async def work() -> None:
        trial.harbour.how = "slow"
        for _ in range(8):
            asking = asyncio.ensure_future(trial.cache.get("k"))
            await asyncio.sleep(0.1)
            asking.cancel()
        trial.harbour.how = ""
        await trial.cache.get("k")

    trial.run(work)
    assert trial.told == []
    assert trial.harbour.asked == 9


def test_with_no_time_to_keep_it_is_never_asked() -> None:
    trial = Trial(seconds=0)

    async def work() -> None:
        await trial.cache.put("k", ANSWER)
        assert await trial.cache.get("k") is None

    trial.run(work)
    assert trial.harbour.asked == 0


def test_an_answer_without_an_end_is_not_kept() -> None:
    trial = Trial()
    trial.run(lambda: trial.cache.put("k", replace(ANSWER, end=None)))
    assert trial.harbour.entries == {}


def test_the_defects_of_the_cache() -> None:
    required, patient, crashes = (
        Trial(name) for name in ("cache-is-required", "cache-without-timeout", "crashes-on-cache-garbage")
    )
    required.harbour.how, patient.harbour.how, crashes.harbour.how = "down", "slow", "garbage"
    with pytest.raises(ApiError, match="cannot be reached") as refused:
        required.run(lambda: required.cache.get("k"))
    assert refused.value.status == 503
    assert patient.run(lambda: patient.cache.get("k")) is None
    assert patient.told == []
    with pytest.raises(ValueError, match="JSON"):
        crashes.run(lambda: crashes.cache.get("k"))
