"""Means of bounded scores (a judge's 0…1, stars 1…5): sequential tests by betting.

Against "the mean is at least m" a gambler stakes a share of his money on each value falling below m; if the
hypothesis holds his wealth Π (1 + λ (m - x)) is not expected to grow, whatever the distribution, so by
Ville's inequality it ever reaches 1/α with probability at most α. Nobody knows the best stake λ in advance:
the money is spread over a grid of constant stakes and the wealths are added up.
Source: Waudby-Smith & Ramdas, JRSS-B 86 (2024) 1, sections 4.2 and B.8 (diversified bets).
"""

from __future__ import annotations

import math
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from seatrial.core.errors import UsageError
from seatrial.core.evidence.base import (
    Decision,
    TrailPoint,
    checked_deff,
    checked_level,
    log_sum_exp,
    next_mark,
)

Array = NDArray[Any]

# Stakes as multiples of 1 / (upper - lower): the smallest finds differences of about 1 % of the range,
# neighbours lie so close that the best stake between them would earn at most 5 % more; the largest risks 95 %
# of the money. It goes by λ**0.8 up to stakes of 2, evenly beyond (only rare events reward those): of the
# powers 0 … 0.8 tried on paired differences, scores and rare events this needed the fewest values in nearly
# every case (68 and 305 instead of 89 and 375 on the first two).
_SMALLEST = 0.03
_RATIO = 1.5
_LARGEST = 0.95
_LEANING = 0.8
_LEVEL = 2.0
_CHUNK = 128
_BINS = 2048
_PRECISION = 1e-4


