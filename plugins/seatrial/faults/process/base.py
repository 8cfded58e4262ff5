"""What a fault of processes is: injected and proven on entering it, reverted and proven on leaving.

A subclass says how to inject (`inject`, arming each step of the way back before taking it), what shows that
it took (`missed`), how often it was seen to act (`acting`), and what shows that it is gone (`lingering`).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, ClassVar, Self, TypeVar

from pydantic import BaseModel, ConfigDict

from seatrial.core.errors import HarnessError, UsageError
from seatrial.faults.base import FaultKind
from seatrial.faults.process.guard import Guard
from seatrial.faults.process.victim import Victim
from seatrial.faults.process.watchdog import Step

PATIENCE = 5.0
"""Seconds for a fault to take, and for its traces to go."""
PAUSE = 0.01


class ProcessAttributes(BaseModel):
    """Base of the attributes of faults of processes."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)


A = TypeVar("A", bound=ProcessAttributes)


@dataclass
class Witness:
    """The proof that a fault acted.

    Attributes:
        hits: how often it was seen to act; of what, each fault says.
        first, last: when, seconds on `time.monotonic`; None while it has not acted.
    """

    hits: int = 0
    first: float | None = None
    last: float | None = None


class ProcessFault(FaultKind[A]):
    """A fault at work on a victim while its context is open.

    Args:
        victim: whom it hits.
        attributes: as the fault's model wants them; the defaults where there are none.
        name: its name in the journal.

    Attributes:
        witness: brought up to date whenever it is read.

    Raises:
        UsageError: this machine cannot do it, or it must not be done to this victim.
        HarnessError: it did not take, did not last, or could not be reverted.
    """

    counts: ClassVar[str] = "processes"
    """What `Witness.hits` counts."""
    patience: ClassVar[float] = PATIENCE

    def __init__(self, victim: Victim, attributes: A | None = None, *, name: str | None = None) -> None:
        self.victim = victim
        self.attributes: Any = attributes if attributes is not None else self.Attributes()
        self.name = name or self.type
        self._witness = Witness()
        self._guard: Guard | None = None

    # -- what a fault says of itself

    @classmethod
    def lacking(cls) -> str | None:
        """What this machine lacks to do it, None where it can."""
        return None

    def check(self) -> None:
        """Look before anything is done.

        Raises:
            UsageError: it must not or cannot be done to this victim.
        """

    def inject(self) -> None:
        """Do it; each step of the way back is armed first."""

    def missed(self) -> str | None:
        """Why it cannot be said to have taken (yet), None when it has."""
        return None

    def acting(self) -> int:
        """How often it has acted, or on how many it acts now."""
        return 0

    def ended(self) -> str | None:
        """Why it is no longer in force although it was not reverted, None while it is."""
        return None

    def revert(self) -> None:
        """What is to be done for the way back beside the armed steps; called before them."""

    def lingering(self) -> str | None:
        """What is still to be seen of it after reverting, None when all is as before."""
        return None

    # -- what they all do

    def arm(self, **step: Any) -> None:
        """Have a step of `watchdog.UNDO` done on the way back, or by the watchdog when the harness dies."""
        assert self._guard is not None
        self._guard.arm(step)

    @property
    def witness(self) -> Witness:
        """How often it has acted, as of now."""
        if self._guard is not None:
            self._look()
        return self._witness

    def __enter__(self) -> Self:
        reason = self.lacking()
        if reason:
            raise UsageError(f"{self.type} cannot be injected here: {reason}", where=f"fault {self.name}")
        self.victim.processes()
        self.check()
        self._witness = Witness()
        self._guard = Guard()
        try:
            self.inject()
            self._wait(self.missed, "did not take")
        except BaseException:
            self._back()
            raise
        self._look()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._look()
        early = self.ended()
        self._back()
        if early and error is None:
            raise HarnessError(f"{self.type} on {self.victim.name} did not last: {early}")

    def _look(self) -> None:
        now = time.monotonic()
        seen = self._witness
        hits = self.acting()
        if hits > 0:
            seen.last = now
            if not seen.hits:
                seen.first = now
            seen.hits = max(seen.hits, hits)

    def _back(self) -> None:
        guard, self._guard = self._guard, None
        assert guard is not None
        try:
            self.revert()
        finally:
            left = guard.undo()
            guard.end()
        if left:
            raise HarnessError(f"{self.type} on {self.victim.name} could not be reverted: {_told(left)}")
        self._wait(self.lingering, "did not revert")

    def _wait(self, problem: Callable[[], str | None], what: str) -> None:
        deadline = time.monotonic() + self.patience
        while (why := problem()) is not None:
            if time.monotonic() > deadline:
                raise HarnessError(f"{self.type} on {self.victim.name} {what}: {why}")
            time.sleep(PAUSE)


def _told(steps: list[Step]) -> str:
    return "; ".join(" ".join(str(value) for value in step.values()) for step in steps)
