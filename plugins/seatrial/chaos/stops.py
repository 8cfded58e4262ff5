"""Stop conditions: what ends a scenario at once, and takes its faults back."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from seatrial.chaos.plan import Stop
from seatrial.core.log import Log
from seatrial.core.units import format_share


def stopped_by(stops: Iterable[Stop], log: Log) -> str | None:
    """Which of the conditions the latest exchanges of *log* meet, in words; None where none."""
    for stop in stops:
        if len(log) < stop.over:
            continue
        bad, _, counts = stop.objective.bad(log, len(log) - stop.over, len(log))
        share = float(np.mean(~bad[counts])) if counts.any() else 1.0
        if share < stop.objective.share:
            return (
                f"stop condition: {format_share(share)} of the last {stop.over} requests were good "
                f"({stop.objective.criterion}), below {format_share(stop.objective.share)} the scenario ends"
            )
    return None
