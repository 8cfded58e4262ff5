"""Exact bounds for recorded data: the sample is there, it is looked at once.

Clopper–Pearson: the upper bound is the share at which as few bad events as were seen would have had
probability α; the lower one that at which as many would have had β. Not valid when polled: running tests use
`seatrial.core.evidence.sequential`. MLPerf's early-stopping counts are the same bound read backwards.
Sources: Clopper & Pearson, Biometrika 26 (1934) 404; MLPerf inference rules, "early stopping".
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from seatrial.core.errors import UsageError
from seatrial.core.evidence.base import Decision, checked_deff, checked_level
from seatrial.core.evidence.special import log_betainc

_PRECISION = 1e-12


@dataclass(frozen=True, slots=True)
class FixedVerdict:
    """What a recorded sample shows.

    Attributes:
        decision: None where it shows neither.
        lower, upper: `lower` at the power's level, `upper` at the confidence's, one-sided each.
        log_p_pass, log_p_fail: logarithms of the two one-sided p-values at the limit.
    """

    decision: Decision | None
    estimate: float
    lower: float
    upper: float
    log_p_pass: float
    log_p_fail: float


def judge(
    bad: int, n: int, limit: float, *, confidence: float = 0.95, power: float = 0.9, deff: float = 1.0
) -> FixedVerdict:
    """Decide about "the share of bad events is at most *limit*" from *bad* among *n*, looked at once.

    Args:
        limit: 0 <= limit < 1; with 0 a single bad event fails, and nothing passes.
        confidence, power, deff: as for `SequentialProportion`; the design effect divides both counts.

    Raises:
        UsageError: a number out of its range.
    """
    if not (0 <= bad <= n and 0.0 <= limit < 1.0):
        raise UsageError(f"{bad!r} bad among {n!r} against a limit of {limit!r}: not a sample of a share")
    log_alpha = math.log(1.0 - checked_level("confidence", confidence))
    log_beta = math.log(1.0 - checked_level("power", power))
    if n == 0:
        return FixedVerdict(None, math.nan, 0.0, 1.0, 0.0, 0.0)
    checked_deff(deff)
    size, count = n / deff, bad / deff
    p_pass, p_fail = log_at_most(count, size, limit), log_at_least(count, size, limit)
    decision = Decision.PASS if p_pass <= log_alpha else Decision.FAIL if p_fail <= log_beta else None
    lower, upper = _bounds(count, size, log_alpha, log_beta)
    return FixedVerdict(decision, bad / n, lower, upper, p_pass, p_fail)


def clopper_pearson(
    bad: int, n: int, *, confidence: float = 0.95, power: float = 0.9, deff: float = 1.0
) -> tuple[float, float]:
    """``(lower, upper)``: one-sided bounds, `upper` at *confidence*, `lower` at *power*.

    Equal levels c give the usual two-sided interval of level 2c - 1.
    """
    if n == 0:
        return 0.0, 1.0
    return _bounds(bad / deff, n / deff, math.log(1.0 - confidence), math.log(1.0 - power))


def required_n(limit: float, confidence: float = 0.99, allowed: int = 0) -> int:
    """The smallest sample in which *allowed* bad events still show a share of at most *limit*.

    MLPerf's early-stopping table: a 95th percentile at 99 % confidence takes 90, 130, 165 … for 0, 1, 2 …

    Raises:
        UsageError: a number out of its range.
    """
    if not 0.0 < limit < 1.0 or allowed < 0:
        raise UsageError(f"no sample size shows a share of at most {limit!r} with {allowed!r} bad events")
    log_alpha = math.log(1.0 - checked_level("confidence", confidence))
    low, high = allowed, max(1, 2 * allowed)
    while log_at_most(allowed, high, limit) > log_alpha:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if log_at_most(allowed, middle, limit) <= log_alpha else (middle, high)
    return high


def log_at_most(k: float, n: float, share: float) -> float:
    """``ln P(X <= k)`` of a binomial X; counts need not be whole (they may be divided by a design effect)."""
    if k >= n:
        return 0.0
    return log_betainc(k + 1.0, n - k, share)[1]


def log_at_least(k: float, n: float, share: float) -> float:
    """``ln P(X >= k)`` of a binomial X; counts need not be whole."""
    if k <= 0:
        return 0.0
    return log_betainc(k, n - k + 1.0, share)[0]


def _bounds(k: float, n: float, log_alpha: float, log_beta: float) -> tuple[float, float]:
    upper = 1.0 if k >= n else _root(lambda share: log_at_most(k, n, share) - log_alpha, k / n, 1.0)
    lower = 0.0 if k <= 0 else _root(lambda share: log_beta - log_at_least(k, n, share), 0.0, k / n)
    return lower, upper


def _root(falling: Callable[[float], float], low: float, high: float) -> float:
    """Where a falling function crosses 0 between *low* and *high*: bisection, down to rounding."""
    while high - low > _PRECISION * high and high > 1e-300:
        middle = (low + high) / 2
        low, high = (middle, high) if falling(middle) > 0.0 else (low, middle)
    return (low + high) / 2
