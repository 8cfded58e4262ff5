"""Confidence bounds for a share, by asking at which limits the mixture e-processes would have crossed.

A limit t belongs to the interval as long as neither "the truth is at least t" nor "at most t" has been
refuted; at each t the e-process is the one that a test of t itself would have run, so a passed objective has
its upper bound always at or under its limit, and a failed one its lower bound at or over it.
"""

from __future__ import annotations

from collections.abc import Callable

from seatrial.core.evidence.mixture import Mixture

_PRECISION = 1e-6
_CLOSEST = 1e-12


def upper_bound(n: float, k: float, log_level: float, hint: float = 0.5) -> float:
    """The largest share not refuted at *log_level* by *k* bad among *n* (both divided by the design effect).

    Args:
        hint: where to look first; the bound never lies above a *hint* that is itself refuted.
    """
    if n <= 0 or n - k < _CLOSEST * n:
        return 1.0
    share = k / n

    def refuted(t: float) -> bool:
        return Mixture(t).log_e(n, k)[0] >= log_level

    low, high = share, max(min(hint, 1.0 - _CLOSEST), share)
    while high == share or not refuted(high):
        low, high = high, 1.0 - (1.0 - high) / 2 if high > 0.4 else 2.0 * high + _CLOSEST
        if 1.0 - high < _CLOSEST:
            return 1.0
    return _narrow(refuted, low, high)


def lower_bound(n: float, k: float, log_level: float, hint: float = 0.5) -> float:
    """The smallest share not refuted at *log_level*; never below a *hint* that is itself refuted."""
    if n <= 0 or k <= 0:
        return 0.0
    share = k / n

    def refuted(t: float) -> bool:
        return Mixture(t).log_e(n, k)[1] >= log_level

    high, low = share, min(max(hint, _CLOSEST), share)
    while low == share or not refuted(low):
        high, low = low, low / 2
        if low < _CLOSEST:
            return 0.0
    return _narrow(refuted, high, low)


def _narrow(refuted: Callable[[float], bool], inside: float, outside: float) -> float:
    """Bisect to the edge and return its refuted side, so that the interval is never too short."""
    while abs(outside - inside) > _PRECISION * outside:
        middle = (inside + outside) / 2
        if refuted(middle):
            outside = middle
        else:
            inside = middle
    return outside
