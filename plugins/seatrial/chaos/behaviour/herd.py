"""Thundering herd: everybody who waited for a dependency falls upon it as soon as it returns."""

from __future__ import annotations

from typing import Any

from seatrial.chaos.behaviour.calls import Recording
from seatrial.chaos.finding import Finding, failed, passed, unproven
from seatrial.core.evidence.base import Decision
from seatrial.core.evidence.fixed import judge
from seatrial.policy.aspects import Aspect

AT_MOST = 3.0
"""Times the rate before the fault, in the first second, where the policy says nothing."""
WINDOW = 1.0
"""Seconds from the first attempt after the return."""
FEWEST = 20


def no_thundering_herd(recording: Recording, aspect: Aspect) -> Finding:
    """In the first second in which it is asked again, the dependency gets at most N times its usual rate.

    Method: two Poisson rates compared exactly; given their sum the count after is binomial with share
    ``N·t₁ / (N·t₁ + t₀)`` at the limit (Przyborowski & Wilenski 1940). 95 % confidence, 90 % power.
    """
    limit = aspect.at_most or AT_MOST
    before, after = recording.before, recording.after
    if len(before) < FEWEST:
        return unproven(f"only {len(before)} attempts before the fault: no rate to compare with", len(before))
    if not after:
        return unproven("the dependency was not asked again after its return")
    first = min(attempt.started for attempt in after)
    window = min(WINDOW, recording.ended - first)
    if window < WINDOW / 2:
        return unproven("the record ends too soon after the return", len(after))
    burst = sum(attempt.started <= first + window for attempt in after)
    usual = before[-1].started - before[0].started
    rate = len(before) / usual if usual > 0 else float("inf")
    share = limit * window / (limit * window + usual)
    found = judge(burst, burst + len(before), share)
    times = (burst / window) / rate if rate else float("inf")
    numbers: dict[str, Any] = {
        "times": times,
        "at_most": limit,
        "rate_before": rate,
        "rate_after": burst / window,
    }
    said = f"{times:.1f} times the rate before the fault in the first second after the return"
    if found.decision is Decision.PASS:
        return passed(said, burst, **numbers)
    if found.decision is Decision.FAIL:
        return failed(f"{said}, {limit:g} times are allowed", burst, **numbers)
    return unproven(said, burst, **numbers)
