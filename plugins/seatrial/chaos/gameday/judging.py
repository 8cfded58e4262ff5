"""Whether the traffic came back: pure functions of what is known at a moment."""

from __future__ import annotations

from seatrial.chaos.gameday.journey import Moment
from seatrial.chaos.gameday.pulse import Pulse
from seatrial.chaos.signals.judging import Found
from seatrial.core.outcome import Outcome
from seatrial.core.units import format_duration


def steady_after(pulse: Pulse, moment: Moment, acted: float | None, consecutive: int) -> float | None:
    """Seconds from *moment* until so many good requests in a row were sent; None where there are none yet.

    Args:
        pulse: the traffic.
        moment: of the cause.
        acted: when the cause was first seen to act, seconds of the run: what went well before shows nothing.
            None where it has not acted.
        consecutive: good requests in a row that are a steady state.
    """
    if acted is None:
        return None
    since = pulse.steady_since(acted, consecutive, moment.mark)
    if since is None:
        return None
    # Where no caller noticed anything, the moment at which that could be told is no time to recover.
    return since - moment.at if pulse.recent(moment.at).bad else 0.0


def judge_recovery(
    pulse: Pulse,
    moment: Moment,
    acted: float | None,
    consecutive: int,
    limit: float,
    now: float,
    *,
    fault: bool = True,
) -> Found | None:
    """Whether the traffic was good again in time; None while that is open.

    Args:
        pulse, moment, acted, consecutive: as `steady_after`.
        fault: whether there was something to recover from.
        limit: seconds.
        now: seconds of the run.
    """
    took = steady_after(pulse, moment, acted, consecutive)
    if took is not None:
        told = f"{consecutive} good requests in a row from {format_duration(round(took, 2))} on"
        if took <= 0 or not fault:
            noticed = ": no caller noticed anything" if fault else ""
            told = f"{consecutive} good requests in a row{noticed}"
        if took <= limit:
            return Found(Outcome.PASSED, f"{told} (limit {format_duration(limit)})", took)
        return Found(Outcome.FAILED, f"{told}, {format_duration(limit)} were allowed", took)
    return _not_steady(pulse, moment.at, acted, consecutive, limit, now)


def _not_steady(
    pulse: Pulse, since: float, acted: float | None, consecutive: int, limit: float, now: float
) -> Found | None:
    seen = pulse.recent(since, now)
    waited = now - since
    if waited < limit:
        return None
    if acted is None:
        return Found(Outcome.INCONCLUSIVE, "the fault did not act: nothing had to recover")
    if not seen.bad and seen.ended and waited < 2 * limit:
        return None  # the row may have begun in time, and only needs more requests to be seen
    if not seen.ended:
        return Found(Outcome.INCONCLUSIVE, "no request came to its end: nothing was measured")
    if not seen.bad:
        return Found(Outcome.INCONCLUSIVE, f"only {seen.ended} requests ended: {consecutive} are needed")
    told = f"no {consecutive} good requests in a row within {format_duration(limit)}"
    return Found(Outcome.FAILED, f"{told}: {seen.bad} of {seen.ended} were bad")
