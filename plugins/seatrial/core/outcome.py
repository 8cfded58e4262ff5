"""What a check, a control or a whole run can come to, and how many become one."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum, StrEnum


class Outcome(StrEnum):
    """The six outcomes. Only `PASSED` and `WARNED` are green; not measured is never green."""

    PASSED = "PASSED"
    WARNED = "WARNED"
    FAILED = "FAILED"
    INCONCLUSIVE = "INCONCLUSIVE"
    NOT_APPLICABLE = "NOT_APPLICABLE"
    ERROR = "ERROR"

    @property
    def green(self) -> bool:
        """Whether this outcome alone lets a certificate be granted."""
        return self in (Outcome.PASSED, Outcome.WARNED)

    @property
    def symbol(self) -> str:
        """One character that tells the outcome without colour."""
        return _SYMBOLS[self]

    @property
    def label(self) -> str:
        """The word shown to people."""
        return _LABELS[self]


_SYMBOLS = {
    Outcome.PASSED: "✓",
    Outcome.WARNED: "!",
    Outcome.FAILED: "✕",
    Outcome.INCONCLUSIVE: "?",
    Outcome.NOT_APPLICABLE: "–",
    Outcome.ERROR: "‼",
}
_LABELS = {
    Outcome.PASSED: "passed",
    Outcome.WARNED: "warned",
    Outcome.FAILED: "failed",
    Outcome.INCONCLUSIVE: "not proven",
    Outcome.NOT_APPLICABLE: "not applicable",
    Outcome.ERROR: "harness error",
}
# The worst first: a defect that was shown stays shown whatever else went wrong in the run.
_SEVERITY = (Outcome.FAILED, Outcome.ERROR, Outcome.INCONCLUSIVE, Outcome.WARNED, Outcome.PASSED)


class ExitCode(IntEnum):
    """Exit codes of the `seatrial` command."""

    CERTIFIED = 0
    REJECTED = 1
    NOT_PROVEN = 2
    USAGE = 3
    HARNESS = 4

    @classmethod
    def of(cls, outcome: Outcome) -> ExitCode:
        """The exit code of a run that came to *outcome*."""
        if outcome.green:
            return cls.CERTIFIED
        return {Outcome.FAILED: cls.REJECTED, Outcome.ERROR: cls.HARNESS}.get(outcome, cls.NOT_PROVEN)


def aggregate(outcomes: Iterable[Outcome]) -> Outcome:
    """One outcome for many: the worst of them; INCONCLUSIVE where nothing was measured at all."""
    seen = set(outcomes)
    for outcome in _SEVERITY:
        if outcome in seen:
            return outcome
    return Outcome.INCONCLUSIVE
