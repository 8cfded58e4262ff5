"""Our listeners inside Locust: workers tell what they measured, the master hands it on and counts.

Runs in Locust's processes only. Its own statistics go on beside this and decide nothing.
"""

from __future__ import annotations

import json
import os
import struct
import sys
import time
from typing import Any

from seatrial.core.errors import SeatrialError, UsageError
from seatrial.core.tenants import Tenants
from seatrial.load import frames
from seatrial.load.locust.order import Order
from seatrial.load.locust.samples import Samples
from seatrial.targets.client import clock

TELL = 0.25  # seconds between two messages of a worker
WAKE = 0.025  # seconds between two looks at how punctual the hub is
MESSAGE, BEGIN, END = "seatrial", "seatrial-begin", "seatrial-end"
ALIGN = 0.1  # seconds from the order to begin until measuring begins
START = 1.5  # seconds that measuring engines need to come up, beyond that
PATIENCE = 10.0  # seconds that workers have to tell the last, beyond the longest request

PART = b"P"  # worker's id, its numbers as JSON, and one block
BEGUN = b"B"  # when all users are there, seconds since 1970: what was sent before is a warm-up
OVER = b"O"  # the master's last word, as JSON
_HEAD = struct.Struct("<I")


def part_frame(told: dict[str, Any], block: bytes) -> bytes:
    """A message of the master to whoever started it: facts and one block."""
    head = json.dumps(told).encode()
    return frames.frame(PART, _HEAD.pack(len(head)) + head + block)


def read_part(payload: bytes) -> tuple[dict[str, Any], bytes]:
    """Facts and block of a `part_frame`."""
    (length,) = _HEAD.unpack_from(payload)
    end = _HEAD.size + length
    return json.loads(payload[_HEAD.size : end]), payload[end:]


def listen(events: Any) -> None:
    """Hear of Locust's beginning; *events* are ``locust.events``."""
    events.init.add_listener(_init)


def _init(environment: Any, runner: Any, **_: Any) -> None:
    order = Order.given()
    name = type(runner).__name__
    try:
        # A policy or prompts that cannot be used are told before anything is sent.
        order.config.address, order.prompts  # noqa: B018
    except SeatrialError as error:
        print(f"error: {error}", file=sys.stderr)
        os._exit(int(error.exit_code))  # Locust would go on after any exception of a listener
    if name == "MasterRunner":
        Master(environment, runner, order)
    else:
        environment.seatrial = WorkerSide(environment, runner, order)


class WorkerSide:
    """One worker: gathers and tells.

    Attributes:
        order: what it has to do.
        samples: what was measured.
        begin: when measuring begins, seconds since 1970; None until all users are there.
    """

    def __init__(self, environment: Any, runner: Any, order: Order) -> None:
        import gevent

        self.order = order
        self.samples = Samples()
        self.begin: float | None = None
        self.ending = False
        self._tenants: Tenants | None = None
        self._numbers = {id(prompt): number for number, prompt in enumerate(order.prompts)}
        self._environment = environment
        self._runner = runner
        environment.events.test_start.add_listener(self._started)
        if hasattr(runner, "register_message"):
            runner.register_message(BEGIN, self._begin)
            runner.register_message(END, self._end, concurrent=True)
        gevent.spawn(self._report)

    @property
    def index(self) -> int:
        """Which of the workers this is, from 0."""
        return max(int(getattr(self._runner, "worker_index", 0)), 0)

    def tenant(self, number: int, name: str | None) -> int:
        """Which tenant sends this worker's request with *number*.

        Args:
            name: of the one that must, None where it is dealt out in turns.

        Raises:
            UsageError: the traffic has no tenant of that name.
        """
        names = self._tenants.names if self._tenants is not None else ()
        if name is not None:
            if name not in names:
                raise UsageError(
                    f"the traffic {self.order.traffic!r} has no tenant {name!r}",
                    hint=f"one of {', '.join(names)}" if names else "name it under tenants in the policy",
                )
            return names.index(name)
        return self._tenants.sender(number) if self._tenants is not None else 0

    def prompt(self, prompt: Any) -> int:
        """The number of a prompt of the traffic, -1 for any other."""
        return self._numbers.get(id(prompt), -1)

    def _started(self, **_: Any) -> None:
        own = self.index % self.order.workers
        self.samples.most = self.order.share(own)
        self._tenants = self.order.tenants(own)

    def _begin(self, msg: Any, **_: Any) -> None:
        import gevent

        self.begin = self.samples.steady = float(msg.data["at"])
        gevent.spawn_later(max(self.begin - time.time(), 0.0), self._wake)

    def _end(self, **_: Any) -> None:
        """Let what is in flight finish, and tell the last."""
        if self.ending:
            return
        self.ending = True
        self._runner.stop()
        self._runner.send_message(MESSAGE, self.samples.part(last=True))

    def _wake(self) -> None:
        import gevent

        while True:
            asked = clock()
            gevent.sleep(WAKE)
            # A hub rounds its timers up to a millisecond: that much is no lag.
            self.samples.woke(max(clock() - asked - WAKE - 0.001, 0.0))

    def _report(self) -> None:
        import gevent

        while not self.ending:
            gevent.sleep(TELL)
            if not self.ending and self.samples.asked:
                self._runner.send_message(MESSAGE, self.samples.part())


