"""Locust's exchanges as a traffic of ours (`seatrial.core.objective.Stream`).

Its statistics and CSV decide nothing: every exchange comes over as a row, is counted, and is judged as those
of our own engine are.
"""

from __future__ import annotations

import json
import struct
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import inf

import numpy as np

from seatrial.core.errors import HarnessError
from seatrial.core.log import Log
from seatrial.core.objective import Objective
from seatrial.core.punctuality import Punctuality
from seatrial.core.risk import Risk
from seatrial.core.tenants import Told
from seatrial.core.trial import Trial
from seatrial.core.verdict import Verdict
from seatrial.load.budget import Budget, Prices
from seatrial.load.lag import Lag
from seatrial.load.ledger import Ledger
from seatrial.load.locust.bridge import BEGUN, OVER, PART, read_part
from seatrial.load.locust.launch import GRACE, Crew
from seatrial.load.locust.merge import Merge
from seatrial.load.locust.order import Order
from seatrial.load.resumed import Part, enter

POLL = 0.05  # seconds between two looks at the stop conditions
FLUSH = 0.5  # seconds between two events in the journal
ARRIVE = 60.0  # seconds in which every worker must have told something


class LocustTraffic:
    """What Locust's users ask, in one stretch; what they ask before all of them are there is a warm-up.

    Args:
        name: as in the policy.
        launch: starts master and workers.
        order: what they are told.
        budget: what may be spent.
        risk: what the policy accepts and assumes; Locust's users make no pauses between stretches.
        ledger: where exchanges, progress and verdicts are told.
        prices: for a budget of money.
    """

    live = True

    def __init__(
        self,
        name: str,
        launch: Callable[[], Crew],
        order: Order,
        *,
        budget: Budget,
        risk: Risk,
        ledger: Ledger,
        prices: Prices | None = None,
    ) -> None:
        self.name = name
        self.risk = replace(risk, segments=1)
        self.budget = budget
        self.log = Log()
        self.log.tenants = self._told = Told.like(order.tenants())
        self.log.prices = (prices.input, prices.output) if prices else None
        self.cost = 0.0
        self.lost = 0
        self._launch = launch
        self._order = order
        self._ledger = ledger
        self._prices = prices or Prices()
        self._merge = Merge(order.workers)
        self._lag = Lag()
        self._crew: Crew | None = None
        self._over = self._ending = self._accounted = False
        self._steady = inf  # when all users were there: what was sent before is a warm-up
        self._first = self._zero = 0.0
        self._began = self._ended = 0.0
        self._earlier = self._segments = 0
        self._earlier_span = self._resumed = 0.0
        self._flushed_at = 0.0
        self._warm = 0
        self._missing = ""

    # ---- as a stream

    @property
    def span(self) -> float:
        """Seconds of sending up to now."""
        return self._earlier_span + self._own_span

    @property
    def _own_span(self) -> float:
        return (self._ended or time.time()) - self._first if self._first else 0.0

    def resume(self, parts: Sequence[Part]) -> None:
        """Begin where an earlier run on the same target stopped (as `seatrial.load.traffic.Traffic.resume`).

        Raises:
            UsageError: it does not tell what this traffic needs to know of it.
        """
        self._earlier_span = enter(parts, self.log, self._ledger)
        self._earlier, self._segments = len(self.log), len(parts)
        if parts:
            self._resumed = self.log.stretches[-1][1] + self.risk.pause

    @property
    def segments(self) -> int:
        """Stretches of sending: one, and those of the run before."""
        return self._segments + 1

    @property
    def priced(self) -> bool:
        """Whether `cost` means anything: the target has a price list."""
        return bool(self._prices)

    @property
    def counts(self) -> tuple[int, int]:
        """Requests that were sent, and those that have come back, as far as the workers have told."""
        asked, received = self._merge.count
        return asked - self._warm, received - self._warm

    @property
    def stopped(self) -> str | None:
        """Why nothing more comes, None while something can."""
        if self._missing:
            return self._missing
        spent = self.budget.spent(len(self.log) - self._earlier, self._own_span, self.cost)
        return spent or ("Locust's users have ended" if self._over else None)

    def punctuality(self) -> Punctuality:
        """How late the generators were, and what is missing."""
        found = self._lag.summary()
        return Punctuality(found.p50, found.p99, found.loop_p99, self._missing)

    def watch(self, trial: Trial) -> None:
        """Tell how a verdict is coming along."""
        self._ledger.progress(trial)

    def concluded(self, objective: Objective, verdict: Verdict) -> None:
        """Tell a verdict."""
        self._flush()
        self._ledger.verdict(objective, verdict, self.punctuality())

    def extend(self, until: Callable[[], bool]) -> None:
        """Let Locust go on until *until* says so or the budget is spent.

        Raises:
            HarnessError: Locust did not come up, or could not send.
        """
        if self._crew is None:
            self._crew = self._launch()
            self._began = time.monotonic()
            self._ledger.opened()
        try:
            while not self._over and not self.stopped and not until():
                self._take(POLL)
            if self.stopped and not self._over:
                self.finish()
        finally:
            self._flush()

    # ---- inside

    def _take(self, seconds: float) -> None:
        crew = self._crew
        assert crew is not None
        for kind, payload in crew.read(seconds):
            if kind == PART:
                self._merge.put(*read_part(payload))
            elif kind == BEGUN:
                (self._steady,) = struct.unpack("<d", payload)
            elif kind == OVER:
                self._last_word(json.loads(payload))
        self._look_after(crew)
        if self._merge.gone and not self._over:
            self._lose(self._merge.gone)
        if self._merge.trouble:
            raise HarnessError(self._merge.trouble)
        self._enter(all_of_it=self._over)
        if self._over:
            self._account()
        if time.monotonic() - self._flushed_at >= FLUSH:
            self._flush()

    def _look_after(self, crew: Crew) -> None:
        for number, process in enumerate(crew.workers):
            code = process.poll()
            if code is not None and not self._ending and not self._over:
                how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
                self._lose(f"Locust worker {number + 1} {how}")
        if not crew.open and not self._over:
            code = crew.master.wait()
            if not self._merge.workers:
                raise HarnessError(
                    f"Locust ended with code {code} before anything was sent", hint=crew.last_words()
                )
            self._over = True
            how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
            self._lose(f"the Locust master {how} before it had told the last")
        if not self._merge.workers and time.monotonic() - self._began > ARRIVE:
            raise HarnessError(
                f"no Locust worker has sent anything within {ARRIVE:g} s", hint=crew.last_words()
            )

    def _last_word(self, told: dict[str, list[str]]) -> None:
        self._over = True
        for worker in told["silent"]:
            self._merge.lost(worker, "did not tell its last")

    def _lose(self, why: str) -> None:
        """Some of what was sent will not be told: how much is known when the others have told their last."""
        self._missing = self._missing or why

    def _account(self) -> None:
        """Hold what was sent against what came, now that nothing more comes."""
        if self._accounted:
            return
        self._accounted = True
        self._ended = self._ended or time.time()
        asked, received = self._merge.count
        self.lost = max(asked - received, 0)
        if self._missing:
            self._missing = f"{self._missing}: at least {self.lost:,} exchanges are lost"
        else:
            self._missing = self._merge.missing or ""
        if self._missing:
            self._ledger.lost(self._missing, self.lost, asked)

    def _enter(self, *, all_of_it: bool) -> None:
        block = self._merge.ready(all_of_it=all_of_it)
        for woke in self._merge.woke:
            self._lag.woke_all(woke)
        self._merge.woke.clear()
        if not len(block):
            return
        warm, block = block.split(int(np.searchsorted(block.rows["intended"], self._steady)))
        self._ledger.warmed_up_all(warm)
        self._warm += len(warm)
        if not len(block):
            return
        block = block.take_all()
        if not self._first:
            self._first = float(block.rows["intended"][0])
            self._zero = self._first - self._resumed
            self.log.stretches.append((self._resumed, inf))
        block.rows["intended"] -= self._zero
        self.cost += self._prices.of_block(block)
        self._lag.departed_all(block.rows["late"])
        prompts, tenants = self._order.codes.columns(block.rows["number"])
        if self._told is not None:
            self._told.tell(tenants)
        self.log.extend(block)
        self._ledger.asked(prompts)

    def _flush(self) -> None:
        self._flushed_at = time.monotonic()
        whole = {self._place(told): told for told in self._merge.whole}
        cost = round(self.cost, 6) if self.priced else None
        self._ledger.flush_log(self.log, self.segments, cost, whole)

    def _place(self, told: dict[str, object]) -> int:
        """Where in the log an exchange is that was told whole."""
        intended = self.log.intended(self._earlier)
        wanted = float(str(told["intended"])) - self._zero
        near = int(intended.searchsorted(wanted - 1e-6))
        found = near < len(intended) and abs(intended[near] - wanted) < 1e-5
        return near + self._earlier if found else -1

    def finish(self) -> None:
        """End Locust, and take in what its workers tell last."""
        crew = self._crew
        if crew is None or self._over:
            return
        self._ended = time.time()
        self._ending = True
        crew.end()
        deadline = time.monotonic() + self._order.config.timeouts.total + GRACE
        while not self._over and time.monotonic() < deadline:
            self._take(POLL)
        if not self._over:
            self._over = True
            self._lose("Locust did not end")
        self._enter(all_of_it=True)
        self._account()

    def close(self) -> None:
        """End Locust, tell the rest, and give everything back."""
        if self._crew is None:
            self._ledger.close()
            return
        try:
            self.finish()
            self._flush()
        finally:
            self._crew.end()
            self._crew.close()
            self._crew = None
            self._ledger.close()
