"""Backoff: the waits between a call's attempts grow, differ from call to call, and have an end.

Full and equal jitter, and why: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
"""

from __future__ import annotations

from statistics import median

from seatrial.chaos.behaviour.calls import Recording, waits
from seatrial.chaos.finding import Finding, beside, failed, share_of_calls, unproven
from seatrial.core.units import format_duration
from seatrial.policy.aspects import Aspect

GROWS = 1.1
"""A wait has grown where it is this much longer than the one before it: equal waits differ by rounding."""
SHRUNK = 0.5
"""The share of calls whose second wait may be no longer than the first: with full jitter and doubling it is
28 %, with jitter on a constant it is 55 %, with a constant 100 %."""
ALIKE = 0.1
AT_LEAST = 0.005
"""Waits are alike within this share of the median, or within so many seconds: what a busy machine adds."""
CROWDED = 0.5
"""The share of the first waits that may be alike: with full jitter it is 10 %, with equal jitter 30 %."""
AT_ONCE = 0.005
"""A retry that comes within so many seconds does not back off at all."""
FEWEST = 5
WITHIN, ATTEMPTS = 30.0, 10
"""The longest wait and the most attempts of a call, where the policy says nothing."""


def backoff_grows(recording: Recording, aspect: Aspect) -> Finding:
    """The second wait of a call is longer than its first (sign test over the calls)."""
    pairs = [found[:2] for group in recording.struck if len(found := waits(group)) >= 2]
    if not pairs:
        return _none(recording, "was tried more than twice at the same dependency")
    if (at_once := _at_once([first for first, _ in pairs])) is not None:
        return at_once
    shrunk = sum(second <= GROWS * first for first, second in pairs)
    first, second = (median(pair[number] for pair in pairs) for number in (0, 1))
    return share_of_calls(
        f"did not wait longer the second time (medians {format_duration(first)}, {format_duration(second)})",
        bad=shrunk,
        met=len(pairs),
        limit=SHRUNK,
        first_wait_seconds=first,
        second_wait_seconds=second,
    )


def backoff_jitter(recording: Recording, aspect: Aspect) -> Finding:
    """The first waits differ from call to call: callers who failed together do not return together."""
    first = [found[0] for group in recording.struck if (found := waits(group))]
    if not first:
        return _none(recording, "was tried again at the same dependency")
    if (at_once := _at_once(first)) is not None:
        return at_once
    middle = median(first)
    reach = max(AT_LEAST, ALIKE * middle)
    alike = sum(abs(wait - middle) <= reach for wait in first)
    return share_of_calls(
        f"waited alike (within {format_duration(reach)} of {format_duration(middle)})",
        bad=alike,
        met=len(first),
        limit=CROWDED,
        median_wait_seconds=middle,
    )


def backoff_bounded(recording: Recording, aspect: Aspect) -> Finding:
    """No call waits longer, or tries more often, than it may."""
    longest = aspect.within or WITHIN
    most = aspect.attempts or ATTEMPTS
    if not recording.struck:
        return unproven("no call met the fault")
    beyond = sum(
        len(group) > most or any(wait > longest for wait in waits(group)) for group in recording.struck
    )
    return share_of_calls(
        f"waited longer than {format_duration(longest)} or were tried more than {most} times",
        bad=beyond,
        met=len(recording.struck),
        calls=len(recording.asked),
        most_attempts=max(len(group) for group in recording.struck),
        longest_wait_seconds=max((wait for group in recording.struck for wait in waits(group)), default=0.0),
    )


def _at_once(first: list[float]) -> Finding | None:
    """What it means where first waits are none at all."""
    middle = median(first)
    if middle >= AT_ONCE or len(first) < FEWEST:
        return None
    said = f"{len(first)} calls were tried again at once (median wait {format_duration(middle)})"
    return failed(f"{said}: that is no backoff", len(first), len(first), median_wait_seconds=middle)


def _none(recording: Recording, what: str) -> Finding:
    """No waits to look at: because the target does not retry, or because nothing met the fault."""
    if not recording.struck:
        return unproven("no call met the fault")
    return beside(f"none of {len(recording.struck):,} calls that met the fault {what}")
