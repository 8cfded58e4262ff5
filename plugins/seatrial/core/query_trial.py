"""Running verdicts on queries: several requests that leave together, as slow as the slowest of them."""

from __future__ import annotations

import numpy as np

from seatrial.core.log import Bools, Floats
from seatrial.core.objective import OPERATORS, Objective, Stream
from seatrial.core.trial import Positions, Trial
from seatrial.core.trials import shared


class QueryTrial(Trial):
    """A running verdict on the share of bad queries, each of them several requests that left together.

    They are known by the moment at which they should have left, which is the same for all of a query. One
    that lacks some of its requests (the budget was spent amid it, an earlier run was cut off) is no evidence.
    """

    noun = "queries"
    method = "sequential mixture e-process on queries, may be looked at after every query"

    def __init__(self, objective: Objective, stream: Stream, skip: int = 0) -> None:
        super().__init__(objective, stream, skip)
        if stream.live:
            self._declared = shared(self.risk.deff, objective.samples)
            self.evidence = self._fresh(self._declared)

    def _whole(self) -> int:
        stop, size = len(self.stream.log), self.objective.samples
        left = self.stream.log.intended(max(self._seen, stop - size), stop)
        of_the_last = int((left == left[-1]).sum()) if len(left) else 0
        return stop if of_the_last >= size else stop - of_the_last

    def _events(self, start: int, stop: int) -> tuple[Bools, Floats, Positions]:
        left = self.stream.log.intended(start, stop)
        begins = np.concatenate(([0], np.flatnonzero(np.diff(left)) + 1))
        whole = np.diff(np.append(begins, len(left))) == self.objective.samples
        _, values, _ = self.objective.bad(self.stream.log, start, stop)
        values = np.maximum.reduceat(values, begins)[whole]  # NaN where one of them was not reached
        places = begins[whole] + start
        bad = np.asarray(~OPERATORS[str(self.objective.op)](values, float(self.objective.threshold or 0.0)))
        if self.objective.missing == "ignored":
            kept = ~np.isnan(values)
            return bad[kept], values[kept], places[kept]
        return bad, values, places
