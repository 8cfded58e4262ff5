"""Whether what was expected came: pure functions of what is known at a moment."""

from __future__ import annotations

from dataclasses import dataclass

from seatrial.chaos.gameday.journey import Moment
from seatrial.chaos.gameday.pulse import Pulse
from seatrial.chaos.gameday.script import Expect
from seatrial.chaos.gameday.signals import State
from seatrial.core.outcome import Outcome
from seatrial.core.units import format_duration


@dataclass(frozen=True, slots=True)
class Found:
    """What an expectation came to.

    Attributes:
        seconds: how long it took from what it is counted from; None where it did not come.
    """

    outcome: Outcome
    reason: str
    seconds: float | None = None


def judge_signal(expect: Expect, state: State, anchor: float, now: float) -> Found | None:
    """Whether a signal came in time; None while that is open.

    A signal that was there before its cause proves nothing, and neither does a silence that nobody could
    have heard: both are not proven.

    Args:
        expect: what is expected.
        state: what is known of the signal.
        anchor: the moment from which the time counts, seconds of the run.
        now: seconds of the run.
    """
    before = state.at(anchor)
    if state.looked is None:
        why = f"it could never be looked at: {state.trouble or 'no answer'}"
        return Found(Outcome.INCONCLUSIVE, why) if now - anchor >= expect.within else None
    if expect.state == "quiet":
        rose: float | None = anchor if before else state.first(True, anchor)
        if rose is None:
            ever = any(active for _, active in state.readings)
            said = "it had stopped already" if ever else "it was never active: nothing could stop"
            return Found(Outcome.INCONCLUSIVE, said) if now - anchor >= expect.within else None
        came = state.first(False, rose)
    elif before:
        return Found(Outcome.INCONCLUSIVE, "it was active already, before its cause")
    else:
        came = state.first(True, anchor)
    if came is None:
        return _absent(expect, state, anchor, now)
    took = came - anchor
    if before is None:
        return Found(Outcome.INCONCLUSIVE, "nobody knows whether it was there before its cause", took)
    return _timed("fired" if expect.state == "active" else "stopped", took, expect.within)


def _timed(verb: str, took: float, limit: float) -> Found:
    told = f"{verb} after {format_duration(round(took, 2))}"
    if took <= limit:
        return Found(Outcome.PASSED, f"{told} (limit {format_duration(limit)})", took)
    return Found(Outcome.FAILED, f"{told}, {format_duration(limit)} were allowed", took)


def _absent(expect: Expect, state: State, anchor: float, now: float) -> Found | None:
    if now - anchor < expect.within:
        return None
    limit = format_duration(expect.within)
    if state.trouble:
        return Found(Outcome.INCONCLUSIVE, f"it could not be looked at: {state.trouble}")
    verb = "did not fire" if expect.state == "active" else "did not stop"
    return Found(Outcome.FAILED, f"{verb} within {limit} ({state.told})")


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
