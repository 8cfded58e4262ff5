"""The default test of a share of bad events: sequential, and valid when looked at after every exchange."""

from __future__ import annotations

import math
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from seatrial.core.errors import UsageError
from seatrial.core.evidence import bounds as _bounds
from seatrial.core.evidence.base import Decision, TrailPoint, checked_deff, checked_level, next_mark
from seatrial.core.evidence.mixture import CHUNK, Boundary, boundary

Array = NDArray[Any]

# Up to so many values (bad values) a loop over the tables is cheaper than a dozen calls into numpy.
_FEW = 8
_FEW_BAD = 48
_BLOCK = 1 << 16
_NEVER = 1 << 62


class SequentialProportion:
    """Is the share of bad events at most *limit*?

    Two mixture e-processes run side by side (see `seatrial.core.evidence.mixture`): PASS once "it is at least
    the limit" is refuted at level 1 - confidence, FAIL once "it is at most the limit" is refuted at level
    1 - power. A limit of 0 is zero tolerance: the first bad event fails, and no evidence ever passes.

    Args:
        limit: largest share of bad events that is still acceptable, 0 <= limit < 1.
        confidence: at least this probability that a system at or beyond the limit is never passed.
        power: at least this probability that a system within the limit is never failed.
        deff: design effect: n values count as n / deff independent ones.
        allow_pass: False where a pass is decided elsewhere; FAIL still is decided here.

    Raises:
        UsageError: a number out of its range.
    """

    __slots__ = (
        "_allow_pass",
        "_bad",
        "_boundary",
        "_decision",
        "_last_fail",
        "_mark",
        "_marks",
        "_n",
        "_pass_from",
        "_pass_table",
        "_table_end",
        "_wake",
        "confidence",
        "deff",
        "limit",
        "power",
    )

    def __init__(
        self,
        limit: float,
        *,
        confidence: float = 0.95,
        power: float = 0.9,
        deff: float = 1.0,
        allow_pass: bool = True,
    ) -> None:
        if not 0.0 <= limit < 1.0:
            raise UsageError(
                f"the limit of a share of bad events must lie in [0, 1), not {limit!r}",
                hint="a target of 99% is a limit of 0.01",
            )
        self.limit = float(limit)
        self.confidence = checked_level("confidence", confidence)
        self.power = checked_level("power", power)
        self.deff = checked_deff(deff)
        self._allow_pass = allow_pass
        self._n = self._bad = 0
        self._decision: Decision | None = None
        self._marks: list[tuple[int, int]] = []
        self._mark = 1
        self._boundary: Boundary | None = None
        self._rewire()

    @property
    def n(self) -> int:
        """Values consumed; once decided, those up to the decision."""
        return self._n

    @property
    def bad(self) -> int:
        """Bad ones among them."""
        return self._bad

    @property
    def decision(self) -> Decision | None:
        """PASS, FAIL, or None as long as the data do not allow either."""
        return self._decision

    def update(self, values: Array, may_pass: bool = True) -> Decision | None:
        """Consume *values* (1-D, truthy = bad) in order, as if looked at after each single one.

        The first crossing decides and stays; values after it are ignored. With an empty array the state is
        looked at as it is, which matters after passing had been withheld.

        Args:
            may_pass: False withholds PASS (a minimum duration is not reached yet); FAIL still decides.
        """
        array = np.asarray(values).astype(bool, copy=False)
        if array.ndim != 1:
            raise UsageError(f"evidence takes one row of values, not an array of {array.ndim} dimensions")
        if self._decision is not None:
            return self._decision
        if array.size == 0:
            return self._look(may_pass) if self._n else None
        if array.size <= _FEW:
            for value in array.tolist():
                if self.add(value, may_pass) is not None:
                    break
            return self._decision
        for start in range(0, array.size, _BLOCK):
            block = array[start : start + _BLOCK]
            places = np.flatnonzero(block)
            consume = self._runs if places.size <= _FEW_BAD else self._block
            if consume(places, block.size, may_pass) is not None:
                break
        return self._decision

    def add(self, bad: bool, may_pass: bool = True) -> Decision | None:
        """`update` with a single value, without numpy."""
        if self._decision is not None:
            return self._decision
        self._n = n = self._n + 1
        if bad:
            self._bad += 1
            if self._fails_now(n):
                return self._decide(Decision.FAIL)
        if n < self._wake:
            return None
        return self._look(may_pass)

    def with_deff(self, deff: float) -> Self:
        """Raise the design effect in mid-stream; once decided, or if it is lower, nothing changes."""
        if self._decision is None and checked_deff(deff) > self.deff:
            self.deff = float(deff)
            self._rewire()
        return self

    def estimate(self) -> float:
        """The share of bad events seen, NaN without any event."""
        return self._bad / self._n if self._n else math.nan

    def bounds(self) -> tuple[float, float]:
        """``(lower, upper)`` for the true share: both e-processes inverted, valid however often one looks."""
        n, k = self._n / self.deff, self._bad / self.deff
        lower = _bounds.lower_bound(n, k, self._log_fail, hint=self.limit)
        upper = _bounds.upper_bound(n, k, self._log_pass, hint=self.limit or 3.0 / (n + 3.0))
        return lower, upper

    def log_e(self) -> tuple[float, float]:
        """``(ln E_pass, ln E_fail)`` of now."""
        return self._log_e_at(self._n, self._bad)

    def needed(self) -> int | None:
        """Further values expected until a decision if things go on as they went; None where not to be told.

        Half an event at half the limit is mixed in, so that there is an answer from the start.
        """
        if self._decision is not None or self._boundary is None:
            return None
        share = (self._bad + 0.5 * self.deff) / (self._n + self.deff / self.limit)
        side = 0 if share < self.limit else 1
        if side == 0 and not self._allow_pass:
            return None
        return self._boundary.further(self._n, self._bad, share, side)

    @property
    def trail(self) -> list[TrailPoint]:
        """``(n, ln E_pass, ln E_fail)`` along the way and now, at sample sizes about 8 % apart."""
        points = [point for point in self._marks if point[0] != self._n]
        if self._n:
            points.append((self._n, self._bad))
        return [(n, *self._log_e_at(n, k)) for n, k in points]

    @property
    def _log_pass(self) -> float:
        return -math.log(1.0 - self.confidence)

    @property
    def _log_fail(self) -> float:
        return -math.log(1.0 - self.power)

    def _log_e_at(self, n: int, k: int) -> tuple[float, float]:
        if self._boundary is None:
            return 0.0, math.inf if k else 0.0
        return self._boundary.log_e(n, k)

    def _rewire(self) -> None:
        """Take the tables that belong to the limit and the design effect of now."""
        if self.limit > 0.0:
            self._boundary = boundary(self.limit, self.confidence, self.power, self.deff)
        self._table_end = 0
        self._pass_table: list[int] = []
        self._last_fail: list[int] = []
        # 0 means "not known for this count": the next look settles it.
        self._pass_from = 0 if self._boundary is not None and self._allow_pass else _NEVER
        self._wake = min(self._mark, self._pass_from)

    def _fails_now(self, n: int) -> bool:
        """After a bad event: move on in the tables and say whether E_fail is over its threshold."""
        if self._boundary is None:
            return True
        k = self._bad
        if k >= self._table_end or k < self._table_end - CHUNK:
            self._pass_table, self._last_fail = self._boundary.table(k)
            self._table_end = k - k % CHUNK + CHUNK
        place = k % CHUNK
        if self._allow_pass:
            self._pass_from = self._pass_table[place]
            self._wake = self._mark if self._mark < self._pass_from else self._pass_from
        return n <= self._last_fail[place] and self._boundary.fails(n, k)

    def _look(self, may_pass: bool) -> Decision | None:
        """Keep the trail, and settle by the exact formula whether what the tables announce has come."""
        n = self._n
        if n == self._mark:
            self._marks.append((n, self._bad))
            self._mark = next_mark(n)
        if may_pass and n >= self._pass_from and self._boundary is not None:
            self._pass_from = self._boundary.pass_at(self._bad)
            if n >= self._pass_from:
                return self._decide(Decision.PASS)
        self._wake = min(self._mark, self._pass_from)
        return None

    def _decide(self, decision: Decision) -> Decision:
        self._decision = decision
        return decision

    def _runs(self, places: Array, size: int, may_pass: bool) -> Decision | None:
        """Consume a block with few bad events, at *places*: from one point of interest to the next."""
        start = self._n
        for place in [*places.tolist(), size]:
            while (stop := max(self._wake, self._n + 1) if may_pass else self._mark) <= start + place:
                self._n = stop
                if self._look(may_pass) is not None:
                    return self._decision
            self._n = start + place
            if place < size and self.add(True, may_pass) is not None:
                return self._decision
        return None

    def _block(self, places: Array, size: int, may_pass: bool) -> Decision | None:
        """Consume a block at once: a FAIL can come at bad events only, a PASS in the runs between them."""
        end, decision = size, None
        failed = self._first_fail(places)
        if failed is not None:
            end, decision = failed, Decision.FAIL
        if may_pass and self._allow_pass:
            passed = self._first_pass(places, size)
            if passed is not None and passed < end + (decision is None):
                end, decision = passed, Decision.PASS
        self._mark_block(places, end)
        self._n += end
        self._bad += int(np.searchsorted(places, end))
        self._table_end = 0
        self._pass_from = 0 if self._boundary is not None and self._allow_pass else _NEVER
        self._wake = min(self._mark, self._pass_from)
        return self._decide(decision) if decision is not None else None

    def _first_fail(self, places: Array) -> int | None:
        """How many values of the block it takes until E_fail crosses, None where it does not."""
        if self._boundary is None:
            return int(places[0]) + 1 if places.size else None
        n = self._n + 1.0 + places
        k = self._bad + 1.0 + np.arange(places.size)
        for index in self._boundary.may_have_failed(n, k).tolist():
            if self._boundary.fails(int(n[index]), int(k[index])):
                return int(places[index]) + 1
        return None

    def _first_pass(self, places: Array, size: int) -> int | None:
        """How many values of the block it takes until E_pass crosses, None where it does not."""
        if self._boundary is None:
            return None
        ends = np.append(places, size)
        k = self._bad + np.arange(ends.size, dtype=float)
        for index in self._boundary.may_have_passed(self._n + ends.astype(float), k).tolist():
            count, start = self._bad + index, 1 + (int(places[index - 1]) if index else 0)
            if start <= ends[index] and self._boundary.passes(self._n + int(ends[index]), count):
                return max(start, self._boundary.pass_at(count) - self._n)
        return None

    def _mark_block(self, places: Array, end: int) -> None:
        while self._mark <= self._n + end:
            bad = self._bad + int(np.searchsorted(places, self._mark - self._n))
            self._marks.append((self._mark, bad))
            self._mark = next_mark(self._mark)
