"""Fallback: when the first provider fails the next in order answers, and nobody behind it."""

from __future__ import annotations

from seatrial.chaos.behaviour.calls import NOT_SENT, Recording
from seatrial.chaos.finding import Finding, beside, share_of_calls
from seatrial.faults.recorder import Attempt
from seatrial.policy.aspects import Aspect

LIMIT = 0.1
"""The share of calls that may take another way than the policy's order says."""


def fallback_order(recording: Recording, aspect: Aspect) -> Finding:
    """Under the fault at least 90 % of the calls reach the next provider in order."""
    broken = {attempt.proxy for attempt in recording.hit} or set(recording.order[:1])
    whole = [name for name in recording.order if name not in broken]
    if not whole:
        return beside("there is no other provider to fall back to")
    asked = recording.asked
    reached = {name: _reached(recording, name) for name in whole}
    took = min(len(asked), reached[whole[0]])
    found = share_of_calls(
        f"did not reach {whole[0]!r}, the next in order",
        bad=len(asked) - took,
        met=len(asked),
        limit=LIMIT,
        reached=reached,
    )
    beyond = {name: count for name, count in reached.items() if name != whole[0] and count}
    if not found.outcome.green or not beyond:
        return found
    name, count = max(beyond.items(), key=lambda item: item[1])
    return share_of_calls(
        f"went on to {name!r} although {whole[0]!r} was whole",
        bad=min(count, len(asked)),
        met=len(asked),
        limit=LIMIT,
        reached=reached,
    )


def _reached(recording: Recording, name: str) -> int:
    def counts(attempt: Attempt) -> bool:
        in_time = recording.injected <= attempt.started < recording.reverted
        return in_time and attempt.proxy == name and attempt.outcome != NOT_SENT

    return len({attempt.body_hash for attempt in recording.others if counts(attempt)})
