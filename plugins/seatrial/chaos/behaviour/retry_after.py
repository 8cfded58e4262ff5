"""Retry-After: who is asked to wait does not come back before (RFC 9110, section 10.2.3).

Seen in public: a gateway that slept 9 s of 107 s asked for, and several that never looked at the header.
"""

from __future__ import annotations

from seatrial.chaos.behaviour.calls import Recording, end_of, seconds
from seatrial.chaos.finding import Finding, share_of_calls, unproven
from seatrial.faults.recorder import Attempt
from seatrial.policy.aspects import Aspect

TOLERANCE = 0.05
"""Seconds: rounding of clocks on both sides. The header itself is never shorter than what was asked for."""


def retry_after_honoured(recording: Recording, aspect: Aspect) -> Finding:
    """No call that was told to wait asks the same dependency again earlier; in seconds as in dates.

    A target that does not ask there again at all honours it too. Calls whose time to wait is longer than what
    was recorded count only where they came back too early.
    """
    asked = {name: wait for name, fault in recording.faults.items() if (wait := _asked(fault)) is not None}
    if not asked:
        return unproven("no fault of this scenario asks to retry later: give http.status a retry_after")
    told = early = 0
    shortest: float | None = None
    for group in recording.struck:
        waited = [_waited(group, number, asked, recording.ended) for number in range(len(group))]
        judged = [each for each in waited if each is not None]
        if not judged:
            continue
        told += 1
        early += any(wait < wanted - TOLERANCE for wait, wanted in judged)
        came = [wait for wait, _ in judged if wait != float("inf")]
        shortest = min([*came, *([] if shortest is None else [shortest])], default=None)
    return share_of_calls(
        "were tried again before the time that the dependency had asked to wait",
        bad=early,
        met=told,
        calls=len(recording.asked),
        asked_seconds=max(asked.values()),
        shortest_wait_seconds=shortest,
    )


def _asked(fault: object) -> float | None:
    return seconds(fault.get("retry_after")) if isinstance(fault, dict) else None


def _waited(
    group: list[Attempt], number: int, asked: dict[str, float], until: float
) -> tuple[float, float] | None:
    """How long the call waited after one attempt, and how long it was asked to; infinite where it never came
    back, None where it was not asked or the recording is too short to tell."""
    attempt = group[number]
    wanted = max((asked[name] for name in attempt.faults if name in asked), default=None)
    ended = end_of(attempt)
    if wanted is None or ended is None:
        return None
    if number + 1 < len(group):
        return group[number + 1].started - ended, wanted
    return (float("inf"), wanted) if until >= ended + wanted else None
