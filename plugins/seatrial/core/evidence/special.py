"""Logarithms of the beta function and of the regularised incomplete beta function.

Both in logarithms throughout, so that a tail of e**-100000 keeps its digits. Plain floats, since a decision
asks for one point at a time; the beta function also over arrays, for the tables of candidates.
Sources: Stirling's series DLMF 5.11.1, recurrence DLMF 5.12.1, continued fraction DLMF 8.17.22.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

_TINY = 1e-300
_EPSILON = 1e-15
# The fraction settles in O(sqrt(a + b)) steps at the worst point: enough for 1e11 values.
_MAX_STEPS = 1_000_000
_HALF_LOG_TAU = 0.5 * math.log(2.0 * math.pi)
# Stirling's series is used from here on (error < 1e-15); smaller arguments are carried up by the recurrence.
_LARGE = 8


def log_beta(a: float, b: float) -> float:
    """``ln B(a, b)`` for a, b > 0, without the cancellation of three log-gammas where both are large."""
    ratio = 1.0
    if a < _LARGE:
        for _ in range(_LARGE):
            ratio *= (a + b) / a
            a += 1.0
    if b < _LARGE:
        for _ in range(_LARGE):
            ratio *= (a + b) / b
            b += 1.0
    main = (0.5 - a) * math.log1p(b / a) - b * math.log1p(a / b) - 0.5 * math.log(b)
    rest: float = _series(a) + _series(b) - _series(a + b)
    return main + _HALF_LOG_TAU + rest + math.log(ratio)


def log_beta_array(a: Array, b: Array) -> Array:
    """`log_beta` element by element; the arguments broadcast."""
    a, b = np.broadcast_arrays(np.asarray(a, dtype=float), np.asarray(b, dtype=float))
    ratio = np.ones(a.shape)
    if a.size and float(a.min()) < _LARGE:
        for _ in range(_LARGE):
            ratio = ratio * ((a + b) / a)
            a = a + 1.0
    if b.size and float(b.min()) < _LARGE:
        for _ in range(_LARGE):
            ratio = ratio * ((a + b) / b)
            b = b + 1.0
    main = (0.5 - a) * np.log1p(b / a) - b * np.log1p(a / b) - 0.5 * np.log(b)
    return np.asarray(main + _HALF_LOG_TAU + _series(a) + _series(b) - _series(a + b) + np.log(ratio))


def log_betainc(a: float, b: float, x: float) -> tuple[float, float]:
    """``(ln I_x(a, b), ln (1 - I_x(a, b)))`` for a, b > 0 and 0 <= x <= 1."""
    if x <= 0.0:
        return -math.inf, 0.0
    if x >= 1.0:
        return 0.0, -math.inf
    front = a * math.log(x) + b * math.log1p(-x) - log_beta(a, b)
    if x * (a + b + 2.0) < a + 1.0:
        lower = min(0.0, front - math.log(a * _fraction(a, b, x)))
        return lower, log1m_exp(lower)
    upper = min(0.0, front - math.log(b * _fraction(b, a, 1.0 - x)))
    return log1m_exp(upper), upper


def log1m_exp(value: float) -> float:
    """``ln(1 - e**value)`` for value <= 0, in that of its two forms which keeps the digits."""
    if value >= 0.0:
        return -math.inf
    return math.log(-math.expm1(value)) if value > -math.log(2.0) else math.log1p(-math.exp(value))


def _series(x: Any) -> Any:
    """What Stirling's formula leaves of ``ln Γ(x)`` for x >= 8; float or array."""
    y = 1.0 / (x * x)
    tail = 1.0 / 1188.0 - y * (691.0 / 360360.0 - y / 156.0)
    return (1.0 / 12.0 - y * (1.0 / 360.0 - y * (1.0 / 1260.0 - y * (1.0 / 1680.0 - y * tail)))) / x


def _fraction(a: float, b: float, x: float) -> float:
    """The denominator 1 + d1/(1 + d2/(1 + …)) by Lentz's forward method; fast for x < (a+1)/(a+b+2)."""
    total = a + b
    d = 1.0 - total * x / (a + 1.0)
    d = 1.0 / (d if d else _TINY)
    c, value = 1.0, 1.0 / d
    for m in range(1, _MAX_STEPS):
        am = a + 2 * m
        even = m * (b - m) * x / ((am - 1.0) * am)
        odd = -(a + m) * (total + m) * x / (am * (am + 1.0))
        d = 1.0 / ((1.0 + even * d) or _TINY)
        c = (1.0 + even / c) or _TINY
        value /= d * c
        d = 1.0 / ((1.0 + odd * d) or _TINY)
        c = (1.0 + odd / c) or _TINY
        step = d * c
        value /= step
        if -_EPSILON < step - 1.0 < _EPSILON:
            break
    return value
