"""Projected demand against measured capacity: in which month does it run out?

Demand of a month is that of today, times growth, usage and efficiency for every month since, times the season
of that month over that of today, times a surge where the scenario has one.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from seatrial.core.outcome import Outcome
from seatrial.core.units import format_rate

if TYPE_CHECKING:
    from seatrial.policy.capacity import DemandSpec, Factors

BASE = "base"


@dataclass(frozen=True, slots=True)
class Projection:
    """One scenario.

    Attributes:
        scenario: its name.
        months: ``2026-11`` and on; the first is today's.
        rates: requests in the busiest second of each.
        runs_out: the first month above the rate shown to hold, None where there is none up to the horizon.
        breaks: the first month at or above the rate shown to break.
        tokens: tokens in the busiest second of each month, where the target told tokens.
        lasts: months that it must suffice, None where the policy does not say.
        outcome: of that demand; NOT_APPLICABLE without it.
        reason: why.
    """

    scenario: str
    months: tuple[str, ...]
    rates: tuple[float, ...]
    runs_out: str | None
    breaks: str | None
    tokens: tuple[float, ...] | None
    lasts: int | None
    outcome: Outcome
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """For the journal."""
        return asdict(self) | {"outcome": self.outcome.value}


def project(
    spec: DemandSpec, today: str, lower: float | None, upper: float | None, tokens: float | None = None
) -> list[Projection]:
    """Every scenario of *spec*.

    Args:
        spec: the policy's.
        today: the month of the run, such as ``2026-11``, where the policy names none.
        lower: highest rate shown to hold, requests a second; None where none was.
        upper: lowest rate shown to break; None where none was.
        tokens: mean tokens of a request, input and output.
    """
    scenarios: dict[str, Factors] = dict(spec.scenarios) or {BASE: spec}
    return [
        _projection(spec, name, scenario, spec.month or today, (lower, upper), tokens)
        for name, scenario in scenarios.items()
    ]


def _projection(
    spec: DemandSpec,
    name: str,
    scenario: Factors,
    first: str,
    ends: tuple[float | None, float | None],
    tokens: float | None,
) -> Projection:
    months = [_later(first, number) for number in range(spec.months + 1)]
    rates = [_rate(spec, scenario, first, number) for number in range(spec.months + 1)]
    lower, upper = ends
    over = next((number for number, rate in enumerate(rates) if lower is None or rate > lower), None)
    broken = next((number for number, rate in enumerate(rates) if upper is not None and rate >= upper), None)
    lasts = getattr(scenario, "lasts", None)
    if lasts is None and name == BASE:
        lasts = spec.lasts
    outcome, reason = _judged(lasts, over, broken, months, rates, lower)
    return Projection(
        name,
        tuple(months),
        tuple(round(rate, 4) for rate in rates),
        None if over is None else months[over],
        None if broken is None else months[broken],
        None if tokens is None else tuple(round(rate * tokens, 1) for rate in rates),
        lasts,
        outcome,
        reason,
    )


def _rate(spec: DemandSpec, scenario: Factors, first: str, number: int) -> float:
    def factor(name: str) -> float:
        own, general = getattr(scenario, name), getattr(spec, name)
        return float(next((value for value in (own, general) if value is not None), 1.0))

    season = spec.season if scenario.season is None else scenario.season
    of_year = [(season or {}).get(int(_later(first, each)[-2:]), 1.0) for each in (0, number)]
    monthly = factor("growth") * factor("usage") * factor("efficiency")
    # What is measured today has today's season in it already.
    return spec.now * monthly**number * of_year[1] / of_year[0] * factor("surge")


def _judged(
    lasts: int | None,
    over: int | None,
    broken: int | None,
    months: list[str],
    rates: list[float],
    lower: float | None,
) -> tuple[Outcome, str]:
    horizon = months[-1]
    if over is None:
        found = f"the capacity suffices up to {horizon} and beyond"
    elif over == 0:
        found = "demand of today is beyond what was shown to hold"
    else:
        found = f"the capacity runs out in {months[over]}, when {format_rate(rates[over])} are asked"
    if lasts is None:
        return Outcome.NOT_APPLICABLE, found
    if over is None or over > lasts:
        return Outcome.PASSED, f"{found}; {_months(lasts)} are demanded"
    if broken is not None and broken <= lasts:
        return Outcome.FAILED, f"{found}; {_months(lasts)} are demanded"
    open_to = (
        "nothing was shown to hold" if lower is None else f"beyond {format_rate(lower)} nothing was shown"
    )
    return Outcome.INCONCLUSIVE, f"{found}, as far as was shown ({open_to}); {_months(lasts)} are demanded"


def _months(count: int) -> str:
    return "1 month" if count == 1 else f"{count} months"


def _later(month: str, number: int) -> str:
    year, index = divmod(int(month[:4]) * 12 + int(month[5:]) - 1 + number, 12)
    return f"{year:04}-{index + 1:02}"
