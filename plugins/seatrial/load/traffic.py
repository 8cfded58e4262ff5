"""Traffic: a replayable stream of exchanges with a target, extended on demand and shared by objectives.

The first objective draws exchanges until it is decided; the next one is judged on what is there and draws
more only if it must. Exchanges enter in the order in which they were sent, not in which they came back:
otherwise the fast ones would be judged first.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable, Sequence
from math import inf
from typing import Protocol

import numpy as np

from seatrial.core.exchange import Exchange
from seatrial.core.log import Log
from seatrial.core.objective import Objective
from seatrial.core.punctuality import Punctuality
from seatrial.core.risk import Risk
from seatrial.core.tenants import Tenants
from seatrial.core.trial import Trial
from seatrial.core.verdict import Verdict
from seatrial.load.batches import Batches
from seatrial.load.budget import Budget, Prices
from seatrial.load.closed_loop import Source
from seatrial.load.lag import Lag
from seatrial.load.ledger import Ledger
from seatrial.load.resumed import Part, enter
from seatrial.targets.client import clock
from seatrial.targets.target import new_event_loop

POLL = 0.01  # seconds between two looks at the stop conditions


class Sender(Protocol):
    """The measuring client, as far as traffic needs it."""

    def begin(
        self,
        prompt: int,
        then: Callable[[Exchange], None],
        *,
        index: int,
        intended: float,
        zero: float,
        failed: Callable[[BaseException], None],
    ) -> None:
        """Ask prompt number *prompt*; *then* gets the exchange, *failed* what the harness did wrong."""

    async def close(self) -> None:
        """Give every connection back."""


class Arrivals(Protocol):
    """Decides when requests leave: `ClosedLoop` or `seatrial.load.open_loop.OpenLoop`."""

    @property
    def exhausted(self) -> bool:
        """Whether nothing more will ever leave."""

    async def run(self, source: Source) -> None:
        """Send until the source is no longer going, and wait for what is in flight."""


class Traffic:
    """A stream of exchanges (`seatrial.core.objective.Stream`).

    Args:
        name: as in the policy.
        connect: makes the measuring client, inside the running loop.
        prompts: how many there are; drawn in random order without replacement, again and again.
        arrivals: when requests leave.
        budget: what may be spent.
        risk: what the policy accepts and assumes.
        seed: reproduces the order of the prompts.
        warmup: exchanges sent first and kept apart.
        prices: for a budget of money.
        ledger: where exchanges, progress and verdicts are told.
        lag: how punctual the generator is; shared with *arrivals* where those keep a schedule.
        tenants: who sends which request, where there are several; the sender knows their keys.
    """

    live = True

    def __init__(
        self,
        name: str,
        connect: Callable[[], Awaitable[Sender]],
        prompts: int,
        *,
        arrivals: Arrivals,
        budget: Budget,
        risk: Risk,
        seed: int,
        warmup: int = 0,
        prices: Prices | None = None,
        ledger: Ledger | None = None,
        lag: Lag | None = None,
        tenants: Tenants | None = None,
    ) -> None:
        self.name = name
        self.risk = risk
        self.budget = budget
        self.log = Log()
        self.log.tenants = tenants
        self.log.prices = (prices.input, prices.output) if prices else None
        self.cost = 0.0
        self._connect = connect
        self._prompts = prompts
        self._arrivals = arrivals
        self._warmup = warmup
        self._prices = prices or Prices()
        self._ledger = ledger or Ledger.silent(name)
        self._shuffle = np.random.default_rng([seed, *name.encode()])
        self._lag = lag or Lag()
        self._order: list[int] = []
        self._runner: asyncio.Runner | None = None
        self._client: Sender | None = None
        self._zero = 0.0
        self._span = 0.0
        self._segment_began: float | None = None
        self._segments = 0
        self._sent = self._arrived = 0
        self._waiting: dict[int, Exchange] = {}
        self._going = False
        self._trouble: BaseException | None = None
        self._interrupted = False
        self._earlier = 0
        self._earlier_span = 0.0
        self._resumed = 0.0

    def resume(self, parts: Sequence[Part]) -> None:
        """Begin where an earlier run on the same target stopped: a retry continues its evidence.

        What was spent then is not charged to this run's budget, and its times come before ours.

        Args:
            parts: the earlier run's separated stretches of sending; to be told before anything is sent.

        Raises:
            UsageError: they do not tell what this traffic needs to know of them.
        """
        self._earlier_span = self._span = enter(parts, self.log, self._ledger)
        self._earlier = self._sent = len(self.log)
        self._segments = len(parts)
        self._resumed = self._last_intended() + self.risk.pause if parts else 0.0

    @property
    def priced(self) -> bool:
        """Whether `cost` means anything: the target has a price list."""
        return bool(self._prices)

    @property
    def _spent(self) -> float | None:
        return round(self.cost, 6) if self.priced else None

    @property
    def span(self) -> float:
        """Seconds of sending up to now, pauses left out."""
        running = 0.0 if self._segment_began is None else clock() - self._segment_began
        return self._span + running

    @property
    def segments(self) -> int:
        """Separated stretches of sending up to now."""
        return self._segments

    @property
    def stopped(self) -> str | None:
        """Why nothing more can be sent, None while it can."""
        if self._interrupted:
            return "interrupted"
        if self._arrivals.exhausted:
            return "the schedule is at its end"
        return self.budget.spent(self._sent - self._earlier, self.span - self._earlier_span, self.cost)

    def extend(self, until: Callable[[], bool]) -> None:
        """Send more until *until* says so or the budget is spent.

        Raises:
            KeyboardInterrupt: passed on after what was measured is in the journal.
        """
        if self._runner is None:
            self._runner = asyncio.Runner(loop_factory=new_event_loop)
        try:
            self._runner.run(self._extend(until))
        except BaseException:
            self._interrupted = True
            raise
        finally:
            self._ledger.flush(self.log, self._segments, self._spent)

    async def _extend(self, until: Callable[[], bool]) -> None:
        if self._client is None:
            # What lives now lives on: full collections during the traffic need not walk it again.
            gc.freeze()
            self._client = await self._connect()
            self._zero = clock() - self._resumed
            self._ledger.opened()
            await self._warm_up(self._client)
        while not self.stopped and not until():
            if self._segments:
                await asyncio.sleep(self.risk.pause)
            await self._segment(self._client, until)

    async def _warm_up(self, client: Sender) -> None:
        await self._watched(_WarmUp(self, client, self._warmup), lambda: None)

    async def _segment(self, client: Sender, until: Callable[[], bool]) -> None:
        """One stretch of sending, cut short where more stretches are demanded."""
        self._segments += 1
        began = self._segment_began = clock()
        self.log.stretches.append((began - self._zero, inf))
        last = self._segments >= self.risk.segments
        length = float("inf") if last else self.risk.min_duration / self.risk.segments

        def look() -> None:
            self._ledger.tick(self.log, self._segments, self._spent)
            self._going = self._going and clock() - began < length and not self.stopped and not until()

        self._going = True
        try:
            await self._watched(self._requests(client), look)
        finally:
            self._going = False
            self.log.stretches[-1] = (began - self._zero, self._stretch_ended())
            self._span += clock() - began
            self._segment_began = None

    def _requests(self, client: Sender) -> Source:
        """The requests that are evidence."""
        return _Requests(self, client)

    def _stretch_ended(self) -> float:
        """When a stretch was over: with its last departure, for behind it the load falls off.

        Where all left at once there is nothing but answers coming in: there it ends with the last of them.
        """
        if not (isinstance(self._arrivals, Batches) and self._arrivals.one and len(self.log)):
            return self._last_intended()
        first = int(self.log.intended().searchsorted(self.log.stretches[-1][0]))
        return float((self.log.intended(first) + self.log.duration(first)).max(initial=self._last_intended()))

    def _last_intended(self) -> float:
        """When the last request was to leave: all that were sent are in the log by then."""
        return float(self.log.intended(len(self.log) - 1)[0]) if len(self.log) else 0.0

    async def _watched(self, source: Source, look: Callable[[], None]) -> None:
        """Let the arrivals run, with a look at them every few milliseconds.

        Raises:
            HarnessError: this machine could not send (no file descriptor left).
        """
        run = asyncio.ensure_future(self._arrivals.run(source))
        try:
            while not run.done() and self._trouble is None:
                asked = clock()
                await asyncio.wait((run,), timeout=POLL)
                if not run.done():
                    # Event loops round their timers up to a millisecond: that much is no lag.
                    self._lag.woke(max(clock() - asked - POLL - 0.001, 0.0))
                look()
            if self._trouble is not None:
                raise self._trouble
            await run
        finally:
            run.cancel()

    def send(
        self, client: Sender, intended: float | None, then: Callable[[Exchange], None], index: int
    ) -> None:
        """Ask the next prompt; for the sources below."""
        when = (clock() if intended is None else intended) - self._zero
        client.begin(self._draw(), then, index=index, intended=when, zero=self._zero, failed=self._failed)

    @property
    def zero(self) -> float:
        """The zero of all times in its exchanges, on the client's clock."""
        return self._zero

    @property
    def counts(self) -> tuple[int, int]:
        """Requests that were sent, and those that have come back, in this run; the warm-up left out."""
        return self._sent - self._earlier, self._arrived

    @property
    def going(self) -> bool:
        """Whether one more request may be sent; asked for each, so time is left to the look at the whole."""
        if not self._going or self._arrivals.exhausted:
            return False
        most, cost = self.budget.requests, self.budget.cost
        return (most is None or self._sent - self._earlier < most) and (cost is None or self.cost < cost)

    def taken(self) -> int:
        """The index of the request that is sent now."""
        self._sent += 1
        return self._sent - 1

    def warmed_up(self, exchange: Exchange) -> None:
        """An exchange of the warm-up came back."""
        self._ledger.warmed_up(exchange)
        self.cost += self._prices.of(exchange)

    def _failed(self, error: BaseException) -> None:
        self._trouble = self._trouble or error

    def arrived(self, exchange: Exchange) -> None:
        """An exchange came back: it enters the log as soon as all that were sent before it have."""
        self._arrived += 1
        if self._prices:
            self.cost += self._prices.of(exchange)
        self._waiting[exchange.index] = exchange
        while (ready := self._waiting.pop(len(self.log), None)) is not None:
            self.log.append(ready)
            self._ledger.took(ready)

    def _draw(self) -> int:
        if not self._order:
            self._order = self._shuffle.permutation(self._prompts).tolist()
        return self._order.pop()

    def _draw_all(self, count: int) -> list[int]:
        """The next *count* prompts, as `_draw` gives them one by one."""
        drawn: list[int] = []
        while len(drawn) < count:
            drawn.append(self._draw())
            some = min(count - len(drawn), len(self._order))
            drawn += self._order[: -some - 1 : -1]
            del self._order[len(self._order) - some :]
        return drawn

    def punctuality(self) -> Punctuality:
        """How late the generator itself was up to now."""
        return self._lag.summary()

    def settled_after(self, departures: int) -> None:
        """The first *departures* are a warm-up: their punctuality proves nothing and spoils nothing."""
        self._lag.skip = departures

    def watch(self, trial: Trial) -> None:
        """Tell how a verdict is coming along."""
        self._ledger.progress(trial)

    def concluded(self, objective: Objective, verdict: Verdict) -> None:
        """Tell a verdict."""
        self._ledger.flush(self.log, self._segments, self._spent)
        self._ledger.verdict(objective, verdict, self._lag.summary())

    def close(self) -> None:
        """Give connections, loop and file back."""
        self._ledger.close()
        if self._runner is None:
            return
        if self._client is not None:
            self._runner.run(self._client.close())
        self._runner.close()
        self._runner = self._client = None


class _Requests:
    """The requests that are evidence (`seatrial.load.closed_loop.Source`)."""

    def __init__(self, traffic: Traffic, client: Sender) -> None:
        self._traffic = traffic
        self._client = client

    def going(self) -> bool:
        return self._traffic.going

    def ask(self, intended: float | None, then: Callable[[], None]) -> None:
        def came(exchange: Exchange) -> None:
            self._traffic.arrived(exchange)
            then()

        self._traffic.send(self._client, intended, came, self._traffic.taken())


class _WarmUp:
    """The first few, which are no evidence (`seatrial.load.closed_loop.Source`)."""

    def __init__(self, traffic: Traffic, client: Sender, size: int) -> None:
        self._traffic = traffic
        self._client = client
        self._indices = iter(range(size))
        self._next = next(self._indices, None)

    def going(self) -> bool:
        return self._next is not None

    def ask(self, intended: float | None, then: Callable[[], None]) -> None:
        def came(exchange: Exchange) -> None:
            self._traffic.warmed_up(exchange)
            then()

        index, self._next = self._next, next(self._indices, None)
        assert index is not None
        self._traffic.send(self._client, intended, came, index)
