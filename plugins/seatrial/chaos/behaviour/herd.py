"""Thundering herd: everybody who waited for a dependency falls upon it as soon as it returns."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

from seatrial.chaos.behaviour.calls import Recording
from seatrial.chaos.finding import Finding, failed, passed, unproven
from seatrial.core.evidence.base import Decision
from seatrial.core.evidence.fixed import judge
from seatrial.policy.aspects import Aspect

AT_MOST = 2.0
"""Attempts for each call of that second, where the policy says nothing."""
WINDOW = 1.0
"""Seconds in which a herd is counted: the busiest of the first `WATCHED`."""
WATCHED = 8.0
"""Seconds from the first attempt after the return: a trial must succeed before a herd can follow it."""
FEWEST = 20


def no_thundering_herd(recording: Recording, aspect: Aspect) -> Finding:
    """In its busiest second after the return a dependency gets at most N attempts for each call.

    The calls of that second are the measure, and not the rate before the fault: where herd and calls share a
    machine, a herd slows the calls instead of raising the rate.

    Method: two Poisson counts compared exactly; given their sum the attempts are binomial with share
    ``N / (N + 1)`` at the limit (Przyborowski & Wilenski 1940). 95 % confidence, 90 % power.
    """
    limit = aspect.at_most or AT_MOST
    before, after = recording.before, recording.after
    if len(before) < FEWEST:
        return unproven(f"only {len(before)} attempts before the fault: no rate to compare with", len(before))
    if not after:
        return unproven("the dependency was not asked again after its return")
    first = min(attempt.started for attempt in after)
    if recording.ended - first < WATCHED:
        return unproven("the record ends too soon after the return", len(after))
    start, burst = _busiest([each.started for each in after if each.started <= first + WATCHED])
    calls = sum(start <= time < start + WINDOW for time in recording.sent)
    decision = judge(burst, burst + calls, limit / (limit + 1)).decision
    usual = len(before) / max(before[-1].started - before[0].started, 1e-9)
    times = burst / WINDOW / usual
    numbers: dict[str, Any] = {"attempts": burst, "calls": calls, "times": times, "at_most": limit}
    said = (
        f"{burst:,} attempts in the busiest second after the return, for {calls:,} calls; "
        f"{times:.1f} times the rate before the fault"
    )
    if decision is Decision.FAIL:
        return failed(f"{said}; {limit:g} attempts a call are allowed", burst, **numbers)
    return passed(said, burst, **numbers) if decision is Decision.PASS else unproven(said, burst, **numbers)


def _busiest(times: Sequence[float]) -> tuple[float, int]:
    """Where the busiest second begins, and how many fall into it; *times* in order."""
    counts = [(bisect_left(times, start + WINDOW) - bisect_left(times, start), start) for start in times]
    most, start = max(counts)
    return start, most
