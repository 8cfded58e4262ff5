"""Thundering herd: everybody who waited for a dependency falls upon it as soon as it returns."""

from __future__ import annotations

from collections.abc import Sequence

from seatrial.chaos.behaviour.calls import Recording
from seatrial.chaos.finding import Finding, failed, passed, unproven
from seatrial.core.evidence.base import Decision
from seatrial.core.evidence.fixed import judge
from seatrial.policy.aspects import Aspect

AT_MOST = 3.0
"""Times the rate before the fault, and times the calls of that second, where the policy says nothing."""
WINDOW = 1.0
"""Seconds in which a herd is counted: the busiest of the first `WATCHED`."""
WATCHED = 3.0
"""Seconds from the first attempt after the return: a breaker's trial must succeed before a herd can follow."""
FEWEST = 20


def no_thundering_herd(recording: Recording, aspect: Aspect) -> Finding:
    """In its busiest second after the return the dependency gets at most N times its usual rate, and at most
    N attempts for each call that is made in that second.

    On a busy machine the first alone would not do: where calls and herd share its processors, the herd slows
    the calls instead of raising the rate.

    Method: two Poisson counts compared exactly; given their sum one is binomial with share
    ``N·t₁ / (N·t₁ + t₀)`` at the limit (Przyborowski & Wilenski 1940). 95 % confidence, 90 % power.
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
    usual = max(before[-1].started - before[0].started, 1e-9)
    decisions = {
        judge(burst, burst + len(before), limit * WINDOW / (limit * WINDOW + usual)).decision,
        judge(burst, burst + calls, limit / (limit + 1)).decision,
    }
    times = burst / WINDOW / (len(before) / usual)
    said = (
        f"{burst:,} attempts in the busiest second after the return: {times:.1f} times the rate before the "
        f"fault, for {calls:,} calls"
    )
    return _found(said, decisions, limit, burst, times=times, calls=calls)


def _found(said: str, decisions: set[Decision | None], limit: float, burst: int, **numbers: float) -> Finding:
    if Decision.FAIL in decisions:
        told = f"{said}; {limit:g} times are allowed"
        return failed(told, burst, None, at_most=limit, attempts=burst, **numbers)
    if decisions == {Decision.PASS}:
        return passed(said, burst, at_most=limit, attempts=burst, **numbers)
    return unproven(said, burst, at_most=limit, attempts=burst, **numbers)


def _busiest(times: Sequence[float]) -> tuple[float, int]:
    """Where the busiest second begins, and how many fall into it."""
    counts = [(sum(start <= time < start + WINDOW for time in times), start) for start in times]
    most, start = max(counts)
    return start, most
