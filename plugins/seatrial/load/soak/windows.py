"""What was seen between two checkpoints, in a few hundred bytes however much it was."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from seatrial.core.exchange import Exchange

_STEP = math.log(1.01)
"""Times are counted in classes that are 1 % apart; quantiles within a class are interpolated."""
_SHORTEST = 1e-6


@dataclass(slots=True)
class Window:
    """A stretch of a soak.

    Attributes:
        begin, end: seconds of sending since the soak began.
        good, failed: exchanges that came to their end in it.
        times: how many good ones took how long, by class.
        figures: what was read at its end, by name: memory in bytes, open files, gauges.
        process: what names the target's process; None where none is known.
    """

    begin: float
    end: float
    good: int = 0
    failed: int = 0
    times: Counter[int] = field(default_factory=Counter)
    figures: dict[str, float] = field(default_factory=dict)
    process: str | None = None

    def add(self, exchange: Exchange) -> None:
        """Count one exchange."""
        if not exchange.ok:
            self.failed += 1
            return
        self.good += 1
        self.times[math.floor(math.log(max(exchange.duration, _SHORTEST)) / _STEP)] += 1

    def quantile(self, share: float) -> float:
        """Seconds within which *share* of the good ones came; NaN where there were none."""
        left = share * self.good
        for kind, count in sorted(self.times.items()):
            if left <= count:
                return math.exp((kind + left / count) * _STEP)
            left -= count
        return math.nan

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "begin": round(self.begin, 6),
            "end": round(self.end, 6),
            "good": self.good,
            "failed": self.failed,
            "times": {str(kind): count for kind, count in sorted(self.times.items())},
            "figures": self.figures,
            "process": self.process,
        }

    @classmethod
    def from_dict(cls, told: dict[str, Any]) -> Window:
        """The inverse of `to_dict`."""
        times = Counter({int(kind): int(count) for kind, count in told["times"].items()})
        return cls(**{**told, "times": times})
