"""Evidence: when data allow a decision, and which; all running tests share one face (`Evidence`)."""

from __future__ import annotations

from seatrial.core.evidence.base import Decision, Evidence
from seatrial.core.evidence.betting import BettingMean
from seatrial.core.evidence.dependence import estimate_deff
from seatrial.core.evidence.paired import PairedNonInferiority, PairedSpeedup
from seatrial.core.evidence.plan import expected_requests
from seatrial.core.evidence.sequential import SequentialProportion

__all__ = [
    "BettingMean",
    "Decision",
    "Evidence",
    "PairedNonInferiority",
    "PairedSpeedup",
    "SequentialProportion",
    "estimate_deff",
    "expected_requests",
]
