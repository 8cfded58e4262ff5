"""What one flight recorder was known to have: a look while traffic runs reads only what may have changed.

To read all of it several times a second would hold up the proxy, and what it times would be late.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable

from seatrial.faults.recorder import OPEN, Attempt


class KnownAttempts:
    """The attempts of one proxy.

    Args:
        read: what its recorder has above a number, in order.
    """

    def __init__(self, read: Callable[[int], list[Attempt]]) -> None:
        self._read = read
        self._known: list[Attempt] = []
        self._settled = 0

    def above(self, number: int) -> list[Attempt]:
        """Attempts above *number*, in order, as they are by now."""
        new = self._read(self._settled)
        del self._known[self._place(self._settled) :]
        self._known += new
        under_way = next((each.number for each in new if each.outcome == OPEN), None)
        if under_way is not None:
            self._settled = under_way - 1
        elif new:
            self._settled = new[-1].number
        return self._known[self._place(number) :]

    def _place(self, number: int) -> int:
        """Where those above *number* begin."""
        return bisect_right(self._known, number, key=lambda attempt: attempt.number)
