"""Errors that say "this request is wrong": asking again cannot help, and costs."""

from __future__ import annotations

from seatrial.chaos.behaviour.calls import Recording
from seatrial.chaos.finding import Finding, share_of_calls, unproven
from seatrial.policy.aspects import Aspect

FINAL = frozenset({400, 401, 403, 404, 405, 410, 413, 415, 422})
"""Statuses by which a provider refuses the request itself (RFC 9110, section 15.5); 408, 409, 425 and 429 ask
for another attempt."""


def non_retryable_not_retried(recording: Recording, aspect: Aspect) -> Finding:
    """A call that a dependency refused as wrong is not brought to it again."""
    refused = [
        [attempt.status in FINAL and bool(attempt.faults) for attempt in group] for group in recording.struck
    ]
    refused = [flags for flags in refused if any(flags)]
    if not refused:
        return unproven("no call was refused with a status that forbids another attempt")
    return share_of_calls(
        "were brought again to the dependency that had refused them",
        bad=sum(any(flags[:-1]) for flags in refused),
        met=len(refused),
        calls=len(recording.asked),
    )
