"""Traffic from several processes, one a core: dealt out in advance, merged losslessly.

The schedule is drawn here, dealt in turns over workers that each send and measure with connections of their
own, and what they tell is put back into the order of the schedule. Where to stop is told as a time: what is
due before it is sent by all, and nothing else, so that the requests of a stretch are the same however many
workers there are. What a worker took with it when it died is counted, and proves nothing any more.
"""

from __future__ import annotations

import asyncio
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seatrial.core.block import Block
from seatrial.core.exchange import Exchange
from seatrial.core.objective import Objective
from seatrial.core.punctuality import Punctuality
from seatrial.core.tenants import Tenants, Told
from seatrial.core.verdict import Verdict
from seatrial.load.asked import Asked
from seatrial.load.brief import Brief
from seatrial.load.closed_loop import Source
from seatrial.load.fleet import Fleet
from seatrial.load.lag import Lag
from seatrial.load.order import Reorder
from seatrial.load.traffic import Sender, Traffic
from seatrial.targets.client import clock

AHEAD = 1.0  # seconds of the schedule that the workers have in hand
LEAD = 0.02  # seconds that the first arrival of a stretch needs to get to its worker
POLL = 0.01  # seconds between two looks at what came back
_CHUNK = 256  # arrivals that are drawn at once
FLUSH = 0.5  # seconds between two events in the journal


class Dealt:
    """The schedule, as far as it has been drawn (`seatrial.load.traffic.Arrivals`).

    Args:
        schedule: seconds since its start, ascending.
    """

    def __init__(self, schedule: Iterable[float]) -> None:
        self._schedule = iter(schedule)
        self._drawn = array("d")
        self.base = 0
        self._more()

    def _more(self) -> bool:
        already = len(self._drawn)
        self._drawn.extend(islice(self._schedule, _CHUNK))
        return len(self._drawn) > already

    @property
    def exhausted(self) -> bool:
        """Whether nothing more will ever leave."""
        return not self._drawn

    @property
    def upcoming(self) -> float:
        """The next arrival, in the schedule's own seconds."""
        return self._drawn[0]

    def until(self, time: float, skip: int, most: int) -> array[float]:
        """Arrivals before *time*, without the first *skip* and no more than *most* in all."""
        while len(self._drawn) < most and self._drawn[-1] < time and self._more():
            pass
        return self._drawn[skip : min(bisect_left(self._drawn, time), most)]

    def before(self, time: float, most: int) -> int:
        """How many arrivals come before *time*, no more than *most*."""
        return min(bisect_left(self._drawn, time), most)

    def left(self, count: int) -> None:
        """The first *count* have left."""
        if count == len(self._drawn):
            self._more()
        del self._drawn[:count]
        self.base += count

    async def run(self, source: Source) -> None:
        """Arrivals of several processes go by `ProcessTraffic` alone."""
        assert isinstance(source, _Stretch)
        await source.run()


