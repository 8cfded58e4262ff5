"""The measuring engine of one worker process: sends what was dealt to it on time, and tells what came back.

Started by `seatrial.load.fleet` as ``python -m seatrial.load.station``; it talks frames over its standard
input and output.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import struct
import sys
from array import array
from collections import deque
from functools import partial
from typing import Any, cast

import numpy as np

from seatrial.core.block import Collector
from seatrial.core.errors import SeatrialError
from seatrial.core.exchange import Exchange
from seatrial.load import frames
from seatrial.load.brief import Brief
from seatrial.load.ledger import as_dict
from seatrial.load.pacer import make_pacer
from seatrial.load.prompts import PromptSet
from seatrial.load.sender import PromptSender
from seatrial.targets.client import Client, clock
from seatrial.targets.target import new_event_loop

FLUSH = 0.025  # seconds between two looks at what is to be told
MANY = 2048  # exchanges that are told at once
WHOLE = 16  # bad exchanges told whole: a person will read three of them
_AT_ONCE = 64  # arrivals sent in one go before the loop may look at its sockets again


class Station(asyncio.Protocol):
    """Sends, measures and reports until it is told to quit.

    Args:
        over: done when it is to end.
        out: writes bytes to whoever started it.
    """

    def __init__(self, over: asyncio.Future[None], out: asyncio.WriteTransport) -> None:
        self._over = over
        self._out = out
        self._loop = asyncio.get_running_loop()
        self._frames = frames.Frames()
        self._due: deque[tuple[float, int, int]] = deque()
        self._flying = self._left = self._shown = 0
        self._stopping = False
        self._woke = array("f")
        self._collector = Collector()
        self._sender: PromptSender | None = None
        self._zero = 0.0
        self._pacer = make_pacer(self._loop, self._send)
        self._expected = clock() + FLUSH
        self._loop.call_later(FLUSH, self._tick)

    # ---- what it is told

    def data_received(self, data: bytes) -> None:
        for kind, payload in self._frames.feed(data):
            if kind == frames.ARRIVALS:
                self._deal(payload)
            elif kind == frames.STOP:
                self._stop(*struct.unpack("<d", payload))
            elif kind == frames.BRIEF:
                self._take(Brief.from_bytes(payload))
            elif kind == frames.QUIT:
                self._end()

    def eof_received(self) -> None:
        self._end()

    def connection_lost(self, error: Exception | None) -> None:
        """Whoever started us is gone: so are we."""
        self._end()

    def _end(self) -> None:
        if not self._over.done():
            self._over.set_result(None)

    def _take(self, brief: Brief) -> None:
        try:
            client = Client(brief.config, connections=brief.connections)
        except SeatrialError as error:
            self._failed(error)
            return
        self._zero = brief.zero
        prompts = PromptSet("dealt", tuple(brief.prompts), "")
        self._sender = PromptSender(client, prompts, stream=brief.stream, keys=brief.keys)
        gc.freeze()  # what lives now lives on: full collections need not walk it again
        self._write(frames.READY)

    def _deal(self, payload: bytes) -> None:
        dealt = np.frombuffer(payload, frames.ARRIVAL)
        self._stopping = False
        self._due.extend(
            zip(dealt["intended"].tolist(), dealt["number"].tolist(), dealt["prompt"].tolist(), strict=True)
        )
        self._arm()

    def _stop(self, at: float) -> None:
        while self._due and self._due[-1][0] >= at:
            self._due.pop()
        self._stopping = True
        self._finish()

    # ---- sending

    def _arm(self) -> None:
        if self._due:
            self._pacer.arm(self._due[0][0])

    def _send(self) -> None:
        due, sender, zero = self._due, self._sender, self._zero
        assert sender is not None
        for _ in range(_AT_ONCE):
            now = clock()
            if not due or due[0][0] > now:
                break
            intended, number, prompt = due.popleft()
            late = now - intended
            self._flying += 1
            self._left += 1
            sender.begin(
                prompt,
                partial(self._came, late),
                index=number,
                intended=intended - zero,
                zero=zero,
                failed=self._failed,
            )
        self._arm()
        if self._stopping:
            self._finish()

    def _came(self, late: float, exchange: Exchange) -> None:
        self._flying -= 1
        self._collector.add(exchange, late)
        if exchange.error is not None and self._shown < WHOLE:
            self._shown += 1
            told = as_dict(exchange) | {"number": exchange.index}
            self._write(frames.WHOLE, json.dumps(told, default=str).encode())
        if len(self._collector) >= MANY:
            self._flush()
        if self._stopping:
            self._finish()

    def _failed(self, error: BaseException) -> None:
        hint = getattr(error, "hint", None)
        self._write(frames.TROUBLE, json.dumps({"what": str(error), "hint": hint}).encode())

    # ---- reporting

    def _tick(self) -> None:
        now = clock()
        # Event loops round their timers up to a millisecond: that much is no lag.
        self._woke.append(max(now - self._expected - 0.001, 0.0))
        self._expected = now + FLUSH
        self._loop.call_later(FLUSH, self._tick)
        self._flush()

    def _flush(self) -> None:
        if self._collector:
            self._write(frames.BLOCK, self._collector.take())

    def _finish(self) -> None:
        if self._flying or self._due:
            return
        self._stopping = False
        self._flush()
        woke, self._woke = self._woke, array("f")
        self._write(frames.DONE, struct.pack("<Q", self._left) + woke.tobytes())

    def _write(self, kind: bytes, payload: bytes = b"") -> None:
        self._out.write(frames.frame(kind, payload))

    async def close(self) -> None:
        """Give everything back."""
        self._pacer.close()
        if self._sender is not None:
            await self._sender.close()


async def serve(given: int, told: int) -> None:
    """Serve whoever holds the other ends of two pipes until told to quit.

    Args:
        given: file descriptor that orders come from.
        told: file descriptor that reports go to.
    """
    loop = asyncio.get_running_loop()
    over: asyncio.Future[None] = loop.create_future()
    out, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, os.fdopen(told, "wb", 0))
    station = Station(over, out)
    orders, _ = await loop.connect_read_pipe(lambda: cast(Any, station), os.fdopen(given, "rb", 0))
    await over
    await station.close()
    orders.close()
    out.close()


def main() -> None:
    """Speak frames over standard input and output; what anybody prints goes to standard error."""
    given, told = os.dup(0), os.dup(1)
    os.dup2(2, 1)
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(serve(given, told))


if __name__ == "__main__":
    try:
        main()
    except (KeyboardInterrupt, BrokenPipeError):
        sys.exit(4)  # an interrupt of the terminal reaches all of us: whoever started us tells it
