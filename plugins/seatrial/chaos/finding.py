"""What a look at recorded behaviour shows: an outcome with the numbers that carry it."""

from __future__ import annotations

from typing import Any

from seatrial.core.evidence.base import Decision
from seatrial.core.evidence.fixed import judge
from seatrial.core.finding import Finding, beside, failed, passed, unproven
from seatrial.core.outcome import Outcome
from seatrial.core.units import format_share

__all__ = ["LIMIT", "Finding", "beside", "failed", "passed", "share_of_calls", "unproven"]

LIMIT = 0.05
"""The share of calls that may misbehave: what a single clumsy moment must not decide, a habit will."""


def share_of_calls(
    what: str, *, bad: int, met: int, calls: int | None = None, limit: float = LIMIT, **numbers: Any
) -> Finding:
    """Decide about "at most *limit* of the calls that met the fault misbehave".

    A target that hardly calls a broken dependency any more (a breaker opened) leaves few calls that could
    have misbehaved. Where none of these did, all *calls* of the time are the evidence; where some did, those
    that met the fault are, so that a breaker hides nothing.

    Method: exact binomial (Clopper-Pearson) at 95 % confidence and 90 % power, looked at once.

    Args:
        what: what misbehaving means, to be read after a number: ``of 40 calls … came back too early``.
        bad, met: calls that misbehaved, of those that met the fault.
        calls: all calls under the fault; None where only *met* counts.
    """
    if met == 0:
        return unproven(f"no call met the fault, so none could show whether it {what}", 0, **numbers)
    found = judge(bad, met, limit)
    whole = max(met, calls or 0)
    told = {"share": bad / met, "lower": found.lower, "upper": found.upper, "limit": limit, **numbers}
    if found.decision is Decision.FAIL:
        return failed(f"{bad:,} of {met:,} calls {what}", met, bad, **told)
    if found.decision is Decision.PASS:
        return Finding(Outcome.PASSED, f"{bad:,} of {met:,} calls {what}", met, bad, told)
    if bad == 0 and judge(0, whole, limit).decision is Decision.PASS:
        return passed(f"none of {met:,} calls that met the fault, of {whole:,} in all, {what}", whole, **told)
    more = f"{format_share(limit)} would be acceptable, {format_share(found.upper)} cannot be excluded"
    return Finding(Outcome.INCONCLUSIVE, f"{bad:,} of {met:,} calls {what}; {more}", met, bad, told)
