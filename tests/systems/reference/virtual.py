"""An event loop whose clock jumps to the next timer: minutes of waiting take no time."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar
from unittest import mock

Result = TypeVar("Result")
EPOCH = 1_790_000_000.0


class _Selector(selectors.SelectSelector):
    loop: VirtualLoop

    def select(self, timeout: float | None = None) -> list[Any]:
        ready = super().select(0)
        if timeout is None and not ready:
            raise RuntimeError("everybody waits, and nothing will ever happen")
        if timeout and not ready:
            self.loop.now += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """See above; `now` is the time in seconds."""

    def __init__(self) -> None:
        selector = _Selector()
        selector.loop = self
        self.now = 1000.0
        super().__init__(selector)

    def time(self) -> float:
        return self.now

    def date(self) -> float:
        """Seconds since 1970."""
        return EPOCH + self.now


def run(main: Coroutine[Any, Any, Result]) -> Result:
    """Run *main* in virtual time, which the module `time` tells as well."""
    loop = VirtualLoop()
    try:
        with mock.patch("time.monotonic", loop.time), mock.patch("time.time", loop.date):
            return loop.run_until_complete(main)
    finally:
        loop.close()
