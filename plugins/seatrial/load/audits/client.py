"""Was the harness itself the bottleneck? Then latencies under load are its own, and prove nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seatrial.core.evidence.base import Decision
from seatrial.core.evidence.fixed import judge
from seatrial.core.exchange import Exchange
from seatrial.core.finding import Finding, passed, unproven
from seatrial.core.punctuality import FLOOR
from seatrial.core.units import format_duration

SHARE = 0.1
"""Of the median latency under load: what the harness may be late by when it wakes up."""
LIMIT = 0.2
"""The share of its wake-ups that may be later."""


def judge_client(loaded: Sequence[Exchange], late: Sequence[float]) -> Finding:
    """Decide about "what is measured under load is the target, and not the harness"; it never fails a target.

    Method: exact binomial bound on the share of wake-ups that were too late.

    Args:
        loaded: answers under load.
        late: how late the harness woke up meanwhile, seconds.
    """
    good = [exchange.done - exchange.sent for exchange in loaded if exchange.ok]
    if not good or not late:
        return unproven("nothing was answered under load", 0)
    allowed = max(SHARE * float(np.median(good)), FLOOR)
    beyond = int(np.sum(np.asarray(late) > allowed))
    found = judge(beyond, len(late), LIMIT)
    numbers = {"late": beyond, "wakes": len(late), "allowed": allowed, "upper": found.upper}
    told = (
        f"the harness was late by more than {format_duration(allowed)}, a tenth of the median latency, at"
        f" {beyond} of {len(late)} looks at its own clock"
    )
    if found.decision is Decision.PASS:
        return passed(told, len(good), **numbers)
    return unproven(f"{told}: fewer requests at once, or more cores for the harness", len(good), **numbers)