class Master:
    """The master: hands on what workers tell, and says at the end who has told the last."""

    def __init__(self, environment: Any, runner: Any, order: Order) -> None:
        assert order.out is not None
        self._runner = runner
        self._order = order
        self._out = order.out
        self._last: set[str] = set()
        self._seen: set[str] = set()
        self._over = False
        runner.register_message(MESSAGE, self._told)
        environment.events.spawning_complete.add_listener(self._begin)
        # The last listener is asked first: before Locust lets its workers go.
        environment.events.quitting.add_listener(self._quitting)

    def _begin(self, **_: Any) -> None:
        at = time.time() + ALIGN + (START if self._order.spec.arrivals is not None else 0.0)
        self._runner.send_message(BEGIN, {"at": at})
        self._write(frames.frame(BEGUN, struct.pack("<d", at)))

    def _told(self, msg: Any, **_: Any) -> None:
        told = dict(msg.data)
        self._seen.add(msg.node_id)
        if told["last"]:
            self._last.add(msg.node_id)
        blocks = told.pop("blocks")
        woke = told.pop("woke")
        told |= {"worker": msg.node_id, "woke": list(struct.unpack(f"{len(woke) // 4}f", woke))}
        for number, block in enumerate(blocks or [b""]):
            # One frame a block: the facts are true only when all of them are there.
            facts = told if number + 1 == len(blocks or [b""]) else {"worker": msg.node_id, "more": True}
            self._write(part_frame(facts, block))

    def _quitting(self, **_: Any) -> None:
        import gevent

        if self._over:
            return
        self._over = True
        self._runner.send_message(END)
        deadline = time.monotonic() + self._order.config.timeouts.total + PATIENCE
        while self._waiting() and time.monotonic() < deadline:
            gevent.sleep(0.02)
        silent = sorted(self._known() - self._last)
        self._write(frames.frame(OVER, json.dumps({"told": sorted(self._last), "silent": silent}).encode()))

    def _known(self) -> set[str]:
        return {client.id for client in self._runner.clients.all} | self._seen

    def _waiting(self) -> set[str]:
        gone = {client.id for client in self._runner.clients.all if client.state == "missing"}
        return {client.id for client in self._runner.clients.all} - gone - self._last

    def _write(self, data: bytes) -> None:
        import gevent
        from gevent.os import nb_write

        view = memoryview(data)
        try:
            while view:
                view = view[nb_write(self._out, view) :]
        except BrokenPipeError:  # whoever started us is gone, and nobody would ever end the load
            if not self._over:
                self._over = True
                gevent.spawn(self._abandoned)

    def _abandoned(self) -> None:
        self._runner.send_message(END)
        self._runner.quit()
