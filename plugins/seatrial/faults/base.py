"""What a fault is: a class with a name, attributes, and hooks that say what happens.

There are three kinds, and all are toxics of the same control API:

* an `AiFault` acts on single HTTP requests and their answers,
* a `ConnectionFault` acts on connections as they are accepted,
* a `Toxic` (see `seatrial.faults.toxic`) acts on the bytes of a TCP connection, as Toxiproxy's do.
"""

from __future__ import annotations

import builtins
import random
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, TypeVar, get_args

from pydantic import BaseModel

from seatrial.faults.when import When

if TYPE_CHECKING:
    from seatrial.faults.actions import BodyItems, ConnectItems, HeadItems, RequestItems
    from seatrial.faults.message import Head, Request

A = TypeVar("A", bound=BaseModel)
W = TypeVar("W", bound=When)

Unit = Literal["events", "bytes", "body"]


class FaultKind(Generic[A]):
    """Root of all kinds.

    A subclass ``class Stall(AiFault[Attributes])`` names the model of its attributes; its docstring's first
    line is what people read about it.
    """

    type: ClassVar[str]
    """Its name in policies and in the control API."""
    Attributes: ClassVar[builtins.type[BaseModel]]
    """The model of its attributes."""

    def __init_subclass__(cls, **extra: Any) -> None:
        super().__init_subclass__(**extra)
        for base in getattr(cls, "__orig_bases__", ()):
            for argument in get_args(base):
                if isinstance(argument, type) and issubclass(argument, BaseModel):
                    cls.Attributes = argument


class _Drawn(FaultKind[W]):
    """One fault at work on one thing, with numbers drawn for that thing alone."""

    def __init__(self, attributes: W, key: tuple[str | int, ...]) -> None:
        self.attributes = attributes
        self._key = key

    @cached_property
    def random(self) -> random.Random:
        """A generator of its own: a function of seed, proxy, toxic and number of the request."""
        return random.Random("\x1f".join(map(str, self._key)))  # noqa: S311  not for secrets


class AiFault(_Drawn[W]):
    """A fault at work on one request: an instance is made for each request that it hits.

    Every hook answers None to leave things as they are; any other answer counts as a hit. Faults compose in
    the order in which they were added: what one gives out is what the next one sees.

    Attributes:
        attributes: what the user asked for.
        request: the request that is hit, complete with its body.
        head: the answer's head, from `on_head` on.
        events, sent: events and bytes of the body that this fault has seen before the present one.
        random: draws of its own, reproducible.
    """

    unit: Unit = "events"
    """What the body comes in.

    ``events``: a stream of events comes one by one to `on_event`, other bodies as they arrive to `on_body`.
    ``bytes``: every body comes as it arrives to `on_body`, streams of events too.
    ``body``: like ``events``, but a body that is no stream is collected and comes whole to `on_body`.
    """
    resizes: bool = False
    """Whether it may change the length of a body that arrives in pieces. It then goes out chunked."""

    def __init__(self, attributes: W, request: Request, key: tuple[str | int, ...]) -> None:
        super().__init__(attributes, key)
        self.request = request
        self.head: Head | None = None
        self.events = 0
        self.sent = 0
        self.prepare()

    def prepare(self) -> None:
        """Called once, when all is set: the place to choose `unit` and `resizes` by the attributes."""

    def on_request(self) -> RequestItems | None:
        """Called when the request is complete, before anything of it goes to the upstream."""
        return None

    def on_head(self, head: Head) -> HeadItems | None:
        """Called with the head of the (final) answer; must give out a head, if it gives out anything."""
        return None

    def on_event(self, event: bytes) -> BodyItems | None:
        """Called with each event of a stream, up to and with the blank line that ends it."""
        return None

    def on_body(self, data: bytes) -> BodyItems | None:
        """Called with a piece of the body, or the whole of it; see `unit`."""
        return None

    def on_end(self) -> BodyItems | None:
        """Called when the upstream's answer is complete; ``[Close()]`` then closes behind a whole answer."""
        return None


class ConnectionFault(_Drawn[W]):
    """A fault at work on one connection: an instance is made for each accepted connection that it hits.

    Of the conditions of `When`, those of requests (path, model, tenant) never match here; ``every`` and
    ``first`` count connections.
    """

    cuts_existing: ClassVar[bool] = False
    """Whether connections that stand when the toxic is added are cut."""

    def on_connect(self) -> ConnectItems | None:
        """Called when the connection was accepted, before a byte is read or the upstream called."""
        return None
