"""Double billing: what was accepted and then cut may have been generated, and will be charged.

Seen in public: a retry layer that had 426 generations billed twice in a week.
"""

from __future__ import annotations

from collections import defaultdict

from seatrial.chaos.behaviour.calls import NOT_SENT, Recording
from seatrial.chaos.finding import Finding, share_of_calls, unproven
from seatrial.faults.recorder import Attempt
from seatrial.policy.aspects import Aspect

AT_MOST = 2
"""Generations of one call: the one that was cut, and one further."""


def no_double_billing(recording: Recording, aspect: Aspect) -> Finding:
    """A call that was cut after it had been accepted is generated at most once more, over all dependencies.

    Attempts that carry an idempotency key count once: the provider bills such a call once.
    """
    cut = {
        group[0].body_hash for group in recording.struck if any(each.faults and _sent(each) for each in group)
    }
    if not cut:
        return unproven("no call was accepted and then cut")
    made: dict[str, list[Attempt]] = defaultdict(list)
    for attempt in (*recording.hit, *recording.others):
        if attempt.body_hash in cut and attempt.started >= recording.injected and _sent(attempt):
            made[attempt.body_hash].append(attempt)
    counts = [_generations(attempts) + _elsewhere(recording, made) for attempts in made.values()]
    return share_of_calls(
        f"were generated more than {AT_MOST} times (at most {max(counts)})",
        bad=sum(count > AT_MOST for count in counts),
        met=len(counts),
        calls=len(recording.asked),
        most=max(counts),
    )


def _sent(attempt: Attempt) -> bool:
    """Whether the dependency got the request, and did not refuse it."""
    return attempt.outcome != NOT_SENT and attempt.status < 400


def _generations(attempts: list[Attempt]) -> int:
    keys = {attempt.idempotency_key for attempt in attempts if attempt.idempotency_key}
    keyless = sum(not attempt.idempotency_key for attempt in attempts)
    return len(keys) + keyless


def _elsewhere(recording: Recording, made: dict[str, list[Attempt]]) -> int:
    """1 where other dependencies took the cut calls over under other bodies, so that no hash links them."""
    others = [
        attempt
        for attempt in recording.others
        if recording.injected <= attempt.started < recording.reverted and _sent(attempt)
    ]
    linked = any(attempt.body_hash in made for attempt in others)
    return int(not linked and len(others) >= 0.9 * len(made))
