"""One direction of a proxied connection: its toxics, and who must wait when something is held back."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic as clock
from typing import TYPE_CHECKING, Any

from seatrial.faults.tcp import Ending, TcpFault

if TYPE_CHECKING:
    from seatrial.faults.session import Session
    from seatrial.faults.timers import Timers
    from seatrial.faults.toxic import Toxic

FULL, HELD, PAUSED = 1, 2, 4
"""Why the sender waits: the receiver is slow, a toxic holds too much, a fault of the answer pauses."""


class Link:
    """What comes from a sender passes its toxics and goes to the sink.

    Args:
        session: the connection it belongs to.
        stream: ``upstream`` or ``downstream``.

    Attributes:
        sink, sink_end: take the bytes, and how they ended, behind the last toxic.
        wait: told whether the sender is to wait.
    """

    def __init__(self, session: Session, stream: str) -> None:
        self.session = session
        self.stream = stream
        self.timers: Timers = session.timers
        self.stages: list[TcpFault[Any]] = []
        self.sink: Callable[[bytes], None]
        self.sink_end: Callable[[Ending], None]
        self.wait: Callable[[bool], None]
        self._why = 0

    def feed(self, data: bytes) -> None:
        """Bytes from the sender."""
        if self.stages:
            self.stages[0].feed(data, clock())
        else:
            self.sink(data)

    def end(self, how: Ending) -> None:
        """The sender's bytes have ended."""
        if self.stages:
            self.stages[0].end(how)
        else:
            self.sink_end(how)

    # -- toxics come and go

    def add(self, toxic: Toxic) -> None:
        """Put *toxic* to work where it is drawn for this link."""
        key = (*toxic.key, self.session.number)
        if toxic.stream != self.stream or not toxic.drawn(self.session.number):
            return
        kind: type[TcpFault[Any]] = toxic.kind  # type: ignore[assignment]
        stage = kind(toxic.attributes, self, toxic.name, key)
        names = toxic.order()
        place = sum(names.index(each.name) < names.index(toxic.name) for each in self.stages)
        self.stages.insert(place, stage)
        self._chain()
        stage.start()

    def update(self, toxic: Toxic) -> None:
        """*toxic* has new attributes or another toxicity: it is drawn anew."""
        stage = self._stage(toxic.name)
        if stage is None:
            self.add(toxic)
        elif not toxic.drawn(self.session.number):
            self.remove(toxic.name)
        else:
            stage.interrupt()
            stage.attributes = toxic.attributes
            stage.start()

    def remove(self, name: str) -> None:
        """Take the toxic off; what it held goes on its way."""
        stage = self._stage(name)
        if stage is not None:
            stage.interrupt()
            if stage in self.stages:
                self.stages.remove(stage)
            self._chain()
            self._set(HELD, any(each.held > each.held_limit for each in self.stages))
            stage.removed()

    def discard(self) -> None:
        """What is held goes nowhere; to be followed by the session's `rewire`."""
        self.sink = nowhere
        self.sink_end = nowhere
        for stage in self.stages:
            stage.interrupt()
        for stage in self.stages:
            stage.start()

    def drop(self) -> None:
        """The connection is gone: nothing is passed on any more."""
        stages, self.stages = self.stages, []
        self.sink = nowhere
        self.sink_end = nowhere
        for stage in stages:
            stage.next = None
            stage.interrupt()

    def _stage(self, name: str) -> TcpFault[Any] | None:
        return next((stage for stage in self.stages if stage.name == name), None)

    def _chain(self) -> None:
        following: TcpFault[Any] | None = None
        for stage in reversed(self.stages):
            stage.next, following = following, stage
        self.session.rewire()

    # -- what toxics tell

    def acted(self, name: str) -> None:
        """A toxic acted on this link."""
        self.session.acted(name)

    def weigh(self, stage: TcpFault[Any]) -> None:
        """A toxic holds more or fewer bytes than before."""
        if (stage.held > stage.held_limit) != bool(self._why & HELD):
            self._set(HELD, any(each.held > each.held_limit for each in self.stages))

    def full(self, yes: bool) -> None:
        """The receiver cannot take more for now, or can again."""
        self._set(FULL, yes)

    def pause(self, yes: bool) -> None:
        """A fault of the answer pauses it, or lets it go on."""
        self._set(PAUSED, yes)

    def _set(self, reason: int, yes: bool) -> None:
        before = self._why
        self._why = before | reason if yes else before & ~reason
        if bool(before) != bool(self._why):
            self.wait(bool(self._why))

    @property
    def waits(self) -> bool:
        """Whether the sender is to wait."""
        return bool(self._why)


def nowhere(_: object) -> None:
    """Takes what goes nowhere any more."""