class ProcessTraffic(Traffic):
    """A traffic whose requests are sent by several processes.

    Args:
        name: as in the policy.
        brief: target, prompts, connections, the tenants' keys.
        processes: how many workers.
        schedule: when requests leave, seconds since the start.
        tenants: who sends which request, where there are several.
        more: as for `Traffic`.
    """

    def __init__(
        self,
        name: str,
        brief: Brief,
        processes: int,
        schedule: Iterable[float],
        *,
        tenants: Tenants | None = None,
        **more: Any,
    ) -> None:
        self._brief = brief
        self._codes, self._tenants, self._told = Asked(len(brief.prompts)), tenants, Told.like(tenants)
        self._processes = processes
        self._lag_ours = more.pop("lag", None) or Lag()
        self._dealt = Dealt(schedule)
        self._reorder = Reorder()
        self._journalled = 0
        self._journalled_at = 0.0
        self._asked = array("I")  # what was dealt from the schedule's base on
        self._due = 0
        self._lost: str = ""
        self.lost = 0
        same: dict[str, Any] = {"arrivals": self._dealt, "lag": self._lag_ours, "tenants": self._told}
        super().__init__(name, self._launch, len(brief.prompts), **same, **more)

    async def _launch(self) -> Sender:
        self._fleet_zero = clock() - self._resumed
        self._fleet = Fleet(replace(self._brief, zero=self._fleet_zero), self._processes)
        await self._fleet.start()
        return _FleetSender(self._fleet)

    @property
    def workers(self) -> tuple[int, ...]:
        """The worker processes' ids, once they run."""
        return tuple(worker.pid for worker in self._fleet.workers) if self._client is not None else ()

    @property
    def stopped(self) -> str | None:
        """Why nothing more can be sent, None while it can."""
        return self._lost or super().stopped

    def punctuality(self) -> Punctuality:
        """How late the workers were, and what was lost with one of them."""
        found = super().punctuality()
        return Punctuality(found.p50, found.p99, found.loop_p99, self._lost)

    async def _warm_up(self, client: Sender) -> None:
        self._zero = self._fleet_zero
        if self._warmup:
            await self._watched(_Stretch(self, self._warmup, warm=True), lambda: None)

    def _requests(self, client: Sender) -> Source:
        return _Stretch(self, self._left_in_budget(), warm=False)

    def _left_in_budget(self) -> int:
        most = self.budget.requests
        return 2**62 if most is None else max(most - (self._sent - self._earlier), 0)

    def extend(self, until: Callable[[], bool]) -> None:
        """Send more until *until* says so or the budget is spent.

        Raises:
            KeyboardInterrupt: passed on after what was measured is in the journal.
        """
        try:
            super().extend(until)
        finally:
            self._journal()

    def concluded(self, objective: Objective, verdict: Verdict) -> None:
        """Tell a verdict."""
        self._journal()
        super().concluded(objective, verdict)

    # ---- for a stretch

    def drawn(self, skip: int, count: int) -> NDArray[np.uint32]:
        """What the next *count* requests behind the first *skip* ask; what was recalled is asked again."""
        place, missing = len(self._asked), skip + count - len(self._asked)
        if self._tenants is None:
            self._asked.extend(self._draw_all(missing))
        else:
            tenants = map(self._tenant, range(place, place + missing))
            self._asked.extend(map(self._codes.code, self._draw_all(missing), tenants))
        return np.asarray(self._asked[skip : skip + count], np.uint32)

    def _tenant(self, place: int) -> int:
        assert self._tenants is not None
        number = self._dealt.base + place
        return self._tenants.sender(number if number < self._warmup else number - self._offset)

    def came(self, block: Block, warm: bool) -> None:
        """Exchanges came back, in any order; those of which none before is missing enter the log."""
        if len(block):
            self.cost += self._prices.of_block(block)
            self._lag_ours.departed_all(block.rows["late"])
            self._reorder.put(block)
            ready = self._reorder.ready()
            if warm:
                self._ledger.warmed_up_all(ready)
            else:
                self._arrived += len(block)
                self._enter(ready)
        if len(self.log) > self._journalled and clock() - self._journalled_at >= FLUSH:
            self._journal()

    def _enter(self, block: Block) -> None:
        """Exchanges enter the log; what they asked is known where they were dealt."""
        if not len(block):
            return
        places = block.rows["number"].astype(np.int64) - self._dealt.base
        asked: NDArray[np.integer] = np.frombuffer(self._asked, np.uint32)[places]
        if self._told is not None:
            asked, tenants = self._codes.columns(asked)
            self._told.tell(tenants)
        self.log.extend(block)
        self._ledger.asked(asked)

    def _journal(self) -> None:
        self._journalled_at = clock()
        self._journalled = len(self.log)
        whole = {told["number"] - self._offset: told for told in self._whole()}
        self._ledger.flush_log(self.log, self._segments, self._spent, whole)

    def _whole(self) -> list[dict[str, Any]]:
        return [told for worker in self._fleet.workers for told in worker.whole] if self._client else []

    @property
    def _offset(self) -> int:
        """From a place in the schedule to one in the log, without the warm-up and behind an earlier run."""
        return self._warmup - self._earlier

    def sent(self, count: int, warm: bool) -> None:
        """So many have left for good."""
        self._dealt.left(count)
        del self._asked[:count]
        self._due = 0
        if not warm:
            self._sent += count

    def due(self, count: int) -> None:
        """So many of the running stretch should have left by now."""
        self._due = count

    @property
    def counts(self) -> tuple[int, int]:
        """Requests that should have left, and those that have come back, in this run."""
        return self._sent - self._earlier + self._due, self._arrived

    def account(self, count: int, warm: bool) -> None:
        """Hold what was sent in a stretch, *count* requests, against what came back; say what is missing."""
        for worker in self._fleet.workers:
            for woke in worker.woke:
                self._lag_ours.woke_all(woke)
            worker.woke.clear()
        missing = self._reorder.missing(self._dealt.base + count)
        rest = self._reorder.rest()
        if missing:
            self._miss(missing, count)
            self._ledger.warmed_up_all(rest) if warm else self._enter(rest)
        if not warm:
            self._journal()

    def _miss(self, missing: int, count: int) -> None:
        died = [worker for worker in self._fleet.workers if worker.died is not None]
        why = " and ".join(f"worker {worker.number + 1} {worker.died}" for worker in died)
        self.lost += missing
        self._lost = f"{why or 'a worker told too little'}: {missing:,} exchanges are lost"
        self._ledger.lost(self._lost, missing, count)


