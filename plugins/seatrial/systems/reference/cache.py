"""A cache in memory: exact matches only, for a limited time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Cache(Generic[Item]):
    """Least recently used entries go first.

    Args:
        seconds: how long an entry is good; 0 keeps nothing.
        entries: at most.
        clock: monotonic seconds.
    """

    def __init__(self, seconds: float, entries: int, clock: Callable[[], float]) -> None:
        self._seconds = seconds
        self._entries = entries
        self._clock = clock
        self._items: OrderedDict[Hashable, tuple[float, Item]] = OrderedDict()

    def get(self, key: Hashable) -> Item | None:
        """The entry, unless there is none or it is too old."""
        found = self._items.get(key)
        if found is None:
            return None
        if found[0] <= self._clock():
            del self._items[key]
            return None
        self._items.move_to_end(key)
        return found[1]

    def put(self, key: Hashable, item: Item, seconds: float | None = None) -> None:
        """Keep *item* for a while.

        Args:
            seconds: in place of the usual ones.
        """
        good = self._seconds if seconds is None else seconds
        if good <= 0:
            return
        self._items[key] = (self._clock() + good, item)
        self._items.move_to_end(key)
        if len(self._items) > self._entries:
            self._items.popitem(last=False)

    def __len__(self) -> int:
        return len(self._items)
