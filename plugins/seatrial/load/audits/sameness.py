"""Is a figure the same alone and under load? A band around no change, decided by betting.

A relative difference of a pair is ``(loaded - alone) / max(loaded, alone)``: within -1 … 1, symmetric, and
defined wherever one of the two is not 0. The band is MLPerf's of TEST09: 10 % to either side.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seatrial.core.evidence import BettingMean, Decision
from seatrial.core.finding import Finding, failed, passed, unproven

BAND = 0.1
"""Relative change that is acceptable (MLPerf inference, compliance TEST09: output length within 10 %)."""
FEWEST = 16
"""Pairs below which nothing is said."""


def judge_band(what: str, alone: Sequence[float], loaded: Sequence[float], *, band: float = BAND) -> Finding:
    """Decide about "the mean relative change from *alone* to *loaded* lies within *band*".

    Method: two betting tests at 95 % confidence (pass) and 95 % (fail, since there are two ways to fail),
    looked at after each pair; the pairs must come in random order.

    Args:
        what: what was counted, to begin a sentence: ``answers``.
        alone, loaded: figures of the same prompts, pair by pair; 0 or more.
    """
    one, other = np.asarray(alone, float), np.asarray(loaded, float)
    larger = np.maximum(one, other)
    changes = np.divide(other - one, larger, out=np.zeros(len(one)), where=larger > 0)
    if len(changes) < FEWEST:
        return unproven(f"only {len(changes)} pairs of answers to compare", len(changes))
    least = BettingMean(-band, -1.0, 1.0, "gte", power=0.95)
    most = BettingMean(band, -1.0, 1.0, "lte", power=0.95)
    decisions = {least.update(changes), most.update(changes)}
    lower, upper = least.bounds()[0], most.bounds()[1]
    numbers = {"change": float(changes.mean()), "lower": lower, "upper": upper, "band": band}
    told = f"{what} change by {changes.mean():+.1%} ({lower:+.1%} … {upper:+.1%}) from alone to loaded"
    if Decision.FAIL in decisions:
        return failed(f"{told}; ±{band:.0%} is acceptable", len(changes), None, **numbers)
    if decisions == {Decision.PASS}:
        return passed(told, len(changes), **numbers)
    return unproven(f"{told}; whether within ±{band:.0%} is not shown", len(changes), **numbers)