class _FleetSender:
    """The workers, as far as `Traffic` needs them (`seatrial.load.traffic.Sender`)."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet

    def begin(self, prompt: int, then: Callable[[Exchange], None], **more: Any) -> None:
        """Never asked: the workers send what was dealt to them."""
        raise AssertionError("requests of several processes are dealt")

    async def close(self) -> None:
        """End the workers."""
        await self._fleet.close()


class _Stretch:
    """One stretch of sending (`seatrial.load.closed_loop.Source`)."""

    def __init__(self, traffic: ProcessTraffic, most: int, *, warm: bool) -> None:
        self._traffic = traffic
        self._fleet = traffic._fleet
        self._dealt = traffic._dealt
        self._most = most
        self._warm = warm
        self._out = 0
        self._origin = 0.0

    def going(self) -> bool:
        """Whether more may leave."""
        due = self._dealt.before(clock() - self._origin, self._out)
        ended = due >= self._most or (due == self._out and self._next_is_missing())
        return not ended and (self._warm or self._traffic.going)

    def _next_is_missing(self) -> bool:
        return not self._dealt.until(float("inf"), self._out, self._out + 1)

    def ask(self, intended: float | None, then: Callable[[], None]) -> None:
        """Never asked one by one."""
        raise AssertionError("requests of several processes are dealt")

    async def run(self) -> None:
        """Deal, gather, stop, and hold the one against the other."""
        if self._dealt.exhausted or not self._most:
            return
        self._origin = clock() + LEAD - self._dealt.upcoming
        self._deal()
        while self.going() and not any(worker.died for worker in self._fleet.workers):
            self._deal()
            await self._gather()
            if not self._warm:
                self._traffic.due(self._dealt.before(clock() - self._origin, self._out))
        self._deal()
        at = clock() + LEAD
        count = self._dealt.before(at - self._origin, self._out)
        self._fleet.stop(at)
        while not self._fleet.done:
            await self._gather()
        self._traffic.came(self._fleet.taken(), self._warm)
        self._traffic.account(count, self._warm)
        self._traffic.sent(count, self._warm)

    def _deal(self) -> None:
        times = self._dealt.until(clock() + AHEAD - self._origin, self._out, self._most)
        if times:
            asked = self._traffic.drawn(self._out, len(times))
            self._fleet.deal(self._dealt.base + self._out, np.asarray(times) + self._origin, asked)
            self._out += len(times)

    async def _gather(self) -> None:
        await asyncio.sleep(POLL)
        self._fleet.check()
        self._traffic.came(self._fleet.taken(), self._warm)
