"""Tests of timers: never early, in order, and gone when cancelled."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from time import monotonic as clock

import pytest
import uvloop

from seatrial.faults.timers import Timers


async def fired_late(timers: Timers) -> list[float]:
    """How much later than asked each of some timers fired."""
    late: list[float] = []
    done = asyncio.Event()
    waits = [0.02, 0.001, 0.0, 0.005, 0.0105, -1.0, 0.005]
    for wait in waits:
        due = clock() + wait

        def fire(due: float = due) -> None:
            late.append(clock() - due)
            if len(late) == len(waits):
                done.set()

        timers.at(due, fire)
    await done.wait()
    return late


async def order(timers: Timers) -> list[int]:
    fired: list[int] = []
    done = asyncio.Event()
    now = clock()
    for number, wait in enumerate((0.006, 0.002, 0.004, 0.002)):
        timers.at(now + wait, lambda number=number: fired.append(number))  # type: ignore[misc]
    timers.at(now + 0.008, done.set)
    await done.wait()
    return fired


async def cancelled(timers: Timers) -> list[str]:
    fired: list[str] = []
    done = asyncio.Event()
    timers.after(0.002, lambda: fired.append("no")).cancel()
    timers.at(float("inf"), lambda: fired.append("never")).cancel()
    timers.at(float("inf"), lambda: fired.append("never"))
    again = timers.after(0.004, lambda: fired.append("yes"))
    timers.after(0.006, done.set)
    await done.wait()
    again.cancel()
    return fired


@pytest.mark.parametrize("platform", [sys.platform, "elsewhere"])
@pytest.mark.parametrize("run", [uvloop.run, asyncio.run])
def test_timers(
    run: Callable[[Awaitable[None]], None], platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        with monkeypatch.context() as patch:
            patch.setattr(sys, "platform", platform)
            timers = Timers(asyncio.get_running_loop())
        late = await fired_late(timers)
        assert min(late) >= 0
        assert await order(timers) == [1, 3, 2, 0]
        assert await cancelled(timers) == ["yes"]
        fired: list[int] = []
        timers.after(0.001, lambda: fired.append(1))
        timers.close()
        await asyncio.sleep(0.005)
        assert fired == []

    run(main())
