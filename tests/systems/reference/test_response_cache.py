from __future__ import annotations

import time

from seatrial.systems.reference.defects import HEALTHY
from seatrial.systems.reference.providers.base import End
from seatrial.systems.reference.remote_cache import RemoteCache
from seatrial.systems.reference.response_cache import InProcess, response_cache
from seatrial.systems.reference.settings import Settings
from seatrial.systems.reference.sse import Answer
from tests.systems.reference.asgi import run

ANSWER = Answer("id-1", 7, "small", "fp_1", ["Hello"], [], End("stop", 3, 1))


def test_without_a_service_answers_stay_here() -> None:
    async def main() -> None:
        cache = response_cache(Settings(), HEALTHY, time.monotonic, print)
        assert isinstance(cache, InProcess)
        await cache.put("k", ANSWER)
        assert await cache.get("k") is ANSWER
        assert await cache.get("other") is None
        await cache.close()

    run(main)


def test_with_a_service_they_go_there() -> None:
    async def main() -> None:
        cache = response_cache(Settings(cache="http://127.0.0.1:9"), HEALTHY, time.monotonic, print)
        assert isinstance(cache, RemoteCache)
        await cache.close()

    run(main)
