"""The Universal Scalability Law, fitted over levels, and the knee of the curve.

``X(N) = γ N / (1 + σ (N - 1) + κ N (N - 1))``: throughput X at N requests in flight, γ what one alone gets,
σ contention (what waits for one thing), κ coherency (what has to agree with all others).
Sources: Gunther, Guerrilla Capacity Planning (2007), chapters 4 to 6; Kleinrock, Power and deterministic
rules of thumb for probabilistic problems, ICC 1979 (the knee: throughput over response time is largest).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seatrial.core.units import format_share

Floats = NDArray[np.float64]

LEAST = 4
"""Levels below which three parameters are no fit."""
_POOR = 0.1  # relative root mean square residual beyond which the law does not describe the system
_STEPS = 200


@dataclass(frozen=True, slots=True)
class Law:
    """A fitted law.

    Attributes:
        gamma: requests a second that a single one in flight gets.
        sigma, kappa: contention and coherency, 0 or more.
        residuals: measured over fitted throughput, less 1, a level.
        warning: why it should not be relied on, empty where it may.
    """

    gamma: float
    sigma: float
    kappa: float
    residuals: tuple[float, ...]
    warning: str = ""

    def throughput(self, flying: float) -> float:
        """Requests a second with so many in flight."""
        return float(_law(np.array([flying]), self.gamma, self.sigma, self.kappa)[0])

    @property
    def peak(self) -> float | None:
        """Requests in flight at which throughput is highest; None where it never falls."""
        return math.sqrt(max(1.0 - self.sigma, 0.0) / self.kappa) if self.kappa > 0 else None

    @property
    def most(self) -> float | None:
        """The highest throughput there is, requests a second; None where it grows without end."""
        if self.peak is not None:
            return self.throughput(max(self.peak, 1.0))
        return self.gamma / self.sigma if self.sigma > 0 else None

    def to_dict(self) -> dict[str, Any]:
        """For the journal."""
        return asdict(self) | {"peak": self.peak, "most": self.most}


def fit(flying: Sequence[float], served: Sequence[float]) -> Law | None:
    """The law by least squares on relative residuals; None with fewer than `LEAST` distinct levels.

    Args:
        flying: mean requests in flight, a level.
        served: requests answered a second, a level.
    """
    n, x = np.asarray(flying, np.float64), np.asarray(served, np.float64)
    sound = np.isfinite(n) & np.isfinite(x) & (n > 0) & (x > 0)
    n, x = n[sound], x[sound]
    if len(np.unique(n.round(9))) < LEAST:
        return None
    best = min((_descended(n, x, start) for start in _starts(n, x)), key=lambda found: _cost(n, x, found))
    gamma, sigma, kappa = best
    residuals = x / _law(n, *best) - 1.0
    law = Law(float(gamma), float(sigma), float(kappa), tuple(residuals.round(6).tolist()))
    spread = float(np.sqrt(np.mean(residuals**2)))
    if spread <= _POOR:
        return law
    missed = format_share(round(spread, 2))
    told = f"the law misses what was measured by {missed} on average: do not extrapolate by it"
    return Law(law.gamma, law.sigma, law.kappa, law.residuals, told)


def _law(n: Floats, gamma: float, sigma: float, kappa: float) -> Floats:
    # Below one in flight there is nobody to wait for, nor to agree with.
    others = np.maximum(n - 1.0, 0.0)
    return np.asarray(gamma * n / (1.0 + sigma * others + kappa * n * others))


def _cost(n: Floats, x: Floats, found: tuple[float, float, float]) -> float:
    return float(np.sum((_law(n, *found) / x - 1.0) ** 2))


def _starts(n: Floats, x: Floats) -> list[tuple[float, float, float]]:
    """Where to begin: the transformed law is linear, ``N / X = (1 + σ (N-1) + κ N (N-1)) / γ``."""
    others = np.maximum(n - 1.0, 0.0)
    columns = np.stack([np.ones_like(n), others, n * others], axis=1)
    weights = x / n
    found = np.linalg.lstsq(columns * weights[:, None], np.ones_like(n), rcond=None)[0]
    gamma = 1.0 / found[0] if found[0] > 0 else float(np.max(x / n))
    linear = (gamma, max(float(found[1]) * gamma, 0.0), max(float(found[2]) * gamma, 0.0))
    single = float(np.max(x / n))
    return [linear, (single, single / float(x.max()), 0.0), (single, 0.05, 1e-4)]


def _descended(n: Floats, x: Floats, start: tuple[float, float, float]) -> tuple[float, float, float]:
    """Levenberg-Marquardt on (log γ, σ, κ), with σ and κ kept at 0 or more."""
    p = np.array([math.log(start[0]), start[1], start[2]])
    damping = 1e-3
    cost = _cost(n, x, _named(p))
    for _ in range(_STEPS):
        residual = _law(n, *_named(p)) / x - 1.0
        slope = _slopes(n, x, p)
        normal = slope.T @ slope
        normal[np.diag_indices(3)] += damping * np.maximum(np.diag(normal), 1e-12)
        step = np.linalg.lstsq(normal, -slope.T @ residual, rcond=None)[0]
        tried = p + step
        tried[1:] = np.maximum(tried[1:], 0.0)
        cheaper = _cost(n, x, _named(tried))
        if cheaper < cost:
            gained, p, cost, damping = cost - cheaper, tried, cheaper, max(damping / 3, 1e-12)
            if gained < 1e-12 * max(cost, 1e-12):
                break
        else:
            damping *= 4
            if damping > 1e12:
                break
    return _named(p)


def _named(p: Floats) -> tuple[float, float, float]:
    return math.exp(min(float(p[0]), 50.0)), float(p[1]), float(p[2])


def _slopes(n: Floats, x: Floats, p: Floats) -> Floats:
    gamma, sigma, kappa = _named(p)
    others = np.maximum(n - 1.0, 0.0)
    below = 1.0 + sigma * others + kappa * n * others
    value = gamma * n / below / x
    return np.stack([value, -value * others / below, -value * n * others / below], axis=1)


def knee(served: Sequence[float], seconds: Sequence[float]) -> int | None:
    """The level at which throughput over response time (Kleinrock's power) is largest.

    None where it is not shown: beyond the last level nobody knows what comes, and a first one is no curve.

    Args:
        served: requests answered a second, a level, upwards.
        seconds: mean response time, a level.
    """
    power = [x / r if r > 0 and math.isfinite(x) and math.isfinite(r) else -math.inf
             for x, r in zip(served, seconds, strict=True)]  # fmt: skip
    told = [place for place, value in enumerate(power) if value > -math.inf]
    if not told:
        return None
    best = max(told, key=lambda place: power[place])
    return best if best < told[-1] else None
