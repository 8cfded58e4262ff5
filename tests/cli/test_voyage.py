"""What interrupts a run reaches it, wherever it is at that moment."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import time
from collections.abc import Iterator

import pytest

from seatrial.cli.voyage import told_to_stop
from seatrial.targets.target import new_event_loop

SIGNALS = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])


@pytest.fixture(params=["ours", "ignored"])
def before(request: pytest.FixtureRequest) -> Iterator[object]:
    """What SIGINT does outside; a script's background jobs ignore it."""
    old = signal.getsignal(signal.SIGINT)
    outside = signal.SIG_IGN if request.param == "ignored" else old
    signal.signal(signal.SIGINT, outside)
    yield outside
    signal.signal(signal.SIGINT, old)


def struck(number: signal.Signals) -> None:
    """Receive a signal amid ordinary code."""
    os.kill(os.getpid(), number)
    time.sleep(20)


@SIGNALS
def test_amid_ordinary_code(number: signal.Signals, before: object) -> None:
    with pytest.raises(KeyboardInterrupt), told_to_stop():
        struck(number)
    assert signal.getsignal(signal.SIGINT) is before


class Struck(asyncio.Protocol):
    """Is interrupted while it takes in what has come: whatever it raises, an event loop swallows."""

    def __init__(self, number: signal.Signals) -> None:
        self.number = number

    def data_received(self, data: bytes) -> None:
        os.kill(os.getpid(), self.number)
        time.sleep(0)  # the handler runs here at the latest


@SIGNALS
def test_amid_a_callback_of_an_event_loop(number: signal.Signals, before: object) -> None:
    ours, theirs = socket.socketpair()

    async def listening() -> None:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_connection(lambda: Struck(number), sock=ours)
        theirs.send(b"something")
        try:
            await asyncio.sleep(20)
        finally:
            transport.close()

    runner = asyncio.Runner(loop_factory=new_event_loop)
    with theirs, runner, pytest.raises(KeyboardInterrupt), told_to_stop():
        runner.run(listening())
    assert signal.getsignal(signal.SIGINT) is before
