"""The measuring engine inside a Locust worker: Locust coordinates, the engine sends on its own schedule.

Runs in Locust's processes only; the engine itself is a process beside it, without greenlets
(`seatrial.load.station`). Each worker draws the whole schedule from the same seed and takes its turns of it.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import math
import struct
import subprocess
import sys
from collections.abc import Iterator

import gevent
import numpy as np
from locust import User, task  # noqa: TID253  # this module is imported by locustfiles alone
from locust.exception import StopUser  # noqa: TID253

from seatrial.core.block import Block
from seatrial.core.errors import HarnessError
from seatrial.load import frames
from seatrial.load.brief import Brief
from seatrial.load.from_policy import CONNECTIONS, schedule
from seatrial.load.locust.bridge import WorkerSide
from seatrial.load.locust.samples import ZERO
from seatrial.targets.client import clock

AHEAD = 1.0  # seconds of the schedule that the engine has in hand
POLL = 0.02  # seconds between two looks at the schedule


class OpenLoopUser(User):
    """Sends its share of the traffic's arrivals; one of it runs in each worker.

    A locustfile needs no more than ``class Arrivals(OpenLoopUser): pass``.
    """

    abstract = True
    fixed_count = 0

    @task
    def arrivals(self) -> None:
        """Send what is this worker's share, and tell what came back."""
        side: WorkerSide = self.environment.seatrial
        engine = Engine(side)
        try:
            while side.begin is None and not side.ending:
                gevent.sleep(POLL)
            if side.begin is not None:
                engine.run(side.begin)
        except HarnessError as error:
            side.samples.trouble = str(error)
        except _Died as error:
            side.samples.gone = str(error)
        finally:
            engine.close()
        raise StopUser


class _Died(Exception):
    """The measuring engine is no more."""


class Engine:
    """The process that sends and measures, as its Locust worker sees it.

    Args:
        side: where what was measured goes.
    """

    def __init__(self, side: WorkerSide) -> None:
        self._side = side
        self._order = side.order
        self._process = subprocess.Popen(  # our own interpreter, arguments as a list
            [sys.executable, "-m", "seatrial.load.station"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )
        self._frames = frames.Frames()
        self._ready = self._done = False
        self._left = self._received = 0
        self._due: dict[int, float] = {}  # what was dealt and has not come back: number, seconds since 1970
        self._asked: dict[int, int] = {}  # and what it asks
        self._trouble: HarnessError | None = None
        spec = self._order.spec
        share = max((spec.connections or CONNECTIONS) // self._order.workers, 1)
        order = self._order
        brief = Brief(order.config, order.prompts.prompts, spec.stream, share, ZERO, order.keys)
        self._tell(frames.BRIEF, brief.to_bytes())
        self._reading = gevent.spawn(self._read)

    def run(self, begin: float) -> None:
        """Deal this worker's share out until it is spent or the run ends.

        Args:
            begin: when the schedule begins, seconds since 1970.

        Raises:
            HarnessError: the engine could not send.
            _Died: it has died.
        """
        own = self._own()
        upcoming = next(own, None)
        try:
            while upcoming is not None and not self._side.ending:
                batch = []
                horizon = clock() - ZERO + AHEAD - begin
                while upcoming is not None and upcoming[1] < horizon:
                    batch.append(upcoming)
                    upcoming = next(own, None)
                self._deal(batch, begin)
                self._tell_count()
                gevent.sleep(POLL)
                self._check()
        finally:
            self._end(clock() if self._side.ending else math.inf)
            self._tell_count()
        self._check()

    def _own(self) -> Iterator[tuple[int, float, int]]:
        """This worker's turns: number, seconds since the schedule's start, what is asked."""
        order, spec = self._order, self._order.spec
        assert spec.arrivals is not None
        seed = order.seed if spec.seed is None else spec.seed
        times = schedule(order.loaded, spec, seed)
        tenants, codes = order.tenants(), order.codes
        random = np.random.default_rng([seed, *spec.name.encode()])
        shuffled = itertools.chain.from_iterable(
            random.permutation(len(order.prompts)).tolist() for _ in itertools.count()
        )
        asked = (
            codes.code(prompt, tenants.sender(number) if tenants is not None else 0)
            for number, prompt in enumerate(shuffled)
        )
        every = zip(itertools.count(), times, asked, strict=False)
        numbered = itertools.islice(every, spec.budget.requests)
        return itertools.islice(numbered, self._side.index % order.workers, None, order.workers)

    def _tell_count(self) -> None:
        now = clock() - ZERO
        due = sum(1 for time in self._due.values() if time <= now)
        self._side.samples.sent(self._received + due, min([now, *itertools.islice(self._due.values(), 1)]))

    def _deal(self, batch: list[tuple[int, float, int]], begin: float) -> None:
        if batch and not self._reading.dead:
            rows = np.array(batch, frames.ARRIVAL)
            numbers = rows["number"].tolist()
            self._due.update(zip(numbers, (rows["intended"] + begin).tolist(), strict=True))
            self._asked.update(zip(numbers, rows["prompt"].tolist(), strict=True))
            rows["intended"] += begin + ZERO
            self._done = False
            with contextlib.suppress(OSError):  # one that has just died is noticed when it is checked
                self._tell(frames.ARRIVALS, rows.tobytes())

    def _tell(self, kind: bytes, payload: bytes = b"") -> None:
        assert self._process.stdin is not None
        view = memoryview(frames.frame(kind, payload))
        while view:
            view = view[self._process.stdin.write(view) or 0 :]

    def _read(self) -> None:
        assert self._process.stdout is not None
        while data := self._process.stdout.read(65_536):
            for kind, payload in self._frames.feed(data):
                self._heard(kind, payload)

    def _heard(self, kind: bytes, payload: bytes) -> None:
        if kind == frames.BLOCK:
            block = Block.from_bytes(payload)
            self._received += len(block)
            numbers = block.rows["number"].tolist()
            for number in numbers:
                del self._due[number]
            told = block.take_all()
            told.rows["number"] = [self._asked.pop(number) for number in numbers]
            self._side.samples.block(told.to_bytes(), len(told))
        elif kind == frames.WHOLE:
            self._side.samples.show(json.loads(payload))
        elif kind == frames.DONE:
            (self._left,) = struct.unpack_from("<Q", payload)
            for late in struct.unpack(f"{(len(payload) - 8) // 4}f", payload[8:]):
                self._side.samples.woke(late)
            self._done = True
        elif kind == frames.TROUBLE:
            told = json.loads(payload)
            self._trouble = HarnessError(told["what"], hint=told["hint"])

    def _check(self) -> None:
        if self._trouble is not None:
            raise self._trouble
        if self._reading.dead:
            code = self._process.wait()
            raise _Died(f"was killed by signal {-code}" if code < 0 else f"ended with code {code}")

    def _end(self, at: float) -> None:
        """Let nothing leave from *at* on, and wait for what has left; for one that died there is no wait."""
        self._done = False
        with contextlib.suppress(OSError):
            self._tell(frames.STOP, struct.pack("<d", at))
        while not self._done and not self._reading.dead:
            gevent.sleep(POLL)
        if self._done:  # what was dealt and is still there was recalled
            self._due.clear()
            self._asked.clear()

    def close(self) -> None:
        """End the process."""
        try:
            self._tell(frames.QUIT)
        except OSError:
            self._process.kill()  # it is gone, or does not listen
        self._process.wait()
        self._reading.join(1.0)
