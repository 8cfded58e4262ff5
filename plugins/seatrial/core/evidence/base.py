"""What every running test looks like from outside: feed values in order, it stops at the first crossing."""

from __future__ import annotations

import math
from enum import Enum
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from seatrial.core.errors import UsageError

Array = NDArray[Any]
TrailPoint = tuple[int, float, float]

# Points of the trail lie this far apart (as a ratio of n): 200 of them reach n = 4,000,000.
_TRAIL_RATIO = 1.08


class Decision(Enum):
    """What the data have shown about one objective."""

    PASS = "pass"  # noqa: S105 - a decision, not a password
    FAIL = "fail"

    def __str__(self) -> str:
        return self.value


@runtime_checkable
class Evidence(Protocol):
    """One running test of "the truth is at most (at least) the limit".

    Attributes:
        limit: the claim that is tested.
        n: values consumed; once decided, those up to the decision.
        deff: design effect: n values count as n / deff independent ones.
        decision: None as long as the data do not allow one.
    """

    @property
    def limit(self) -> float: ...

    @property
    def n(self) -> int: ...

    @property
    def deff(self) -> float: ...

    @property
    def decision(self) -> Decision | None: ...

    def update(self, values: Array, may_pass: bool = True) -> Decision | None:
        """Consume *values* in order, as if looked at after each single one; the first crossing stays."""
        ...

    def with_deff(self, deff: float) -> Evidence:
        """Raise the design effect (never lower it); a decision that was taken stays."""
        ...

    def estimate(self) -> float:
        """The plain mean of the values, NaN without any."""
        ...

    def bounds(self) -> tuple[float, float]:
        """``(lower, upper)`` for the truth, valid however often one looked."""
        ...

    def log_e(self) -> tuple[float, float]:
        """Natural logarithms of the evidence for passing and for failing."""
        ...

    def needed(self) -> int | None:
        """Further values expected until a decision; None where decided or not to be told."""
        ...

    @property
    def trail(self) -> list[TrailPoint]:
        """``(n, log e-value for passing, log e-value for failing)`` along the way, thinned."""
        ...


def next_mark(n: int) -> int:
    """The next sample size after *n* that belongs on the trail; depends on nothing but *n*."""
    mark = 1
    while mark <= n:
        mark = max(mark + 1, math.ceil(mark * _TRAIL_RATIO))
    return mark


def checked_level(name: str, level: float) -> float:
    """*level* as a float strictly between 0 and 1.

    Raises:
        UsageError: it is not.
    """
    if not 0.0 < level < 1.0:
        raise UsageError(
            f"{name} must lie strictly between 0 and 1, not {level!r}", hint=f"for example {name}: 0.95"
        )
    return float(level)


def checked_deff(deff: float) -> float:
    """*deff* as a float of at least 1.

    Raises:
        UsageError: it is less than 1 or not finite.
    """
    if not 1.0 <= deff < math.inf:
        raise UsageError(
            f"a design effect must be finite and at least 1, not {deff!r}", hint="1 means independent"
        )
    return float(deff)


def log_sum_exp(values: Array, axis: int = -1) -> Array:
    """``log(sum(exp(values)))`` along *axis* without overflow."""
    top = np.max(values, axis=axis, keepdims=True)
    return np.asarray(np.squeeze(top, axis) + np.log(np.sum(np.exp(values - top), axis=axis)))
