"""Evidence: when data allow a decision, and which; all tests share one face (`Evidence`)."""

from __future__ import annotations

from seatrial.core.evidence.base import Decision, Evidence
from seatrial.core.evidence.sequential import SequentialProportion

__all__ = ["Decision", "Evidence", "SequentialProportion"]
