"""The errors that seatrial raises on purpose.

    SeatrialError            exit code 4
    ├── UsageError           exit code 3: what was asked cannot be done as it stands
    └── HarnessError         exit code 4: our own machinery failed, the target is not to blame

Each says what happened, where (file, line, field), and what to do next, in that order.
"""

from __future__ import annotations


class SeatrialError(Exception):
    """Root of all errors raised on purpose.

    Args:
        what: what happened, one sentence without a full stop.
        where: file, line and field, for example ``policy.yaml:12 spec.targets[0].uri``.
        hint: what to do next.
    """

    exit_code = 4

    def __init__(self, what: str, *, where: str | None = None, hint: str | None = None) -> None:
        super().__init__(what, where, hint)
        self.what = what
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text}\n  {self.hint}" if self.hint else text


class UsageError(SeatrialError):
    """Command line, policy, recipe or environment ask for something impossible: correct and run again."""

    exit_code = 3


class HarnessError(SeatrialError):
    """The harness itself failed (disk full, a recipe that does not start): says nothing about the target."""

    exit_code = 4
