"""How punctual the generator itself was: a run whose generator fell behind is not fast, it is not proven."""

from __future__ import annotations

from array import array
from dataclasses import dataclass

import numpy as np

from seatrial.core.units import format_duration

SHARE = 0.05  # of a limit on time: what the generator may be late at its 99th percentile
FLOOR = 0.001  # seconds: no generator is asked to be better than this


@dataclass(frozen=True, slots=True)
class Punctuality:
    """Lateness of the generator, in seconds.

    Attributes:
        p50, p99: of the requests' departures behind their schedule.
        loop_p99: of the event loop's own wake-ups: a busy harness adds as much to every latency.
    """

    p50: float
    p99: float
    loop_p99: float

    def behind(self, limit: float | None) -> str | None:
        """Why a limit of *limit* seconds cannot be judged, None where it can; None for limits not on time."""
        if limit is None:
            return None
        allowed = max(SHARE * limit, FLOOR)
        worst = max(self.p99, self.loop_p99)
        if worst <= allowed:
            return None
        return (
            f"the generator fell behind: {format_duration(worst)} at its 99th percentile,"
            f" where {format_duration(allowed)} is a twentieth of the limit"
        )


class Lag:
    """Gathers lateness as the traffic runs; 4 bytes a departure."""

    def __init__(self) -> None:
        self._late = array("f")
        self._loop = array("f")

    def departed(self, seconds: float) -> None:
        """A request left so long after its time."""
        self._late.append(seconds)

    def woke(self, seconds: float) -> None:
        """The event loop woke up so long after it should have."""
        self._loop.append(seconds)

    def summary(self) -> Punctuality:
        """What has been seen up to now."""
        late, loop = np.frombuffer(self._late, np.float32), np.frombuffer(self._loop, np.float32)
        p50, p99 = np.quantile(late, (0.5, 0.99)) if len(late) else (0.0, 0.0)
        return Punctuality(float(p50), float(p99), float(np.quantile(loop, 0.99)) if len(loop) else 0.0)
