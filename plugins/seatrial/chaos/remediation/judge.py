"""What a loop of remediation comes to: no false alarm, alert, steps, repair, its announcement, escalation."""

from __future__ import annotations

from typing import Any

from seatrial.chaos.finding import LIMIT, Finding, beside, failed, passed, unproven
from seatrial.chaos.judge import obstacle, unhit
from seatrial.chaos.remediation.facts import MARGIN, Remedied
from seatrial.chaos.signals.judging import Fires, judge_signal
from seatrial.core.outcome import Outcome
from seatrial.core.units import format_duration


def calm(found: Remedied) -> Finding:
    """Nobody is alarmed while nothing is wrong.

    Raises:
        SeatrialError: our own machinery failed, or the policy asks for what cannot be done.
    """
    hindered = obstacle(found.record) or _deaf(found)
    if hindered is not None:
        return hindered
    served = len(found.record.before)
    if found.alarm:
        return failed(f"{found.alarm}, while {served:,} requests showed nothing wrong", served, 1)
    lasted = format_duration(found.spec.calm)
    return passed(f"no signal for {lasted} before the fault, while callers were served", served)


def alerted(found: Remedied) -> Finding:
    """The alert came in time.

    Raises:
        SeatrialError: as `calm`.
    """
    hindered = _hindered(found)
    if hindered is not None:
        return hindered
    return _fired(found, "alert", found.spec.alert.within)


def stepped(found: Remedied) -> Finding:
    """Automation did something about it, and knew when to stop.

    Raises:
        SeatrialError: as `calm`.
    """
    spec = found.spec.steps
    if spec is None:
        return beside("the policy names no signal that tells of steps")
    hindered = _hindered(found)
    if hindered is not None:
        return hindered
    state = found.states["steps"]
    if state.looked is None or state.trouble:
        return unproven(f"its steps could not be heard: {state.trouble or 'no answer'}")
    taken = [each for each in found.steps if found.injected < each.at <= (found.reverted or found.ended)]
    count = len(taken)
    numbers: dict[str, Any] = {"at_most": spec.at_most, "steps": [each.words for each in taken[:20]]}
    if not taken:
        return failed("no step was told", 0, **numbers)
    first = format_duration(round(taken[0].at - found.injected, 2))
    told = f"{count} {'step' if count == 1 else 'steps'}, the first {first} after the fault: {taken[0].words}"
    if spec.at_most is not None and count > spec.at_most:
        return failed(f"{told}; {spec.at_most} are allowed", count, count - spec.at_most, **numbers)
    return passed(told, count, **numbers)


def repaired(found: Remedied) -> Finding:
    """Callers were served again in time, while our fault was not taken back.

    Raises:
        SeatrialError: as `calm`.
    """
    spec = found.spec.resolved
    if spec is None:
        return beside("the policy does not expect automation to repair this")
    hindered = _hindered(found)
    if hindered is not None:
        return hindered
    seen = found.under
    bad = sum(not each.good for each in seen)
    numbers: dict[str, Any] = {
        "seconds": found.back,
        "limit": spec.within,
        "consecutive": found.spec.consecutive,
    }
    limit = f"{format_duration(spec.within)} are allowed"
    if not seen:
        return unproven("no request left while the fault stood", **numbers)
    if found.back is None:
        watched = format_duration(round((found.reverted or found.ended) - found.injected, 1))
        said = f"callers were not served again within {watched}: {bad:,} of {len(seen):,} requests were bad"
        return failed(f"{said}; {limit}", len(seen), bad, **numbers)
    told = f"served again {format_duration(round(found.back, 2))} after the fault, by itself"
    if not bad:
        told = "no caller noticed anything"
    if found.back > spec.within:
        return failed(f"{told}; {limit}", len(seen), bad, **numbers)
    return passed(f"{told} (limit {format_duration(spec.within)})", len(seen), **numbers)


def announced(found: Remedied) -> Finding:
    """It was announced as resolved: when it was, and not before.

    Raises:
        SeatrialError: as `calm`.
    """
    hindered = _hindered(found)
    if hindered is not None:
        return hindered
    if found.rose("alert") is None:
        return unproven("there was no alert that could be resolved")
    for at, until in found.announcements:
        since = [each for each in found.under if at + MARGIN <= each.sent < until]
        bad = sum(not each.good for each in since)
        if since and bad > LIMIT * len(since):
            said = f"announced as resolved {format_duration(round(at - found.injected, 2))} after the fault"
            said += f", and {bad:,} of {len(since):,} requests after that were bad"
            return failed(said, len(since), bad)
    if found.spec.resolved is not None:
        if found.back is None:
            return failed("it was not repaired: there was nothing to announce", len(found.under), 1)
        return _in_time(found, found.injected, "the fault", found.spec.resolved.within)
    return _once_gone(found)


