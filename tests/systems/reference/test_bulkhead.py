from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from seatrial.systems.reference.bulkhead import LATE, SHARED, Bulkhead
from seatrial.systems.reference.defects import Defects
from seatrial.systems.reference.errors import ApiError
from seatrial.systems.reference.settings import Slots
from tests.systems.reference.virtual import run

SLOTS = Slots(compartment=2, total=6, reserve=2, wait=1.0)


def bulkhead(*defects: str) -> Bulkhead:
    return Bulkhead(SLOTS, Defects(defects))


async def full(by: Bulkhead, caller: str = "a", model: str = "small", *, can_wait: bool = False) -> bool:
    """Whether there is no slot."""
    try:
        async with by.slot(caller, model, can_wait=can_wait):
            return False
    except ApiError as error:
        return (error.status, error.code, error.headers["retry-after"]) == (429, "too_many_at_once", "1")


@pytest.mark.parametrize(("caller", "model"), [("b", "small"), ("a", "large")])
def test_a_full_compartment_is_nobody_else_s_trouble(caller: str, model: str) -> None:
    async def main() -> None:
        by = bulkhead()
        async with AsyncExitStack() as held:
            for _ in range(SLOTS.compartment):
                await held.enter_async_context(by.slot("a", "small"))
            assert await full(by)
            assert not await full(by, caller, model)
        assert not await full(by)
        assert by.at_work == 0
        assert by._compartments == {}

    run(main())


def test_a_call_waits_for_its_turn() -> None:
    async def main() -> list[str]:
        by, order = bulkhead(), []

        async def call(name: str) -> None:
            async with by.slot("a", "small"):
                await asyncio.sleep(0.4)
                order.append(name)

        await asyncio.gather(*(call(name) for name in "12345"))
        return order

    assert run(main()) == ["1", "2", "3", "4", "5"]


def test_a_call_that_is_given_up_gives_its_turn_back() -> None:
    async def main() -> None:
        by = bulkhead()
        async with AsyncExitStack() as held:
            for _ in range(SLOTS.compartment):
                await held.enter_async_context(by.slot("a", "small"))
            waiting = asyncio.create_task(full(by))
            await asyncio.sleep(0.1)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        assert not await full(by)
        assert by._compartments == {}

    run(main())


def test_what_can_wait_does_not_get_the_last_slots() -> None:
    async def main() -> None:
        by = bulkhead()
        async with AsyncExitStack() as held:
            for number in range(SLOTS.total - SLOTS.reserve):
                await held.enter_async_context(by.slot(f"caller {number}", "small"))
            assert await full(by, "z", can_wait=True)
            assert not await full(by, "z")

    run(main())


@pytest.mark.parametrize(
    ("defect", "other_tenant_starves"), [("shared-pool-starves-tenants", True), ("model-pool-shared", False)]
)
def test_the_defects_share_a_pool_that_hung_calls_keep(defect: str, *, other_tenant_starves: bool) -> None:
    async def main() -> None:
        by = bulkhead(defect)
        by._slots = Slots()

        async def hung() -> None:
            async with by.slot("a", "large"):
                await asyncio.sleep(2.0)

        await asyncio.gather(*(hung() for _ in range(SHARED)))

        async def starves(caller: str) -> bool:
            waiting = asyncio.create_task(full(by, caller))
            await asyncio.sleep(LATE / 3)
            done = waiting.done()
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
            return not done

        assert await starves("b") is other_tenant_starves
        assert await starves("a")
        await asyncio.sleep(LATE)
        assert not await full(by)

    run(main())
