"""A fault that does what a test tells it to, and what is shared by the tests of what faults do."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from seatrial.faults import registry
from seatrial.faults.actions import BodyItems, HeadItems, RequestItems
from seatrial.faults.base import AiFault
from seatrial.faults.message import Head
from seatrial.faults.proxy import FaultProxy
from seatrial.faults.when import When
from tests.faults.rig import Rig, Streams, answering, sse


class Nothing(When):
    """No attributes of its own."""


class Told(AiFault[Nothing]):
    """Does what the test tells it to."""

    type = "test.told"
    request_items: RequestItems | None = None
    head_items: HeadItems | None = None
    event_items: dict[int, BodyItems] = {}  # noqa: RUF012
    body_items: BodyItems | None = None
    end_items: BodyItems | None = None

    def on_request(self) -> RequestItems | None:
        return self.request_items

    def on_head(self, head: Head) -> HeadItems | None:
        return self.head_items

    def on_event(self, event: bytes) -> BodyItems | None:
        return self.event_items.get(self.events)

    def on_body(self, data: bytes) -> BodyItems | None:
        return self.body_items

    def on_end(self) -> BodyItems | None:
        return self.end_items


@pytest.fixture
def told() -> Iterator[None]:
    """`Told` is known while a test runs, and then as it was before."""
    before = dict(vars(Told))
    registry.kinds()
    registry._KINDS[Told.type] = Told
    yield
    del registry._KINDS[Told.type]
    for name in [name for name in vars(Told) if name not in before]:
        delattr(Told, name)
    for name in ("request_items", "head_items", "event_items", "body_items", "end_items", "unit", "resizes"):
        if name in before:
            setattr(Told, name, before[name])


async def stands(sea: Rig, *answers: bytes) -> tuple[FaultProxy, Streams]:
    proxy = await sea.proxy(await sea.upstream(answering(*(answers or (sse(),)))), "http")
    return proxy, await sea.connect(proxy)


async def silence(streams: Streams, seconds: float = 0.04) -> bool:
    try:
        async with asyncio.timeout(seconds):
            return not await streams[0].read(1)
    except TimeoutError:
        return True
