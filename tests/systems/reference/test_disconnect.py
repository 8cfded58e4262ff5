from __future__ import annotations

import asyncio
from typing import Any

import pytest

from seatrial.systems.reference.disconnect import UntilDisconnect


def channel(gone: asyncio.Event) -> Any:
    async def receive() -> dict[str, str]:
        await gone.wait()
        return {"type": "http.disconnect"}

    return receive


def test_work_ends_quietly_when_the_client_leaves() -> None:
    async def main() -> list[str]:
        gone, seen = asyncio.Event(), []
        asyncio.get_running_loop().call_soon(gone.set)
        async with UntilDisconnect(channel(gone)) as client:
            try:
                await asyncio.Event().wait()
            finally:
                seen.append("cancelled")
        seen.append(f"gone: {client.gone}")
        await asyncio.sleep(0)  # the task itself can go on
        return seen

    assert asyncio.run(main()) == ["cancelled", "gone: True"]


def test_work_that_is_done_in_time_is_left_alone() -> None:
    async def main() -> bool:
        async with UntilDisconnect(channel(asyncio.Event())) as client:
            await asyncio.sleep(0)
        return client.gone

    assert asyncio.run(main()) is False


def test_a_cancellation_from_elsewhere_is_passed_on() -> None:
    async def work() -> None:
        async with UntilDisconnect(channel(asyncio.Event())):
            await asyncio.Event().wait()

    async def main() -> None:
        task = asyncio.create_task(work())
        await asyncio.sleep(0)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(main())


def test_errors_are_passed_on() -> None:
    async def main() -> None:
        async with UntilDisconnect(channel(asyncio.Event())):
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        asyncio.run(main())