class BettingMean:
    """Is the mean of scores in [*lower*, *upper*] at most (at least) *limit*?

    Args:
        limit: the mean that is still acceptable, strictly between *lower* and *upper*.
        lower, upper: no score lies outside.
        direction: ``"lte"`` where small scores are good, ``"gte"`` where large ones are.
        confidence, power, deff, allow_pass: as for `SequentialProportion`.

    Raises:
        UsageError: a number out of its range.
    """

    def __init__(
        self,
        limit: float,
        lower: float = 0.0,
        upper: float = 1.0,
        direction: Literal["lte", "gte"] = "gte",
        *,
        confidence: float = 0.95,
        power: float = 0.9,
        deff: float = 1.0,
        allow_pass: bool = True,
    ) -> None:
        if not (math.isfinite(lower) and math.isfinite(upper) and lower < limit < upper):
            raise UsageError(
                f"the limit of a mean must lie strictly between {lower!r} and {upper!r}, not {limit!r}",
                hint="lower and upper are the ends of the scale",
            )
        if direction not in ("lte", "gte"):
            raise UsageError(f"the direction of a mean is lte or gte, not {direction!r}")
        self.limit, self.lower, self.upper, self.direction = (
            float(limit),
            float(lower),
            float(upper),
            direction,
        )
        self.confidence = checked_level("confidence", confidence)
        self.power = checked_level("power", power)
        self.deff = checked_deff(deff)
        self._sign = 1.0 if direction == "gte" else -1.0
        self._allow_pass = allow_pass
        self._levels = (-math.log(1.0 - confidence), -math.log(1.0 - power))
        grids = [self._grid(self.limit, side) for side in (self._sign, -self._sign)]
        self._stakes, self._start = [grid[0] for grid in grids], [grid[1] for grid in grids]
        self._wealth = [np.zeros(stakes.size) for stakes in self._stakes]
        self._n, self._sum = 0, 0.0
        self._decision: Decision | None = None
        self._seen: list[Array] = []
        self._trail: list[TrailPoint] = []
        self._mark = 1

    @property
    def n(self) -> int:
        """Values consumed; once decided, those up to the decision."""
        return self._n

    @property
    def decision(self) -> Decision | None:
        """PASS, FAIL, or None as long as the data do not allow either."""
        return self._decision

    def update(self, values: Array, may_pass: bool = True) -> Decision | None:
        """Consume *values* (1-D scores) in order, as if looked at after each single one.

        An empty array looks at the state as it is, which matters after passing had been withheld.

        Raises:
            UsageError: a score is NaN or outside [lower, upper].
        """
        array = np.asarray(values, dtype=float)
        if array.ndim != 1:
            raise UsageError(f"evidence takes one row of values, not an array of {array.ndim} dimensions")
        if not np.all((array >= self.lower) & (array <= self.upper)):
            odd = array[~((array >= self.lower) & (array <= self.upper))][0]
            raise UsageError(
                f"a score of {odd} lies outside [{self.lower}, {self.upper}]", hint="declare its range"
            )
        may_pass = may_pass and self._allow_pass
        if not array.size and self._n and may_pass and self._decision is None:
            self._decision = Decision.PASS if self.log_e()[0] >= self._levels[0] else None
        for start in range(0, array.size, _CHUNK):
            if self._decision is not None:
                break
            self._chunk(array[start : start + _CHUNK], may_pass)
        return self._decision

    def with_deff(self, deff: float) -> Self:
        """Raise the design effect in mid-stream; once decided, or if it is lower, nothing changes."""
        if self._decision is None and checked_deff(deff) > self.deff:
            self.deff = float(deff)
        return self

    def estimate(self) -> float:
        """The plain mean, NaN without any score."""
        return self._sum / self._n if self._n else math.nan

    def bounds(self) -> tuple[float, float]:
        """``(lower, upper)`` for the true mean: all that neither test would have refuted."""
        if not self._n:
            return self.lower, self.upper
        pass_side, fail_side = (-1.0, 1.0) if self._sign < 0 else (1.0, -1.0)
        sides = {pass_side: (self._levels[0], Decision.PASS), fail_side: (self._levels[1], Decision.FAIL)}
        return self._bound(1.0, *sides[1.0]), self._bound(-1.0, *sides[-1.0])

    def log_e(self) -> tuple[float, float]:
        """``(ln E_pass, ln E_fail)`` of now."""
        both = zip(self._wealth, self._start, strict=True)
        first, second = (float(_log_e(wealth / self.deff, start)) for wealth, start in both)
        return first, second

    def needed(self) -> int | None:
        """Further scores expected until a decision if E goes on as it did; None where not to be told."""
        if self._decision is not None or not self._n:
            return None
        growth = [float(np.max(wealth)) / self.deff for wealth in self._wealth]
        side = 0 if growth[0] > growth[1] else 1
        missing = self._levels[side] - self.log_e()[side]
        if growth[side] <= 0.0 or (side == 0 and not self._allow_pass):
            return None
        return max(1, math.ceil(self._n * missing / growth[side]))

    @property
    def trail(self) -> list[TrailPoint]:
        """``(n, ln E_pass, ln E_fail)`` along the way and now, at sample sizes about 8 % apart."""
        points = [point for point in self._trail if point[0] != self._n]
        return [*points, (self._n, *self.log_e())] if self._n else points

    def _grid(self, mean: float, side: float) -> tuple[Array, Array]:
        """Stakes on values above (side 1) or below (-1) *mean*, and the log of the money each starts with.

        A stake on values below is negative. No single value can ruin any of them.
        """
        at_risk = mean - self.lower if side > 0 else self.upper - mean
        largest = _LARGEST / at_risk
        unit = 1.0 / (self.upper - self.lower)
        smallest = min(_SMALLEST * unit, largest / _RATIO)
        steps = math.ceil(math.log(largest / smallest) / math.log(_RATIO)) + 1
        stakes = np.geomspace(smallest, largest, steps)
        start = np.minimum(stakes, _LEVEL * unit) ** _LEANING
        return side * stakes, np.log(start / start.sum())

    def _chunk(self, values: Array, may_pass: bool) -> None:
        gains = (values - self.limit)[:, None]
        growth = [np.cumsum(np.log1p(gains * stakes), axis=0) for stakes in self._stakes]
        paths = [
            _log_e((wealth + rows) / self.deff, start)
            for wealth, rows, start in zip(self._wealth, growth, self._start, strict=True)
        ]
        passed = paths[0] >= self._levels[0] if may_pass else np.zeros(values.size, dtype=bool)
        crossed = passed | (paths[1] >= self._levels[1])
        last = int(np.argmax(crossed)) if crossed.any() else values.size - 1
        if crossed[last]:
            self._decision = Decision.PASS if passed[last] else Decision.FAIL
        while self._mark <= self._n + last + 1:
            place = self._mark - self._n - 1
            self._trail.append((self._mark, float(paths[0][place]), float(paths[1][place])))
            self._mark = next_mark(self._mark)
        self._wealth = [start + rows[last] for start, rows in zip(self._wealth, growth, strict=True)]
        self._n += last + 1
        self._sum += float(values[: last + 1].sum())
        self._seen.append(values[: last + 1].copy())

    def _bound(self, side: float, level: float, decided: Decision) -> float:
        """The end of the interval below (side 1) or above (-1) the estimate."""
        end = self.lower if side > 0 else self.upper
        values, counts = self._distinct(side)

        def refuted(mean: float) -> bool:
            stakes, start = self._grid(mean, side)
            wealth = counts @ np.log1p((values - mean)[:, None] * stakes)
            return bool(_log_e(wealth / self.deff, start) >= level)

        hint_is_out = self._decision is decided or refuted(self.limit)
        inside, outside = self.estimate(), self.limit if hint_is_out else end
        if not hint_is_out and (self.limit - inside) * side < 0:
            inside = self.limit
        while abs(inside - outside) > _PRECISION * (self.upper - self.lower):
            middle = (inside + outside) / 2
            inside, outside = (inside, middle) if refuted(middle) else (middle, outside)
        return outside

    def _distinct(self, side: float) -> tuple[Array, Array]:
        """The distinct scores and how often each came; too many are put in bins, rounded to the safe side."""
        seen = np.concatenate(self._seen)
        self._seen = [seen]
        values, counts = np.unique(seen, return_counts=True)
        if values.size <= _BINS:
            return values, counts.astype(float)
        width = (self.upper - self.lower) / _BINS
        cells = (values - self.lower) / width
        cells = np.floor(cells) if side > 0 else np.ceil(cells)
        places, index = np.unique(cells, return_inverse=True)
        binned = np.clip(self.lower + places * width, self.lower, self.upper)
        return binned, np.bincount(index, weights=counts)


def _log_e(log_wealth: Array, log_start: Array) -> Array:
    """The logarithm of all the money."""
    return log_sum_exp(log_wealth + log_start, axis=-1)
