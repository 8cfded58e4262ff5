"""How many exchanges a decision will take, told before a cent is spent.

The sequential test is run on imaginary systems of the assumed quality, with a seed of its own, so that one
question always has one answer.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seatrial.core.errors import UsageError
from seatrial.core.evidence.base import checked_deff, checked_level
from seatrial.core.evidence.mixture import CHUNK, Boundary, boundary

Array = NDArray[Any]

_RUNS = 400
_MAX_CHUNKS = 64


def expected_requests(
    limit: float,
    confidence: float = 0.95,
    power: float = 0.9,
    deff: float = 1.0,
    ratio: float = 0.5,
    zero: bool = False,
) -> int:
    """The mean number of exchanges until `SequentialProportion` decides.

    Args:
        limit, confidence, power, deff: as there; 0 < limit < 1.
        ratio: the assumed true share of bad events as a multiple of the limit; 1 is never decided.
        zero: count for a system without a single bad event instead: the least that any pass takes.

    Returns:
        Exchanges. Where most imaginary runs do not end (a ratio very near 1) the figure is where they were
        left off, far beyond any budget.

    Raises:
        UsageError: a number out of its range.
    """
    if not 0.0 < limit < 1.0:
        raise UsageError(
            f"no number of exchanges can prove a limit of {limit!r}", hint="0 < limit < 1 can be"
        )
    if ratio < 0.0:
        raise UsageError(f"the assumed share must be a multiple >= 0 of the limit, not {ratio!r}")
    checked_level("confidence", confidence)
    checked_level("power", power)
    edge = boundary(float(limit), float(confidence), float(power), checked_deff(deff))
    if zero or ratio == 0.0:
        return edge.pass_at(0)
    return _mean_run(edge, min(ratio * limit, 1.0))


def _mean_run(edge: Boundary, share: float) -> int:
    """The mean length of runs in which bad events come independently at *share*.

    Between two bad events nothing but a pass can come, and at a bad one nothing but a fail: so a run is its
    gaps, drawn from a geometric distribution, held against the tables of the boundary.
    """
    random = np.random.default_rng(0)
    total, ends = 0.0, np.zeros(_RUNS)
    for chunk in range(_MAX_CHUNKS):
        first, last = (np.asarray(table, dtype=float) for table in edge.table(chunk * CHUNK))
        gaps = random.geometric(share, size=(ends.size, CHUNK))
        bad_at = ends[:, None] + np.cumsum(gaps, axis=1)
        before = np.column_stack([ends, bad_at[:, :-1]])
        following = np.append(last[1:], edge.table((chunk + 1) * CHUNK)[1][0])
        stops = np.where(
            bad_at > first, np.maximum(first, before), np.where(bad_at <= following, bad_at, np.inf)
        )
        stopped = np.isfinite(stops).any(axis=1)
        total += float(stops[stopped, np.isfinite(stops[stopped]).argmax(axis=1)].sum())
        ends = bad_at[~stopped, -1]
        if not ends.size:
            break
    return math.ceil((total + float(ends.sum())) / _RUNS)
