"""How an item of this suite comes to its outcome: by what was measured once, for all of them."""

from __future__ import annotations

from typing import Any

from seatrial.core.outcome import Outcome
from seatrial.pytest.outcomes import not_applicable


def settle(trial: Any, item: str, outcome: Outcome, reason: str, exchanges: int) -> None:
    """Let the running item come to *outcome*.

    Args:
        trial: the running trial.
        item: its node id.
        exchanges: what was measured for it, and perhaps for others.
    """
    if outcome is Outcome.NOT_APPLICABLE:
        not_applicable(reason)
    record = trial.records[item]
    record.exchanges = max(record.exchanges, exchanges)
    record.ruling = outcome, reason
