"""Did it grow? Each figure of a soak, judged against the growth that the policy allows.

A trend that is "not significant" shows nothing: a short or noisy soak has none. What passes is a growth whose
upper bound stays within what is allowed; what fails is one whose lower bound is beyond it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seatrial.core.evidence.difference import Sample, difference
from seatrial.core.evidence.trend import theil_sen
from seatrial.core.outcome import Outcome
from seatrial.core.risk import Risk
from seatrial.core.units import format_duration

LOOKS = 8
"""Looks at a running soak, that it need not go on where something has grown too much already."""
TREND = "Theil-Sen's slope, bounds by Kendall's S with a variance that allows for dependence"
THIRDS = "difference of two shares (Newcombe's hybrid score interval), the last third against the first"


@dataclass(frozen=True, slots=True)
class Growth:
    """What one figure came to.

    Attributes:
        figure: its name.
        level: what it was at the beginning.
        growth, lower, upper: over the horizon, relative to `level`; of errors in points.
        limit: what is allowed.
        n: windows.
        inflation: of the variance, by dependence.
        horizon: seconds that `growth` is over, None where there is no line through the figure.
    """

    figure: str
    outcome: Outcome
    reason: str
    limit: float
    n: int = 0
    level: float | None = None
    growth: float | None = None
    lower: float | None = None
    upper: float | None = None
    inflation: float | None = None
    method: str = TREND
    horizon: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, for the journal: the change an hour in per cent where there is a line, and all else."""
        an_hour = 100.0 * 3600.0 / self.horizon if self.horizon else None
        sides = {"slope": self.growth, "lower": self.lower, "upper": self.upper}
        hourly = {name: _times(value, an_hour) for name, value in sides.items()}
        return {
            "name": self.figure,
            "outcome": self.outcome.value,
            "reason": self.reason,
            "n": self.n,
            **hourly,
            "limit": 100.0 * self.limit,
            "unit": "%",
            "level": self.level,
            "horizon": self.horizon,
            "growth": [_times(value, 1.0) for value in sides.values()],
            "inflation": self.inflation,
            "method": self.method,
        }


def judge_series(
    figure: str,
    times: Sequence[float],
    values: Sequence[float],
    *,
    limit: float,
    horizon: float,
    risk: Risk,
    looks: int = 1,
) -> Growth:
    """Decide about "it grows by at most *limit* of what it was, within *horizon*".

    Args:
        times: seconds, ascending.
        values: one for each time; NaN where it could not be read.
        limit: relative to the height of the line at the first time.
        horizon: seconds.
        risk: confidence and power.
        looks: how often this is asked while the soak runs; the chance of a false failure is shared out.
    """
    t, y = np.asarray(times, float), np.asarray(values, float)
    known = np.isfinite(y)
    power = 1.0 - (1.0 - risk.power) / looks
    trend = theil_sen(t[known], y[known], confidence=risk.confidence, power=power)
    if trend is None or known.mean() < 0.9:
        why = f"only {int(known.sum())} of {len(y)} looks told a figure"
        return Growth(figure, Outcome.INCONCLUSIVE, why, limit, int(known.sum()))
    if trend.level <= 0.0 and (trend.lower, trend.upper) != (0.0, 0.0):
        why = f"it begins at {trend.level:g}, of which no growth can be a share"
        return Growth(figure, Outcome.INCONCLUSIVE, why, limit, trend.n, trend.level)
    scale = horizon / trend.level if trend.level > 0.0 else 0.0
    grown, lower, upper = trend.slope * scale, trend.lower * scale, trend.upper * scale
    outcome = _outcome(lower, upper, limit)
    span = format_duration(horizon)
    told = f"grows by {_shown(grown)} ({_shown(lower)} … {_shown(upper)}) in {span}"
    reason = f"{told}, {limit:.4g} is allowed" if limit < 0.001 else f"{told}, {limit:.1%} are allowed"
    return Growth(
        figure,
        outcome,
        reason,
        limit,
        trend.n,
        trend.level,
        grown,
        lower,
        upper,
        trend.inflation,
        TREND,
        horizon,
    )


def judge_errors(
    failed: Sequence[int], answered: Sequence[int], *, limit: float, risk: Risk, looks: int = 1
) -> Growth:
    """Decide about "the share of failures grows by at most *limit* from the first third to the last".

    A trend of shares that are mostly 0 has a slope of 0 whatever happens at the end, so thirds are compared.

    Args:
        failed, answered: of each window, in order; *answered* counts all that came to an end.
    """
    third = len(failed) // 3
    early, late = sum(answered[:third]), sum(answered[len(answered) - third :])
    if third < 3 or not early or not late:
        return Growth(
            "errors",
            Outcome.INCONCLUSIVE,
            "too few windows to compare thirds",
            limit,
            len(failed),
            method=THIRDS,
        )
    first = Sample(sum(failed[:third]), early, risk.deff)
    last = Sample(sum(failed[len(failed) - third :]), late, risk.deff)
    power = 1.0 - (1.0 - risk.power) / looks
    grown = difference(first, last, confidence=risk.confidence, power=power)
    reason = (
        f"{first.share:.2%} failed in the first third, {last.share:.2%} in the last: by"
        f" {grown[0]:+.2%} ({grown[1]:+.2%} … {grown[2]:+.2%}), {limit:.2%} are allowed"
    )
    outcome = _outcome(*grown[1:], limit)
    return Growth(
        "errors", outcome, reason, limit, len(failed), first.share, *grown, risk.deff, method=THIRDS
    )


def _outcome(lower: float, upper: float, limit: float) -> Outcome:
    if upper <= limit:
        return Outcome.PASSED
    return Outcome.FAILED if lower > limit else Outcome.INCONCLUSIVE


def _times(value: float | None, factor: float | None) -> float | None:
    """None where it is not known, or not finite, which JSON cannot tell."""
    if value is None or factor is None or not math.isfinite(value):
        return None
    return value * factor


def _shown(share: float) -> str:
    return f"{share:+.1%}" if math.isfinite(share) else ("∞" if share > 0 else "-∞")
