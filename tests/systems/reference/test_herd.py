from __future__ import annotations

import asyncio

from seatrial.systems.reference.herd import MOST, Herd
from seatrial.systems.reference.providers.base import NO_TAG, Failure
from tests.systems.reference.test_model import ask
from tests.systems.reference.test_router import Scripted, fails, good


def test_what_was_kept_is_sent_at_once_when_the_provider_is_back_and_only_once() -> None:
    async def main() -> int:
        herd, provider = Herd(), Scripted("first", [good("a"), fails(Failure.SERVER)])
        for _ in range(MOST + 7):
            herd.keep(ask(), NO_TAG)
        herd.release(provider)
        herd.release(provider)
        await asyncio.sleep(0)
        await herd.close()
        return provider.calls

    assert asyncio.run(main()) == MOST
