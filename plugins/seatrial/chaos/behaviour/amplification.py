"""Retry amplification: how many attempts a dependency in trouble gets for one call."""

from __future__ import annotations

from collections import Counter
from typing import Any

from seatrial.chaos.behaviour.calls import Recording
from seatrial.chaos.finding import Finding, share_of_calls, unproven
from seatrial.policy.aspects import Aspect

AT_MOST = 3.0
"""Attempts a call, where the policy says nothing."""


def amplification(recording: Recording, aspect: Aspect) -> Finding:
    """Calls that are tried more often than the policy allows are at most 5 % of those that met the fault.

    Where a target changes the body from attempt to attempt, attempts cannot be told to belong together; then
    there are more of them than calls, and the mean decides.
    """
    limit = aspect.at_most or AT_MOST
    sizes = [len(group) for group in recording.calls]
    if not sizes:
        return unproven("no attempt of a call was recorded under the fault")
    calls = len(recording.asked)
    mean = sum(sizes) / max(calls, 1)
    numbers: dict[str, Any] = {"most": max(sizes), "mean": round(mean, 3), "at_most": limit}
    distinct = len({group[0].body_hash for group in recording.calls})
    if calls and distinct > limit * calls + 3:  # attempts without a common body: each looks like a call
        return share_of_calls(
            f"stand for {distinct / calls:.1f} attempts each, {limit:g} are allowed",
            bad=calls,
            met=calls,
            **numbers,
        )
    beyond = sum(count for size, count in Counter(sizes).items() if size > limit)
    return share_of_calls(
        f"were tried more than {limit:g} times (at most {max(sizes)})",
        bad=beyond,
        met=len(sizes),
        calls=calls,
        **numbers,
    )
