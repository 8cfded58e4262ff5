"""In virtual time."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from seatrial.systems.reference.collapse import Collapse
from seatrial.systems.reference.defects import Defects
from tests.systems.reference.virtual import run


class Kitchen:
    """Makes what is ordered, in one second, and remembers it."""

    def __init__(self, *defects: str, fails: bool = False, keeping: float = 0.0) -> None:
        self.collapse: Collapse[int] = Collapse(Defects(defects))
        self.fails, self.keeping = fails, keeping
        self.made = self.given_up = 0
        self.kept: list[int] = []

    async def make(self) -> int:
        self.made += 1
        number = self.made
        try:
            await asyncio.sleep(1.0)
        except asyncio.CancelledError:
            self.given_up += 1
            raise
        if self.fails:
            raise ValueError("burnt")
        return number

    async def keep(self, made: int) -> None:
        await asyncio.sleep(self.keeping)
        self.kept.append(made)

    async def order(self, key: str = "soup", *, after: float = 0.0) -> Any:
        await asyncio.sleep(after)
        return await self.collapse.made(key, self.make, self.keep)


def test_who_asks_the_same_meanwhile_waits_with_the_first() -> None:
    async def main() -> None:
        kitchen = Kitchen()
        orders = [kitchen.order(after=after) for after in (0.0, 0.0, 0.9, 1.5)]
        assert await asyncio.gather(*orders, kitchen.order("bread")) == [
            (1, False),
            (1, True),
            (1, True),
            (3, False),
            (2, False),
        ]
        await asyncio.sleep(0.1)
        assert sorted(kitchen.kept) == [1, 2, 3]
        assert len(kitchen.collapse) == 0

    run(main())


def test_nobody_waits_until_it_is_kept_and_meanwhile_it_is_not_made_again() -> None:
    async def main() -> None:
        kitchen = Kitchen(keeping=5.0)
        assert await kitchen.order() == (1, False)
        assert await kitchen.order(after=1.0) == (1, True)
        assert kitchen.kept == []
        assert await kitchen.order(after=5.0) == (2, False)
        assert kitchen.kept == [1]

    run(main())


def test_an_error_is_told_to_everybody_once_made() -> None:
    async def main() -> None:
        kitchen = Kitchen(fails=True)
        found = await asyncio.gather(*(kitchen.order() for _ in range(3)), return_exceptions=True)
        assert [str(error) for error in found] == ["burnt"] * 3
        assert (kitchen.made, kitchen.kept, len(kitchen.collapse)) == (1, [], 0)

    run(main())


@pytest.mark.parametrize("leaving", [0, 1])
def test_one_who_leaves_does_not_take_it_from_the_others(leaving: int) -> None:
    async def main() -> None:
        kitchen = Kitchen()
        waiting = [asyncio.ensure_future(kitchen.order()) for _ in range(2)]
        await asyncio.sleep(0.5)
        waiting[leaving].cancel()
        assert (await waiting[1 - leaving])[0] == 1
        assert kitchen.given_up == 0

    run(main())


def test_it_is_given_up_when_all_have_left_and_made_anew_for_the_next() -> None:
    async def main() -> None:
        kitchen = Kitchen()
        waiting = [asyncio.ensure_future(kitchen.order()) for _ in range(2)]
        await asyncio.sleep(0.5)
        for each in waiting:
            each.cancel()
        await asyncio.sleep(0)
        assert await kitchen.order() == (2, False)
        assert kitchen.given_up == 1

    run(main())


def test_the_defect_makes_one_for_each() -> None:
    async def main() -> None:
        kitchen = Kitchen("cache-stampede")
        found = await asyncio.gather(*(kitchen.order() for _ in range(3)))
        assert found == [(1, False), (2, False), (3, False)]
        assert kitchen.kept == [1, 2, 3]

    run(main())
