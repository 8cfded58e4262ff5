"""Loops of automated remediation: who noticed when, what was done about it, and how it ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seatrial.core.outcome import Outcome
from seatrial.reporting import figures, loose
from seatrial.reporting.timeline import Row, row_of

Event = dict[str, Any]

_ROWS = 60  # of one loop
_FIRES = {"alert": "the alert fires", "escalation": "a person is called"}
_TOLD = {
    "alerted": "alert",
    "back": "callers served again",
    "resolved": "announced as resolved",
    "escalated": "a person called",
}
_STOPS = {"alert": "the alert is resolved", "escalation": "the call is over"}


@dataclass(frozen=True, slots=True)
class LoopView:
    """One loop.

    Attributes:
        rows: what happened; times count from the fault, or from the beginning where there was none.
        told: the whole of it in one line.
    """

    name: str
    rows: tuple[Row, ...]
    told: str


def remediation(events: Sequence[Event]) -> tuple[LoopView, ...]:
    """Every loop in *events*, in the order in which they were exercised."""
    return tuple(
        _loop(event, _of_loop(event, events[place + 1 :]))
        for place, event in enumerate(events)
        if event["event"] == "remediation" and event.get("phase") == "begin"
    )


def _of_loop(begin: Event, later: Sequence[Event]) -> list[Event]:
    """What followed, up to the end of the loop's scenario, or of the journal."""
    found: list[Event] = []
    for event in later:
        found.append(event)
        ended = event["event"] == "scenario" and event.get("phase") == "end"
        if ended and event.get("name") == begin.get("loop"):
            break
    return found


def _loop(begin: Event, events: Sequence[Event]) -> LoopView:
    named = begin.get("signals")
    purposes = {str(name): key for key, name in named.items()} if isinstance(named, dict) else {}
    injected = next((each for each in events if _is(each, "fault", "injected")), begin)
    zero = loose.number(injected.get("t"))
    rows = sorted((row for event in events for row in _rows(event, zero, purposes)), key=lambda row: row.at)
    end = next((each for each in events if _is(each, "remediation", "end")), {})
    return LoopView(loose.line(begin.get("loop"), 80), tuple(rows[:_ROWS]), _told(end))


def _is(event: Event, kind: str, phase: str) -> bool:
    return event["event"] == kind and event.get("phase") == phase


def _rows(event: Event, zero: float, purposes: Mapping[str, str]) -> Iterator[Row]:
    at = loose.number(event.get("t")) - zero
    if event["event"] == "signal" and event.get("phase") in ("active", "quiet"):
        purpose = purposes.get(str(event.get("name")))
        words = (_FIRES if event["phase"] == "active" else _STOPS).get(str(purpose))
        if words is not None and not event.get("first"):
            yield Row(at, "signal", "", loose.line(f"{words}: {event.get('told')}"))
    elif _is(event, "remediation", "step"):
        yield Row(at, "step", "", loose.line(event.get("told")))
    elif _is(event, "remediation", "end"):
        back = loose.finite(event.get("back"))
        if back:
            yield Row(back, "callers", "", "are served again, while the fault is not taken back by us")
    elif _is(event, "scenario", "steady-after"):
        outcome = None if event.get("steady") else Outcome.FAILED
        yield Row(at, "callers", "", "are served" if event.get("steady") else "are not served", outcome)
    elif event["event"] in ("fault", "signal"):
        row = row_of(event, {})
        if row is not None:
            yield Row(at, row.kind, "", row.text, row.outcome)


def _told(end: Event) -> str:
    if end.get("alarm"):
        return loose.line(f"before the fault: {end['alarm']}")
    times = ((loose.finite(end.get(key)), words) for key, words in _TOLD.items())
    known = sorted((at, words) for at, words in times if at is not None)
    parts = [f"{words} after {figures.seconds(at)}" for at, words in known]
    steps = loose.whole(end.get("steps"))
    if steps:
        parts.insert(1, f"{steps} {'step' if steps == 1 else 'steps'}")
    return ", ".join(parts) or "nothing was told by anybody"
