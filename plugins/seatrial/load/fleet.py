"""Worker processes that send and measure, one a core: started, dealt to, and their reports gathered."""

from __future__ import annotations

import asyncio
import contextlib
import json
import struct
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from seatrial.core.block import Block
from seatrial.core.errors import HarnessError, UsageError
from seatrial.load import frames
from seatrial.load.brief import Brief

GRACE = 5.0  # seconds that a worker has to end


class Worker(asyncio.Protocol):
    """One worker process, as its starter sees it.

    Attributes:
        dealt, received: exchanges it was given and has told; `left` is what it says it has sent.
        done: whether it has sent and told everything since it was last told to stop.
    """

    def __init__(self, number: int, changed: Callable[[], None]) -> None:
        self.number = number
        self.dealt = self.received = self.left = 0
        self.ready = False
        self.done = True
        self.died: str | None = None
        self.blocks: list[Block] = []
        self.whole: list[dict[str, Any]] = []
        self.woke: list[NDArray[np.float32]] = []
        self.trouble: HarnessError | None = None
        self._changed = changed
        self._frames = frames.Frames()
        self._process: subprocess.Popen[bytes] | None = None
        self._orders: asyncio.WriteTransport | None = None
        self._reports: asyncio.ReadTransport | None = None
        self._ended = False

    @property
    def pid(self) -> int:
        """The process."""
        assert self._process is not None
        return self._process.pid

    async def start(self, brief: Brief) -> None:
        """Start the process and tell it what to do.

        Raises:
            HarnessError: it cannot be started.
        """
        loop = asyncio.get_running_loop()
        pipe = subprocess.PIPE
        command = [sys.executable, "-m", "seatrial.load.station"]
        try:
            # A session of its own: Ctrl-C in a terminal is heard by us alone, and we end it.
            self._process = subprocess.Popen(  # noqa: S603  # our own interpreter, arguments as a list
                command, stdin=pipe, stdout=pipe, bufsize=0, start_new_session=True
            )
        except OSError as error:
            raise HarnessError(f"a worker process cannot be started ({error.strerror})") from error
        orders, reports = self._process.stdin, self._process.stdout
        self._orders, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, orders)
        self._reports, _ = await loop.connect_read_pipe(lambda: cast(Any, self), reports)
        self.tell(frames.BRIEF, brief.to_bytes())

    def tell(self, kind: bytes, payload: bytes = b"") -> None:
        """Send it one message; one that has died hears nothing."""
        if self._orders is not None and self.died is None:
            self._orders.write(frames.frame(kind, payload))

    def data_received(self, data: bytes) -> None:
        for kind, payload in self._frames.feed(data):
            if kind == frames.BLOCK:
                block = Block.from_bytes(payload)
                self.received += len(block)
                self.blocks.append(block)
            elif kind == frames.DONE:
                (self.left,) = struct.unpack_from("<Q", payload)
                self.woke.append(np.frombuffer(payload, np.float32, offset=8))
                self.done = True
            elif kind == frames.READY:
                self.ready = True
            elif kind == frames.WHOLE:
                self.whole.append(json.loads(payload))
            elif kind == frames.TROUBLE:
                told = json.loads(payload)
                self.trouble = HarnessError(told["what"], hint=told["hint"])
        self._changed()

    def eof_received(self) -> None:
        self._gone()

    def connection_lost(self, error: Exception | None) -> None:
        self._gone()

    def _gone(self) -> None:
        if self._ended or self.died is not None or self._process is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(GRACE)
        code = self._process.returncode
        self.died = f"was killed by signal {-code}" if code and code < 0 else f"ended with code {code}"
        self._changed()

    async def close(self) -> None:
        """End the process and give its pipes back."""
        self.tell(frames.QUIT)
        self._ended = True
        if self._orders is not None:
            self._orders.close()
        if self._process is not None:
            await asyncio.to_thread(self._await_end)
        if self._reports is not None:
            self._reports.close()
        await asyncio.sleep(0)  # the loop closes what was given back in its next turn

    def _await_end(self) -> None:
        assert self._process is not None
        try:
            self._process.wait(GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Fleet:
    """All workers of one traffic.

    Args:
        brief: what they do; its connections are shared out among them.
        processes: how many.

    Raises:
        UsageError: no pipes here that an event loop can watch, or more processes than connections.
    """

    def __init__(self, brief: Brief, processes: int) -> None:
        if sys.platform == "win32":
            raise UsageError("several processes for one traffic need a Unix", hint="drop processes")
        if processes > brief.connections:
            raise UsageError(
                f"{processes} processes cannot share {brief.connections} connections",
                hint="more connections, or fewer processes",
            )
        self._brief = brief
        self._news = asyncio.Event()
        self.workers = [Worker(number, self._news.set) for number in range(processes)]

    async def start(self) -> None:
        """Start all workers and wait until each can send.

        Raises:
            HarnessError: one of them cannot be started, or ends at once.
        """
        brief, count = self._brief, len(self.workers)
        for worker in self.workers:
            share = brief.connections // count + (worker.number < brief.connections % count)
            await worker.start(replace(brief, connections=share))
        while not all(worker.ready for worker in self.workers):
            await self.news(1.0)
            self.check()
            for worker in self.workers:
                if worker.died is not None:
                    raise HarnessError(f"a worker process {worker.died} before it could send")

    def check(self) -> None:
        """Tell trouble of the harness.

        Raises:
            HarnessError: a worker could not send (no file descriptor left).
        """
        for worker in self.workers:
            if worker.trouble is not None:
                raise worker.trouble

    async def news(self, seconds: float) -> None:
        """Wait until a worker has told something, *seconds* at most."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), seconds)
        self._news.clear()

    def deal(self, first: int, intended: NDArray[np.float64], prompts: NDArray[np.uint32]) -> None:
        """Deal arrivals out in turns.

        Args:
            first: number of the first one; worker *number mod workers* gets it.
            intended: when each leaves, on `clock`.
            prompts: what each asks, as numbers of `seatrial.load.asked`.
        """
        count = len(self.workers)
        rows = np.empty(len(intended), frames.ARRIVAL)
        rows["number"] = np.arange(first, first + len(intended), dtype=np.uint64)
        rows["intended"], rows["prompt"] = intended, prompts
        for worker in self.workers:
            own = rows[(worker.number - first) % count :: count]
            if len(own):
                worker.done = False
                worker.tell(frames.ARRIVALS, own.tobytes())

    def stop(self, at: float) -> None:
        """Let nothing leave that is due at clock time *at* or later; `done` is True when the rest is back."""
        for worker in self.workers:
            worker.done = False
            worker.tell(frames.STOP, struct.pack("<d", at))

    @property
    def done(self) -> bool:
        """Whether every worker that lives has told all it has sent."""
        return all(worker.done or worker.died is not None for worker in self.workers)

    def taken(self) -> Block:
        """What the workers have told since the last call."""
        blocks = [block for worker in self.workers for block in worker.blocks]
        for worker in self.workers:
            worker.blocks.clear()
        return Block.joined(blocks)

    async def close(self) -> None:
        """End all workers."""
        await asyncio.gather(*(worker.close() for worker in self.workers))
