"""What the faults that hit one request make of its answer, in the order in which they were added."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

from seatrial.core.errors import HarnessError
from seatrial.faults import framing
from seatrial.faults.actions import Action, Close, End, Pause, RequestItems, Reset, Swallow
from seatrial.faults.base import AiFault
from seatrial.faults.events import EventSplitter
from seatrial.faults.message import Head

Item = bytes | Head | Action
T = TypeVar("T")


class Sent(NamedTuple):
    """Bytes for the caller, and what of the body is in them."""

    wire: bytes
    body: bytes = b""


Out = Sent | Action


class Stage:
    """One fault at work on the request.

    Args:
        name: the toxic's.
        fault: its instance for this request.
        hit: called when it acts for the first time.
    """

    def __init__(self, name: str, fault: AiFault[Any], hit: Callable[[str], None]) -> None:
        self.name = name
        self.fault = fault
        self._hit = hit
        self._acted = False
        self._splitter: EventSplitter | None = None

    @property
    def wants_whole(self) -> bool:
        """Whether it takes the body in one piece."""
        return self._splitter is None and self.fault.unit == "body"

    def request(self) -> RequestItems:
        """What it does about the request."""
        return self._told(self.fault.on_request()) or ()

    def head(self, head: Head) -> list[Item]:
        """The head passes it."""
        items = self._told(self.fault.on_head(head))
        out: list[Item] = [head] if items is None else list(items)
        self.fault.head = next((item for item in out if isinstance(item, Head)), head)
        if self.fault.head.is_events and self.fault.unit != "bytes":
            self._splitter = EventSplitter()
        return out

    def body(self, data: bytes) -> Iterator[bytes | Action]:
        """Bytes of the body pass it."""
        if self._splitter is None:
            yield from self._piece(data)
            return
        for event in self._splitter.feed(data):
            items = self._told(self.fault.on_event(event))
            self.fault.events += 1
            self.fault.sent += len(event)
            yield from (event,) if items is None else items

    def end(self) -> Iterator[bytes | Action]:
        """The body is complete."""
        if self._splitter is not None and self._splitter.rest:
            yield self._splitter.rest  # half an event is none: nobody is asked about it
        yield from self._told(self.fault.on_end()) or ()

    def _piece(self, data: bytes) -> Iterator[bytes | Action]:
        items = self._told(self.fault.on_body(data))
        self.fault.sent += len(data)
        yield from (data,) if items is None else items

    def _told(self, items: Iterable[T] | None) -> list[T] | None:
        if items is None:
            return None
        if not self._acted:
            self._acted = True
            self._hit(self.name)
        return [
            replace(item, owner=self.name) if isinstance(item, Pause | Swallow) else item for item in items
        ]


class Chain:
    """The faults that hit one request.

    Args:
        stages: in their order.
        old_client: whether the caller speaks HTTP/1.0, which knows no chunks.
        head_only: whether the answer has no body whatever its head says.
    """

    def __init__(self, stages: list[Stage], *, old_client: bool = False, head_only: bool = False) -> None:
        self.stages = stages
        self._old_client = old_client
        self._head_only = head_only
        self._chunked = False
        self._left: int | None = None
        self._whole: list[bytes] | None = None
        self._size = 0
        self._head: Head | None = None
        self._close_after = False
        self._over = False

    def drop(self, name: str) -> bool:
        """The toxic *name* was removed: it does nothing more. False where it did nothing here."""
        kept = [stage for stage in self.stages if stage.name != name]
        found = len(kept) < len(self.stages)
        self.stages = kept
        return found

    def head(self, head: Head) -> Iterator[Out]:
        """The answer's head, as bytes for the caller, and what is done before and after."""
        items: list[Item] = [head]
        for stage in self.stages:
            items = [
                out for item in items for out in (stage.head(item) if isinstance(item, Head) else [item])
            ]
        for item in items:
            if isinstance(item, Head):
                yield from self._begin(item)
            elif not self._over and not isinstance(item, bytes):
                self._over = not isinstance(item, Pause)
                yield item

    def body(self, data: bytes) -> Iterator[Out]:
        """A piece of the body."""
        if self._whole is None:
            yield from self._framed(self._through(self.stages, [data]))
            return
        self._whole.append(data)
        self._size += len(data)
        if self._size > framing.MAX_HELD:  # too large to be wanted whole: it passes as it comes
            yield from self._give_up()

    def end(self) -> Iterator[Out]:
        """The answer is complete."""
        whole, self._whole = self._whole, None
        items: list[bytes | Action] = []
        if whole is not None:
            items += self._through(self.stages, [b"".join(whole)])
        for place, stage in enumerate(self.stages):
            items += self._through(self.stages[place + 1 :], stage.end())
        if whole is not None:
            yield from self._begin_sized(items, sum(map(len, whole)))
        yield from self._framed([*items, End()])

    # -- inside

    @staticmethod
    def _through(stages: list[Stage], items: Iterable[bytes | Action]) -> list[bytes | Action]:
        passing = list(items)
        for stage in stages:
            if stage.wants_whole:
                passing = _joined(passing)
            passing = [
                out for item in passing for out in (stage.body(item) if isinstance(item, bytes) else (item,))
            ]
        return passing

    def _begin(self, head: Head) -> Iterator[Sent]:
        self._head = head
        self._head_only |= head.status in framing.NO_BODY
        wants_whole = not head.is_events and any(stage.fault.unit == "body" for stage in self.stages)
        if self._head_only:
            yield Sent(framing.head_bytes(head))
        elif wants_whole:
            self._whole = []
        else:
            yield self._framed_head(head, resizes=any(stage.fault.resizes for stage in self.stages))

    def _framed_head(self, head: Head, *, resizes: bool) -> Sent:
        self._chunked = framing.is_chunked(head)
        length = head.header("content-length")
        if not self._chunked and length is not None and not resizes:
            self._left = int(length) if length.isdigit() else None
        elif not self._chunked and (length is None or self._old_client):
            self._close_after = True
            head = framing.unframed(head).with_header("connection", "close")
        elif not self._chunked:
            self._chunked = True
            head = framing.unframed(head).with_header("transfer-encoding", "chunked")
        return Sent(framing.head_bytes(head))

    def _begin_sized(self, items: list[bytes | Action], length: int) -> Iterator[Sent]:
        assert self._head is not None
        given = sum(len(item) for item in items if isinstance(item, bytes))
        if any(isinstance(item, Close | Reset) for item in items):
            given = max(given, length)
        head = framing.unframed(self._head).with_header("content-length", str(given))
        yield self._framed_head(head, resizes=False)

    def _give_up(self) -> Iterator[Out]:
        whole, self._whole = self._whole, None
        assert self._head is not None
        assert whole is not None
        self.stages = [stage for stage in self.stages if stage.fault.unit != "body"]
        yield self._framed_head(self._head, resizes=any(stage.fault.resizes for stage in self.stages))
        yield from self._framed(self._through(self.stages, whole))

    def _framed(self, items: Iterable[bytes | Action]) -> Iterator[Out]:
        for item in items:
            if self._over:
                return
            if not isinstance(item, bytes):
                self._over = not isinstance(item, Pause)
                yield item
            elif not item or self._head_only:
                continue
            elif self._chunked:
                yield Sent(framing.chunk(item), item)
            else:
                self._count(item)
                yield Sent(item, item)

    def _count(self, item: bytes) -> None:
        if self._left is not None:
            self._left -= len(item)
            if self._left < 0:
                raise HarnessError(
                    "a fault gave out more bytes than content-length says",
                    where=", ".join(stage.name for stage in self.stages),
                    hint="set resizes = True in it, or unit = 'body'",
                )

    def last(self) -> bytes | Close:
        """What ends the answer in good order: the last chunk, nothing, or a close."""
        if self._chunked:
            return framing.LAST_CHUNK
        if self._close_after or self._left:
            return Close()
        return b""


def _joined(items: list[bytes | Action]) -> list[bytes | Action]:
    """The same with neighbouring bytes in one piece."""
    out: list[bytes | Action] = []
    for item in items:
        if isinstance(item, bytes) and out and isinstance(out[-1], bytes):
            out[-1] += item
        else:
            out.append(item)
    return out
