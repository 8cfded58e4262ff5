"""One phase of a scenario: its traffic, what the callers saw, and when it was good."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from seatrial.chaos.asking import Seen
from seatrial.core.log import Bools, Log
from seatrial.core.objective import Objective
from seatrial.load.traffic import Traffic

BEFORE, UNDER, AFTER = "before", "under", "after"


@dataclass
class Phase:
    """A traffic of a scenario's own, and what its callers saw.

    Attributes:
        seen: in the order in which answers came.
        zero: the zero of the traffic's times on `time.monotonic`; set by the first request.
    """

    name: str
    traffic: Traffic
    seen: list[Seen] = field(default_factory=list)
    zero: float = 0.0

    @property
    def log(self) -> Log:
        """Its exchanges, in send order."""
        return self.traffic.log

    @property
    def sent(self) -> list[float]:
        """When each request left, seconds on `time.monotonic`, in order."""
        return sorted(seen.sent for seen in self.seen)

    def ended(self, number: int) -> float:
        """When exchange *number* came to its end, seconds on `time.monotonic`."""
        log = self.log
        took = log.intended(number, number + 1) + log.duration(number, number + 1)
        return self.zero + float(took[0])


def latched(until: Callable[[], bool]) -> Callable[[], bool]:
    """*until*, which stays true once it was: traffic asks again after the last answers came in."""
    done = False

    def asked() -> bool:
        nonlocal done
        done = done or until()
        return done

    return asked


def good(log: Log, objectives: Iterable[Objective], start: int = 0) -> Bools:
    """Which exchanges were whole and met every criterion that is about single requests."""
    stop = len(log)
    found = log.ok(start, stop)
    for objective in objectives:
        if objective.sli.events != "requests":
            continue
        bad, _, counts = objective.bad(log, start, stop)
        found = found & ~(bad & counts)
    return np.asarray(found)


def streak(flags: Bools | Sequence[bool], wanted: int) -> int | None:
    """Where the first *wanted* good ones in a row begin, None where there are none."""
    whole = np.asarray(flags, dtype=np.int64)
    if len(whole) < wanted:
        return None
    sums = np.concatenate(([0], np.cumsum(whole)))
    found = np.flatnonzero(sums[wanted:] - sums[:-wanted] == wanted)
    return int(found[0]) if len(found) else None
