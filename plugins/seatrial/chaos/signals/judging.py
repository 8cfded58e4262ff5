"""Whether a signal that was expected came: pure functions of what is known at a moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from seatrial.chaos.signals.watch import State
from seatrial.core.outcome import Outcome
from seatrial.core.units import format_duration


class Expected(Protocol):
    """What is expected of a signal: that it fires (``active``) or stops (``quiet``) in time."""

    @property
    def state(self) -> Literal["active", "quiet"]: ...

    @property
    def within(self) -> float: ...


class Fires(NamedTuple):
    """It fires in time."""

    within: float
    state: Literal["active", "quiet"] = "active"


@dataclass(frozen=True, slots=True)
class Found:
    """What an expectation came to.

    Attributes:
        seconds: how long it took from what it is counted from; None where it did not come.
    """

    outcome: Outcome
    reason: str
    seconds: float | None = None


def judge_signal(expect: Expected, state: State, anchor: float, now: float) -> Found | None:
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


def _absent(expect: Expected, state: State, anchor: float, now: float) -> Found | None:
    if now - anchor < expect.within:
        return None
    limit = format_duration(expect.within)
    if state.trouble:
        return Found(Outcome.INCONCLUSIVE, f"it could not be looked at: {state.trouble}")
    verb = "did not fire" if expect.state == "active" else "did not stop"
    return Found(Outcome.FAILED, f"{verb} within {limit} ({state.told})")
