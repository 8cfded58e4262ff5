"""Do streams flow under load as they do alone?

A buffer makes the time between chunks *better*, so no objective on gaps can notice it: only that the chunks
of a stream which took its time alone arrive all at once under load.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seatrial.core.evidence.base import Decision
from seatrial.core.evidence.fixed import judge
from seatrial.core.exchange import Exchange
from seatrial.core.finding import Finding, beside, failed, passed, unproven
from seatrial.core.units import format_duration
from seatrial.load.audits.pairs import answered

FEW_CHUNKS = 4
"""Below it a stream cannot be told from one piece."""
SHORTEST = 0.004
"""Seconds from first to last chunk alone, below which a buffer would not be noticed."""
HELD_BACK = 0.25
"""Of the time from first to last chunk alone: what arrives faster than that under load was held back."""
LIMIT = 0.2
"""The share of streams that may look held back by chance (a busy client reads several chunks at once)."""
FEWEST = 16


def judge_flow(alone: Sequence[Exchange], loaded: Sequence[Exchange], late: Sequence[float] = ()) -> Finding:
    """Decide about "under load, too, chunks are sent as they are made".

    Method: exact binomial bounds on the share of streams that are held back.

    Args:
        alone, loaded: answers to the same prompts, pair by pair.
        late: how late the harness woke up under load: who reads late sees several chunks at once.
    """
    pairs = answered(alone, loaded)
    if pairs and not any(one.streamed for one, _ in pairs):
        return beside("answers are not streamed")
    telling = [(one, other) for one, other in pairs if one.chunks >= FEW_CHUNKS and sum(one.gaps) >= SHORTEST]
    if len(telling) < FEWEST:
        return unproven(
            f"only {len(telling)} of {len(pairs)} streams take long enough alone to tell", len(telling)
        )
    held = sum(_pace(other) < HELD_BACK * _pace(one) for one, other in telling)
    found = judge(held, len(telling), LIMIT)
    taken = float(sorted(sum(one.gaps) for one, _ in telling)[len(telling) // 2])
    told = (
        f"{held} of {len(telling)} streams came all at once under load (alone: in {format_duration(taken)})"
    )
    numbers = {"lower": found.lower, "upper": found.upper, "alone_seconds": taken}
    if found.decision is Decision.PASS:
        return passed(told, len(telling), **numbers)
    own = float(np.quantile(late, 0.9)) if late else 0.0
    if own > taken / 2:
        return unproven(f"{told}; the harness itself was late by {format_duration(own)}", len(telling))
    if found.decision is Decision.FAIL:
        return failed(told, len(telling), held, **numbers)
    return unproven(f"{told}: too few to tell", len(telling), **numbers)


def _pace(exchange: Exchange) -> float:
    """Mean seconds between chunks; none at all where everything came as one."""
    return sum(exchange.gaps) / len(exchange.gaps) if exchange.gaps else 0.0
