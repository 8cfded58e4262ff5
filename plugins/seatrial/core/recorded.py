"""Recorded exchanges: all there will ever be, looked at once, so judged by exact binomial bounds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from seatrial.core.evidence.base import Decision
from seatrial.core.evidence.dependence import estimate_deff
from seatrial.core.evidence.fixed import judge as judge_fixed
from seatrial.core.log import Log
from seatrial.core.outcome import Outcome
from seatrial.core.punctuality import Punctuality
from seatrial.core.risk import Risk
from seatrial.core.trial import WIDEST, no_data
from seatrial.core.verdict import Verdict

if TYPE_CHECKING:
    from seatrial.core.objective import Objective
    from seatrial.core.trial import Trial


@dataclass
class Recorded:
    """A stream that is complete from the start (`seatrial.core.objective.Stream`).

    Attributes:
        log: the exchanges, in the order in which they were sent.
        risk: what is accepted and assumed; recorded traffic has bursts like any other.
        first, stop: the stretch of the log that is judged; all of it by default.
    """

    name: str
    log: Log
    risk: Risk = field(default_factory=Risk)
    tell: Callable[[Objective, Verdict], None] = lambda objective, verdict: None
    first: int = 0
    stop: int | None = None

    live = True
    stopped = "the recording is at its end"

    @property
    def span(self) -> float:
        """Seconds from the first exchange to the last."""
        sent = self.log.intended()
        return float(sent[-1] - sent[0]) if len(sent) else 0.0

    @property
    def segments(self) -> int:
        """A recording is taken as it is."""
        return self.risk.segments

    def extend(self, until: Callable[[], bool]) -> None:
        """Nothing can be added."""

    def punctuality(self) -> Punctuality:
        """Of a recording's generator nothing is known, so nothing is held against it."""
        return Punctuality()

    def watch(self, trial: Trial) -> None:
        """Nothing runs."""

    def concluded(self, objective: Objective, verdict: Verdict) -> None:
        """Tell a verdict."""
        self.tell(objective, verdict)

    def judge(self, objective: Objective) -> Verdict:
        """The verdict on the whole recording.

        Method: Clopper-Pearson at the policy's confidence, both counts divided by the design effect (see
        `seatrial.core.evidence.fixed`). Looking twice at more and more of a recording is not covered by it.
        """
        if objective.sli.events != "requests":
            return self._not_judged(objective)
        stop = len(self.log) if self.stop is None else self.stop
        bad, values, counts = objective.bad(self.log, self.first, stop)
        bad = bad[counts]
        deff = max(self.risk.deff, estimate_deff(bad))
        if objective.threshold is not None:
            deff = max(deff, estimate_deff(values[counts], WIDEST))
        found = judge_fixed(
            int(bad.sum()),
            len(bad),
            objective.limit,
            confidence=self.risk.confidence,
            power=self.risk.power,
            deff=deff,
        )
        outcome, reason = self._outcome(objective, len(bad), found.decision)
        indices = np.flatnonzero(counts) + self.first
        return Verdict(
            objective=objective.name,
            outcome=outcome,
            limit=objective.limit,
            estimate=float(bad.mean()) if len(bad) else None,
            lower=found.lower if len(bad) else None,
            upper=found.upper if len(bad) else None,
            n=len(bad),
            bad=int(bad.sum()),
            method="exact binomial (Clopper-Pearson) on recorded data, looked at once",
            confidence=self.risk.confidence,
            power=self.risk.power,
            deff=deff,
            dependence=self.risk.assumption
            + ("; estimated from the data to be worse" if deff > self.risk.deff else ""),
            reason=reason,
            first_bad=int(indices[np.argmax(bad)]) if bad.any() else None,
        )

    def _not_judged(self, objective: Objective) -> Verdict:
        reason = f"{objective.indicator} is judged under live load, not on a recording"
        return Verdict(objective.name, Outcome.INCONCLUSIVE, objective.limit, reason=reason)

    def _outcome(self, objective: Objective, n: int, decision: Decision | None) -> tuple[Outcome, str]:
        if n == 0:
            return no_data(objective, self.stopped)
        if decision is Decision.PASS:
            return Outcome.PASSED, f"proven by {n:,} recorded requests"
        if decision is Decision.FAIL:
            return Outcome.FAILED, f"the limit is broken: shown by {n:,} recorded requests"
        return Outcome.INCONCLUSIVE, f"{n:,} recorded requests show neither"
