"""Runs a soak: steady low-rate traffic, checkpoints, a verdict at the end or as soon as it is clear."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from seatrial.core.exchange import Exchange
from seatrial.core.outcome import Outcome
from seatrial.core.risk import Risk
from seatrial.load import arrivals
from seatrial.load.arrivals import Profile, Schedule
from seatrial.load.open_loop import OpenLoop
from seatrial.load.soak.growth import LOOKS, Growth, judge_errors, judge_series
from seatrial.load.soak.state import State
from seatrial.load.soak.watch import Reading
from seatrial.load.soak.windows import Window
from seatrial.load.traffic import Sender
from seatrial.targets.client import clock
from seatrial.targets.target import new_event_loop

TAIL = 20
"""Good answers that a window needs before its 95th percentile says anything."""


class Watch(Protocol):
    """Something to read at every checkpoint."""

    names: tuple[str, ...]

    def read(self) -> Reading:
        """What it tells now; may take a moment, and is called from a thread."""


@dataclass(frozen=True)
class Plan:
    """A soak.

    Attributes:
        traffic: name of the traffic whose prompts are asked.
        duration: seconds of sending.
        rate: requests a second.
        settle: the part at the beginning that is not judged.
        horizon: seconds that growth is projected to.
        checkpoints: windows.
        limits: allowed growth by figure; what is missing here is not judged.
        prompts: how many there are.
        risk: levels, and the declared dependence of failures.
        seed: of arrivals and prompts.
    """

    traffic: str
    duration: float
    rate: float
    settle: float
    horizon: float
    checkpoints: int
    limits: dict[str, float]
    prompts: int
    risk: Risk
    seed: int

    @property
    def width(self) -> float:
        """Seconds from one checkpoint to the next."""
        return self.duration / self.checkpoints


class Soak:
    """One soak, or the rest of one.

    Args:
        plan: what is asked for.
        state: where it stands; grows, and is saved at every checkpoint.
        path: where it is saved.
        connect: makes the measuring client, inside the running loop.
        watches: what is read at every checkpoint.
        record: writes one event to the journal.
        look: told of every window as it closes, and of how many there are to be.

    Attributes:
        findings: what each figure came to; empty until it has ended.
    """

    def __init__(
        self,
        plan: Plan,
        state: State,
        path: Path,
        connect: Callable[[], Awaitable[Sender]],
        watches: Sequence[Watch],
        record: Callable[..., None],
        look: Callable[[Window, int], None] = lambda window, count: None,
    ) -> None:
        self.plan = plan
        self.state = state
        self.findings: list[Growth] = []
        self.sent = 0
        self._path = path
        self._connect = connect
        self._watches = watches
        self._record = record
        self._look = look
        self._open = Window(state.elapsed, state.elapsed + plan.width)
        self._trouble: BaseException | None = None
        self._going = False
        self._fresh = len(state.windows)

    def run(self) -> list[Growth]:
        """Soak until the end, or until something has grown too much.

        Raises:
            KeyboardInterrupt: passed on; the last checkpoint is on the disk.
            HarnessError: this machine could not send, or not write.
        """
        if len(self.state.windows) < self.plan.checkpoints:
            with asyncio.Runner(loop_factory=new_event_loop) as runner:
                runner.run(self._run())
        self.findings = self.judge()
        for found in self.findings:
            self._record("soak", traffic=self.plan.traffic, **found.to_dict())
        return self.findings

    def judge(self, *, looks: int = 1) -> list[Growth]:
        """What every figure comes to on what there is."""
        plan = self.plan
        over = self.state.elapsed >= plan.duration - plan.width / 2
        judged = [window for window in self.state.windows if window.begin >= plan.settle * plan.duration]
        span = judged[-1].end - judged[0].begin if judged else 0.0
        horizon = plan.horizon if over else span
        found = [self._latency(name, judged, horizon, looks) for name in ("latency", "latency-p95")]
        found.append(
            judge_errors(
                [window.failed for window in judged],
                [window.failed + window.good for window in judged],
                limit=plan.limits["errors"],
                risk=plan.risk,
                looks=looks,
            )
        )
        names = [name for watch in self._watches for name in watch.names]
        return found + [self._figure(name, judged, horizon, looks) for name in names]

    def _latency(self, name: str, judged: Sequence[Window], horizon: float, looks: int) -> Growth:
        share, least, limit = (0.5, 1, "latency") if name == "latency" else (0.95, TAIL, "latency")
        allowed = self.plan.limits[limit]
        judged = [window for window in judged if window.good + window.failed]
        if judged and float(np.median([window.good for window in judged])) < least:
            why = f"a window holds fewer than {least} good answers"
            outcome = Outcome.INCONCLUSIVE if least == 1 else Outcome.NOT_APPLICABLE
            return Growth(name, outcome, why, allowed, len(judged))
        values = [window.quantile(share) for window in judged]
        return self._series(name, judged, values, allowed, horizon, looks)

    def _figure(self, name: str, judged: Sequence[Window], horizon: float, looks: int) -> Growth:
        allowed = self.plan.limits[name]
        processes = {window.process for window in judged if window.process}
        if name in ("memory", "files") and len(processes) > 1:
            fresh = {window.process for window in self.state.windows[self._fresh :] if window.process}
            restarted = len(fresh) > 1
            why = (
                "the process was restarted during the soak"
                if restarted
                else "another process served after the interruption than before it"
            )
            outcome = Outcome.FAILED if restarted else Outcome.INCONCLUSIVE
            return Growth(name, outcome, why, allowed, len(judged))
        values = [window.figures.get(name, float("nan")) for window in judged]
        return self._series(name, judged, values, allowed, horizon, looks)

    def _series(
        self,
        name: str,
        judged: Sequence[Window],
        values: Sequence[float],
        allowed: float,
        horizon: float,
        looks: int,
    ) -> Growth:
        times = [(window.begin + window.end) / 2 for window in judged]
        return judge_series(
            name, times, values, limit=allowed, horizon=horizon, risk=self.plan.risk, looks=looks
        )

    # ---- while it runs

    async def _run(self) -> None:
        plan, state = self.plan, self.state
        left = plan.duration - state.elapsed
        client = await self._connect()
        try:
            seed = [plan.seed, state.sessions, *plan.traffic.encode()]
            schedule = Schedule(Profile.constant(plan.rate, left), arrivals.poisson, seed)
            source = _Requests(self, client, np.random.default_rng(seed))
            self._going = True
            run = asyncio.ensure_future(OpenLoop(schedule).run(source))
            try:
                await self._watch()
                await run
                self._take_in_late()
            finally:
                self._going = False
                run.cancel()
        finally:
            await client.close()

    def _take_in_late(self) -> None:
        """What was under way at the end belongs to the last window: the slowest come last."""
        last = self.state.windows[-1]
        last.good += self._open.good
        last.failed += self._open.failed
        last.times += self._open.times
        self.state.save(self._path)

    async def _watch(self) -> None:
        """Close a window after the other."""
        began, offset = clock(), self.state.elapsed
        for number in range(len(self.state.windows), self.plan.checkpoints):
            end = (number + 1) * self.plan.width
            while (wait := end - offset - (clock() - began)) > 0 and self._trouble is None:
                await asyncio.sleep(min(wait, 0.25))
            if self._trouble is not None:
                raise self._trouble
            await self._close_window(end)
            if self._over_early():
                break
        self._going = False

    async def _close_window(self, end: float) -> None:
        window, self._open = self._open, Window(end, end + self.plan.width)
        window.end = end
        for watch in self._watches:
            reading = await asyncio.to_thread(watch.read)
            window.figures |= reading.figures
            window.process = reading.process or window.process
        self.state.windows.append(window)
        self.state.sent += self.sent
        self.sent = 0
        self.state.save(self._path)
        self._record("checkpoint", traffic=self.plan.traffic, **told_of(window))
        self._look(window, self.plan.checkpoints)

    def _over_early(self) -> bool:
        """Whether something has grown too much already: looked at eight times."""
        every = max(1, self.plan.checkpoints // LOOKS)
        count = len(self.state.windows)
        if count % every or count >= self.plan.checkpoints:
            return False
        return any(found.outcome is Outcome.FAILED for found in self.judge(looks=LOOKS))

    # ---- for the source

    @property
    def going(self) -> bool:
        """Whether one more request may leave."""
        return self._going and self._trouble is None

    def left(self) -> int:
        """The index of the request that leaves now."""
        self.sent += 1
        return self.state.sent + self.sent - 1

    def came(self, exchange: Exchange) -> None:
        """An exchange came to its end."""
        self._open.add(exchange)

    def failed(self, error: BaseException) -> None:
        """The harness could not send."""
        self._trouble = self._trouble or error


class _Requests:
    """Where the requests of a soak come from (`seatrial.load.closed_loop.Source`)."""

    def __init__(self, soak: Soak, client: Sender, rng: np.random.Generator) -> None:
        self._soak = soak
        self._client = client
        self._rng = rng
        self._order: list[int] = []
        self._zero = clock()

    def going(self) -> bool:
        return self._soak.going

    def ask(self, intended: float | None, then: Callable[[], None]) -> None:
        if not self._order:
            self._order = self._rng.permutation(self._soak.plan.prompts).tolist()

        def came(exchange: Exchange) -> None:
            self._soak.came(exchange)
            then()

        when = (clock() if intended is None else intended) - self._zero
        self._client.begin(
            self._order.pop(),
            came,
            index=self._soak.left(),
            intended=when,
            zero=self._zero,
            failed=self._soak.failed,
        )


def told_of(window: Window) -> dict[str, Any]:
    """A window for the journal."""
    return {
        "begin": round(window.begin, 3),
        "end": round(window.end, 3),
        "good": window.good,
        "failed": window.failed,
        "p50": window.quantile(0.5),
        "p95": window.quantile(0.95),
        "figures": window.figures,
    }
