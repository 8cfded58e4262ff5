"""One line of a comparison: a figure on both sides, the difference with its interval, what it comes to."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

from seatrial.core.outcome import Outcome

Kind = Literal["share", "ratio"]


@dataclass(frozen=True, slots=True)
class Compared:
    """One line.

    Attributes:
        name: of the objective, or of the figure.
        about: what is compared, in words.
        kind: ``share`` compares shares of bad requests by their difference, ``ratio`` figures by their ratio
            less 1; less is better in both.
        baseline, candidate: the figure on either side, in *unit*.
        change, lower, upper: the difference or the relative change; one-sided bounds.
        margin: the largest change that is still no worse.
        n: exchanges, of the baseline and of the candidate.
        pairs: how many pairs, None where two samples were compared.
        key: whether the candidate as a whole depends on it.
    """

    name: str
    about: str
    kind: Kind
    outcome: Outcome
    reason: str
    margin: float
    unit: str = ""
    baseline: float | None = None
    candidate: float | None = None
    change: float | None = None
    lower: float | None = None
    upper: float | None = None
    n: tuple[int, int] = (0, 0)
    pairs: int | None = None
    method: str = ""
    key: bool = True

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; non-finite numbers become None."""
        told = {name: getattr(self, name) for name in self.__slots__}
        for name, value in told.items():
            if isinstance(value, float) and not math.isfinite(value):
                told[name] = None
        return {**told, "outcome": self.outcome.value, "n": list(self.n)}


def ruled(change: float, lower: float, upper: float, margin: float, kind: Kind) -> tuple[Outcome, str]:
    """What a change comes to, and why.

    Args:
        change: positive where the candidate is worse.
    """
    shown = f"{words(change, kind)} ({words(lower, kind)} … {words(upper, kind)})"
    allowed = words(margin, kind)
    if upper <= margin:
        better = "better" if upper < 0 else "no worse"
        return Outcome.PASSED, f"{better}: {shown}, {allowed} would be acceptable"
    if lower > margin:
        return Outcome.FAILED, f"worse: {shown}, {allowed} would be acceptable"
    return Outcome.INCONCLUSIVE, f"{shown}: that it is no worse than {allowed} is not shown"


def words(change: float, kind: Kind) -> str:
    """A change for people: percentage points of shares, per cent of figures."""
    if not math.isfinite(change):
        return "∞" if change > 0 else "-∞"
    return f"{100 * change:+.3g} points" if kind == "share" else f"{change:+.1%}"
