"""Are answers as long under load as they are alone? Source: MLPerf inference, compliance TEST09.

A system that cuts its answers when it is busy looks faster than it is.
"""

from __future__ import annotations

from collections.abc import Sequence

from seatrial.core.exchange import Exchange
from seatrial.core.finding import Finding
from seatrial.load.audits.pairs import answered
from seatrial.load.audits.sameness import judge_band


def judge_lengths(alone: Sequence[Exchange], loaded: Sequence[Exchange]) -> Finding:
    """Decide about "answers under load are as long as those alone, 10 % up or down".

    In characters: tokens are counted by the system itself.

    Args:
        alone, loaded: answers to the same prompts, pair by pair, in random order.
    """
    pairs = answered(alone, loaded)
    return judge_band(
        "the lengths of answers", [len(one.text) for one, _ in pairs], [len(other.text) for _, other in pairs]
    )
