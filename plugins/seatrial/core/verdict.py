"""A verdict: an outcome with the numbers that carry it."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any

from seatrial.core.outcome import Outcome


@dataclass(frozen=True, slots=True, repr=False)
class Verdict:
    """What was decided about one objective, on what evidence.

    For proportions `estimate`, `lower`, `upper` and `limit` are shares of *bad* events (0…1); for means they
    are in the indicator's own scale.

    Attributes:
        objective: the objective's name.
        limit: the largest share of bad events (or the mean) that is still acceptable.
        lower, upper: interval that holds the truth, however often the data were looked at; one-sided
            levels: `upper` at `confidence`, `lower` at `power`.
        n: exchanges that count as evidence.
        bad: bad events among them (None for means).
        method: the decision rule, in words.
        deff: the design effect used: n counts as n / deff independent exchanges.
        dependence: the assumption behind `deff`, in words.
        reason: why it stopped here.
        needed: further exchanges expected until a decision, None where it is decided or cannot be told.
        first_bad: index of the first bad exchange in its traffic.
        trail: ``(n, log e-value for passing, log e-value for failing)`` along the way, thinned.
    """

    objective: str
    outcome: Outcome
    limit: float
    estimate: float | None = None
    lower: float | None = None
    upper: float | None = None
    n: int = 0
    bad: int | None = None
    method: str = ""
    confidence: float = 0.95
    power: float = 0.9
    deff: float = 1.0
    dependence: str = "independent"
    reason: str = ""
    needed: int | None = None
    first_bad: int | None = None
    trail: tuple[tuple[int, float, float], ...] = field(default=())

    def __bool__(self) -> bool:
        """True only where the objective was shown to hold, so that ``assert objective.judge(...)`` works."""
        return self.outcome.green

    def __repr__(self) -> str:
        """What pytest shows of a failed ``assert objective.judge(...)``: numbers, method and reason."""
        told = [f"<{self.objective} {self.outcome}: {self.reason}"]
        if self.estimate is not None and self.lower is not None and self.upper is not None:
            told.append(
                f"{self.estimate:.4g} bad ({self.lower:.4g} … {self.upper:.4g}), limit {self.limit:.4g}"
            )
            told.append(f"n {self.n}, {self.confidence:.0%} confidence, design effect {self.deff:.3g}")
        return "; ".join([*told, f"by {self.method}>"])

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; non-finite numbers become None (JSON has none)."""
        return {key: _plain(value) for key, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Verdict:
        """The inverse of `to_dict`; unknown keys are ignored so that newer journals stay readable."""
        known = {key: value for key, value in data.items() if key in cls.__slots__}
        known["outcome"] = Outcome(known["outcome"])
        known["trail"] = tuple((int(n), _number(p), _number(f)) for n, p, f in known.get("trail") or ())
        return cls(**known)


def _plain(value: Any) -> Any:
    if isinstance(value, Outcome):
        return value.value
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)
