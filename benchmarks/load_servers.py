"""Servers behind the benchmarks of load, each in a process of its own."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from typing import Any

import httptools
import uvloop
from client_servers import Fast, json_reply, settle


@dataclass(frozen=True)
class Freeze:
    """When the server stops, and for how long.

    Attributes:
        after: requests of the traffic that are answered before.
        lasting, takes: seconds of the freeze, and of every answer.
    """

    after: int = 400
    lasting: float = 1.0
    takes: float = 0.002


FREEZE = Freeze()


class _Freezing(asyncio.Protocol):
    """Answers after a while; the whole process sleeps once, as a stopped machine does."""

    seen = 0
    reply = json_reply()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport
        self.parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_message_complete(self) -> None:
        _Freezing.seen += 1
        if _Freezing.seen == FREEZE.after:
            time.sleep(FREEZE.lasting)
        asyncio.get_running_loop().call_later(FREEZE.takes, self.transport.write, self.reply)


class _Counting(Fast):
    """Answers at once, and counts what it was asked: what a peer says it sent need not be so."""

    asked = 0

    def on_message_complete(self) -> None:
        _Counting.asked += self.parser.get_method() == b"POST"
        super().on_message_complete()


def serve_freezing(pipe: Pipe) -> None:
    """Tell the port, then serve until told to stop."""
    _serve(pipe, _Freezing)


def serve_counting(pipe: Pipe) -> None:
    """Tell the port, then serve until told to stop; ``count`` hands over how many requests there were."""
    _serve(pipe, _Counting)


def _serve(pipe: Pipe, protocol: type[asyncio.Protocol]) -> None:
    settle(1)

    async def run() -> None:
        loop, stopped = asyncio.get_running_loop(), asyncio.Event()
        server = await loop.create_server(protocol, "127.0.0.1", 0, backlog=4096)
        pipe.send(server.sockets[0].getsockname()[1])

        def heed() -> None:
            with suppress(EOFError):  # the benchmark is gone: stop as well
                while pipe.recv() == "count":
                    pipe.send(_Counting.asked)
            loop.call_soon_threadsafe(stopped.set)

        threading.Thread(target=heed, daemon=True).start()
        await stopped.wait()
        server.close()

    uvloop.run(run())
