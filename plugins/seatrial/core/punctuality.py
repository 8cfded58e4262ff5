"""How punctual the load generator itself was: what it was late by is no fault of the target's."""

from __future__ import annotations

from dataclasses import dataclass

from seatrial.core.units import format_duration

SHARE = 0.05  # of a limit on time: what departures may be late at their 99th percentile
FLOOR = 0.001  # seconds: no generator is asked to be better than this


@dataclass(frozen=True, slots=True)
class Punctuality:
    """Lateness of the generator, in seconds.

    Attributes:
        p50, p99: of the requests' departures behind their schedule; 0 where there is none.
        loop_p99: of the event loop's own wake-ups: a busy harness may add as much to a latency.
        lost: why exchanges that were sent are not among those that are judged; empty where none is missing.
    """

    p50: float = 0.0
    p99: float = 0.0
    loop_p99: float = 0.0
    lost: str = ""

    @property
    def worst(self) -> float:
        """What may have been added to a latency by the harness."""
        return max(self.p99, self.loop_p99)

    def behind(self, limit: float) -> str | None:
        """Why a pass on a limit in seconds shows nothing (the load was not kept up), None where it does."""
        allowed = max(SHARE * limit, FLOOR)
        if self.p99 <= allowed:
            return None
        return (
            f"the generator fell behind its schedule: by {format_duration(self.p99)} at the 99th percentile,"
            f" where {format_duration(allowed)} is a twentieth of the limit"
        )
