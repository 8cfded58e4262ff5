"""The base of TCP toxics: what one does to the bytes of one direction of one connection.

The vocabulary and the behaviour are Toxiproxy's: toxics of a direction form a chain in the order in which
they were added; whether one is at work on a link is drawn once when the link begins (and again when the toxic
is updated), not for each request.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from functools import cached_property
from time import monotonic as clock
from typing import TYPE_CHECKING, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

from seatrial.faults.base import FaultKind

if TYPE_CHECKING:
    from seatrial.faults.link import Link
    from seatrial.faults.timers import Timer

Ending = Literal["eof", "close", "reset", "timeout"]
"""How the bytes of a direction end: the sender is done (the other direction goes on), or the connection is
closed, reset, or closed by a time-out, in both."""

MAX_HELD = 8 << 20


class TcpAttributes(BaseModel):
    """Base of a TCP toxic's attributes: whole numbers, and unknown names are ignored, as in Toxiproxy."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True, use_attribute_docstrings=True)


T = TypeVar("T", bound=TcpAttributes)


class TcpFault(FaultKind[T]):
    """A toxic at work on one link: an instance is made for each link for which it was drawn.

    Attributes:
        attributes: what the user asked for.
        link: one direction of one connection.
        random: draws of its own, reproducible.
    """

    held_limit = MAX_HELD
    """Bytes it may hold back before the sender is told to wait."""

    def __init__(self, attributes: T, link: Link, name: str, key: tuple[str | int, ...]) -> None:
        self.attributes = attributes
        self.link = link
        self.name = name
        self.next: TcpFault[TcpAttributes] | None = None
        self.held = 0
        self._key = key

    @cached_property
    def random(self) -> random.Random:
        return random.Random("\x1f".join(map(str, self._key)))  # noqa: S311  not for secrets

    # -- to be overridden

    def start(self) -> None:
        """The link begins, or the toxic was added or updated."""

    def feed(self, data: bytes, at: float) -> None:
        """Bytes that came at *at* (`time.monotonic`)."""
        self.pass_on(data, at)

    def end(self, how: Ending) -> None:
        """No more bytes come."""
        self.pass_end(how)

    def interrupt(self) -> None:
        """Updated, or about to be removed: pass on at once what is held, and cancel what was planned."""

    def removed(self) -> None:
        """Taken off the link, after `interrupt`."""

    # -- to be used

    def pass_on(self, data: bytes, at: float) -> None:
        """Hand bytes to what comes next."""
        if self.next is not None:
            self.next.feed(data, at)
        else:
            self.link.sink(data)

    def pass_end(self, how: Ending) -> None:
        """Hand the end to what comes next."""
        if self.next is not None:
            self.next.end(how)
        else:
            self.link.sink_end(how)

    def acted(self) -> None:
        """Tell the witness."""
        self.link.acted(self.name)

    def after(self, seconds: float, callback: Callable[[], None]) -> Timer:
        """Call back in *seconds*."""
        return self.link.timers.after(seconds, callback)

    def hold(self, size: int) -> None:
        """That many bytes more are held back (fewer, where negative)."""
        self.held += size
        self.link.weigh(self)


class PacedFault(TcpFault[T]):
    """A toxic that passes bytes on at set times, in order."""

    one_a_turn = False
    """Whether each piece is to leave in a turn of the loop of its own, so that pieces are not joined."""

    def __init__(self, attributes: T, link: Link, name: str, key: tuple[str | int, ...]) -> None:
        super().__init__(attributes, link, name, key)
        self._queue: deque[tuple[float, bytes]] = deque()
        self._timer: Timer | None = None
        self._ending: Ending | None = None

    @property
    def idle(self) -> bool:
        """Whether nothing is held."""
        return not self._queue

    def send_at(self, due: float, data: bytes) -> None:
        """Pass *data* on at *due*, and not before what was queued earlier."""
        self._queue.append((due, data))
        self.hold(len(data))
        if self._timer is None:
            self._arm()

    def end(self, how: Ending) -> None:
        if self._queue:
            self._ending = how
        else:
            self.pass_end(how)

    def interrupt(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._queue:
            self._pass_first(clock())
        self._finish()

    def _arm(self) -> None:
        self._timer = self.link.timers.at(self._queue[0][0], self._release)

    def _release(self) -> None:
        self._timer = None
        queue = self._queue
        now = clock()
        while queue and queue[0][0] <= now:
            self._pass_first(queue[0][0])
            if self.one_a_turn:
                break
        if queue and self._timer is None:
            self._arm()
        elif not queue:
            self._finish()

    def _pass_first(self, at: float) -> None:
        data = self._queue.popleft()[1]
        self.hold(-len(data))
        self.pass_on(data, at)

    def _finish(self) -> None:
        if self._ending is not None:
            how, self._ending = self._ending, None
            self.pass_end(how)