def _once_gone(found: Remedied) -> Finding:
    """What automation did not repair is announced once the fault is gone, and callers are served."""
    within = found.spec.quiet_within
    good = [each.good for each in found.record.after][-found.spec.consecutive :]
    if len(good) < found.spec.consecutive or not all(good):
        said = f"callers are not served within {format_duration(within)} once the fault is gone"
        return failed(said, len(found.record.after), 1)
    if found.resolved is not None and found.injected + found.resolved < found.reverted:
        said = f"announced as resolved {format_duration(round(found.resolved, 2))} after the fault"
        if found.back is None:
            return failed(f"{said}, and nobody had repaired it", 1, 1)
        return passed(f"{said}, and callers were served from then on", 1)
    return _in_time(found, found.reverted, "the end of the fault", within)


def _in_time(found: Remedied, anchor: float, origin: str, within: float) -> Finding:
    numbers = {"limit": within}
    limit = f"{format_duration(within)} are allowed"
    resolved = found.resolved
    if resolved is None:
        waited = format_duration(round(found.ended - anchor, 1))
        return failed(f"the alert still fires {waited} after {origin}; {limit}", 1, 1, **numbers)
    took = found.injected + resolved - anchor
    told = f"announced as resolved {format_duration(round(took, 2))} after {origin}"
    if took > within:
        return failed(f"{told}; {limit}", 1, 1, seconds=took, **numbers)
    return passed(f"{told} (limit {format_duration(within)})", 1, seconds=took, **numbers)


def escalated(found: Remedied) -> Finding:
    """A person was called in time where automation could not help, and not where it could.

    Raises:
        SeatrialError: as `calm`.
    """
    spec = found.spec.escalation
    if spec is None:
        return beside("the policy names nobody who is called")
    hindered = _hindered(found)
    if hindered is not None:
        return hindered
    called = found.rose("escalation")
    if repaired(found).outcome is not Outcome.PASSED:
        if called is None and found.back and found.back <= spec.within:
            said = f"callers were served again {format_duration(round(found.back, 2))} after the fault"
            if found.spec.resolved is not None:
                return passed(f"{said}, late and before anybody had to be called", 1)
            return unproven(f"{said}, although nothing was expected to repair it: nobody had to be called")
        return _fired(found, "escalation", spec.within)
    if called is not None:
        said = f"a person was called {format_duration(round(called, 2))} after the fault"
        return failed(f"{said}, and automation had repaired it", 1, 1, seconds=called)
    return passed("nobody was called for what automation could repair", 1)


def done(found: Remedied, now: float) -> bool:
    """Whether nothing more is to be found out while the fault stands."""
    spec, waited = found.spec, now - found.injected
    if waited >= spec.longest:
        return True
    if spec.resolved is None:
        return found.rose("escalation") is not None and found.rose("alert") is not None
    resolved = found.resolved
    if resolved is not None:
        return found.back is not None and found.served(found.injected + resolved + MARGIN)
    if waited < max(spec.resolved.within, spec.alert.within):
        return False
    return found.back is not None or spec.escalation is None or found.rose("escalation") is not None


def _fired(found: Remedied, purpose: str, within: float) -> Finding:
    """Whether a signal fired within so many seconds of the fault."""
    verdict = judge_signal(Fires(within), found.states[purpose], found.injected, found.ended)
    if verdict is None:
        return unproven("the scenario ended before it could be told")
    numbers = {"seconds": verdict.seconds, "limit": within}
    bad = 0 if verdict.outcome is Outcome.PASSED else 1
    return Finding(verdict.outcome, verdict.reason, 1, bad, numbers)


def _hindered(found: Remedied) -> Finding | None:
    """Why nothing can be told of what followed the fault; None where it can.

    Raises:
        SeatrialError: as `calm`.
    """
    hindered = obstacle(found.record) or _deaf(found)
    if hindered is not None:
        return hindered
    if found.alarm:
        return unproven(f"the fault was not injected: {found.alarm}")
    return unhit(found.record)


def _deaf(found: Remedied) -> Finding | None:
    """Nothing could be heard of the signals before the fault."""
    return unproven(f"the signals could not be looked at: {found.deaf}") if found.deaf else None
