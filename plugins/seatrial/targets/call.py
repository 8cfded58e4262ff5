"""One request on its way: what the connection needs of it, and what it has seen of the answer so far."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from seatrial.core.exchange import NAN, ErrorKind, Exchange

if TYPE_CHECKING:
    from seatrial.targets.config import Timeouts
    from seatrial.targets.keeper import Keeper
    from seatrial.targets.wire import AnswerReader


class Call:
    """One request on its way, and what was seen of its answer. Times on `clock`, 0.0 where not reached."""

    # Defaults live on the class: most of them stay as they are, and a call is made for every request.
    failed: Callable[[BaseException], None] | None = None
    future: asyncio.Future[Exchange] | None = None
    keeper: Keeper | None = None
    head_only = False
    retried = False
    sent = first_byte = done = 0.0
    connected = secured = NAN
    status = received = 0
    error: ErrorKind | None = None
    detail = ""
    headers: Sequence[tuple[bytes, bytes]] = ()
    index = 0
    intended = zero = 0.0
    prompt = -1

    def __init__(
        self,
        request: bytes,
        reader: AnswerReader,
        timeouts: Timeouts,
        max_body: int,
        then: Callable[[Exchange], None],
    ) -> None:
        self.request = request
        self.reader = reader
        self.timeouts = timeouts
        self.max_body = max_body
        self.then = then
