"""A circuit breaker, seen from outside: by which share of the calls a dependency in trouble is still asked.

States and their names: M. Nygard, Release It!, 2007. Whether the trouble is an error or a hang must make no
difference.
"""

from __future__ import annotations

from seatrial.chaos.behaviour.calls import Recording
from seatrial.chaos.finding import LIMIT, Finding, beside, failed, passed, share_of_calls, unproven
from seatrial.core.outcome import Outcome
from seatrial.core.units import format_duration, format_share
from seatrial.policy.aspects import Aspect

AT_MOST = 0.2
"""The share of the later calls under the fault that may still ask a dependency whose breaker is open."""
WITHIN = 15.0
"""Seconds in which an open breaker must try again, and in which it must close once the dependency is back."""
TRIES = 3.0
"""Attempts at once by which an open breaker may try; one is usual, a call's own retries may add to it."""
AT_ONCE = 0.2
LATEST = 20
"""The last calls after the return: whether they ask the dependency again."""
FEWEST = 10


def breaker_opens(recording: Recording, aspect: Aspect) -> Finding:
    """Of the later half of the calls under the fault, only few still ask the broken dependency."""
    limit = aspect.at_most or AT_MOST
    later = _later(recording)
    if len(later) < FEWEST:
        return unproven(f"only {len(later)} calls in the later half of the fault", len(later))
    if not recording.before and not recording.under:
        return unproven("the dependency was asked neither before the fault nor under it")
    asking = min(len(later), _reached(recording, later[0]))
    return share_of_calls(
        "of the later half still asked the broken dependency",
        bad=asking,
        met=len(later),
        limit=min(limit, 0.999),
    )


def breaker_half_opens(recording: Recording, aspect: Aspect) -> Finding:
    """While it is open the dependency is tried again now and then, by single calls."""
    within = aspect.within or WITHIN
    opened = breaker_opens(recording, Aspect(aspect="breaker-opens"))
    later = _later(recording)
    if opened.outcome is Outcome.FAILED or len(later) < FEWEST:
        return unproven(f"the breaker was not seen to open: {opened.reason}", opened.n)
    tries = [attempt.started for attempt in recording.under if attempt.started >= later[0]]
    silent = recording.reverted - max(
        (attempt.started for attempt in recording.under), default=recording.injected
    )
    if tries:
        most, allowed = _largest_burst(tries), aspect.at_most or TRIES
        said = (
            f"tried again {len(tries)} times in the later half of the fault, by at most {most} calls at once"
        )
        if most > allowed:
            return failed(f"{said}; {allowed:g} are allowed", len(later), tries=len(tries), most=most)
        return passed(said, len(later), tries=len(tries), most=most)
    if silent >= within:
        return failed(f"not tried again for {format_duration(silent)}", len(later), silent_seconds=silent)
    return unproven(f"not tried again, but the fault lasted only {format_duration(silent)} more", len(later))


def breaker_closes(recording: Recording, aspect: Aspect) -> Finding:
    """Once the dependency is back it is asked again, as before the fault."""
    within = aspect.within or WITHIN
    calls = [time for time in recording.sent if time < recording.injected]
    usual = min(1.0, len(recording.before) / len(calls)) if calls else 0.0
    if usual < LIMIT:
        return beside("the dependency was hardly asked before the fault")
    back = [time for time in recording.sent if time >= recording.reverted]
    if len(back) < FEWEST:
        return unproven(f"only {len(back)} calls after the dependency came back", len(back))
    latest = back[-LATEST:]
    asking = sum(attempt.started >= latest[0] for attempt in recording.after)
    share = min(1.0, asking / len(latest))
    numbers = {"share": share, "usual": usual, "within": within}
    if share >= usual / 2:
        took = _closed(recording, back, usual) - recording.reverted
        said = f"asked as before after {format_duration(took)}, by {format_share(share)} of the latest calls"
        return passed(said, len(latest), seconds=took, **numbers)
    watched = recording.ended - recording.reverted
    said = f"{format_duration(watched)} after its return {format_share(share)} of the calls ask it, "
    said += f"{format_share(usual)} did before"
    if watched >= within:
        return failed(said, len(latest), len(latest) - asking, **numbers)
    return unproven(said, len(latest), **numbers)


def _largest_burst(times: list[float]) -> int:
    """The most attempts within `AT_ONCE` of each other."""
    return max(sum(time <= other < time + AT_ONCE for other in times) for time in times)


def _closed(recording: Recording, back: list[float], usual: float) -> float:
    """When the dependency was first asked by half of its usual share of `LATEST` calls in a row."""
    came = [attempt.started for attempt in recording.after]
    for first, last in zip(back, back[min(LATEST, len(back)) - 1 :], strict=False):
        if sum(first <= time <= last for time in came) >= usual / 2 * min(LATEST, len(back)):
            return last
    return back[-1]


def _later(recording: Recording) -> list[float]:
    asked = recording.asked
    return asked[len(asked) // 2 :]


def _reached(recording: Recording, since: float) -> int:
    """How many calls asked the broken dependency from *since* on."""
    return len({attempt.body_hash for attempt in recording.under if attempt.started >= since})
