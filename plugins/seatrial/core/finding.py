"""What a look at behaviour shows, where it is no objective: an outcome with the numbers that carry it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from seatrial.core.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Finding:
    """What one look came to.

    Attributes:
        outcome, reason: in the words of a verdict.
        n: what was looked at: calls, retries, errors.
        bad: how many of them were not as they should be.
        numbers: further figures, for reports; JSON-ready.
    """

    outcome: Outcome
    reason: str
    n: int = 0
    bad: int | None = None
    numbers: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "outcome": self.outcome.value,
            "reason": self.reason,
            "n": self.n,
            "bad": self.bad,
            "numbers": dict(self.numbers),
        }


def passed(reason: str, n: int, **numbers: Any) -> Finding:
    """It is as it should be."""
    return Finding(Outcome.PASSED, reason, n, 0, numbers)


def failed(reason: str, n: int, bad: int | None = None, **numbers: Any) -> Finding:
    """It is not as it should be."""
    return Finding(Outcome.FAILED, reason, n, bad, numbers)


def unproven(reason: str, n: int = 0, **numbers: Any) -> Finding:
    """It cannot be told."""
    return Finding(Outcome.INCONCLUSIVE, reason, n, None, numbers)


def beside(reason: str) -> Finding:
    """The question does not arise."""
    return Finding(Outcome.NOT_APPLICABLE, reason)
