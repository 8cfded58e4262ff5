"""What happened when, in one list: steps, faults with their witness, signals, notes, the way back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seatrial.core.outcome import Outcome
from seatrial.reporting import loose

Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the timeline; `at` counts from the beginning of the run."""

    at: float
    kind: str
    role: str
    text: str
    outcome: Outcome | None = None


_SILENT = ("expect", "checkpoint", "inject", "revert", "observe")
"""Actions whose own events tell more than their steps."""


def timeline(began: Event, events: Sequence[Event]) -> Iterator[Row]:
    """The timeline of *events*; *began* is the one that holds the script."""
    steps = {each.get("number"): each for each in loose.records(began.get("steps"))}
    for event in events:
        row = row_of(event, steps)
        if row is not None:
            yield row


def row_of(event: Event, steps: Mapping[Any, Event]) -> Row | None:
    """What *event* adds to the timeline, None for nothing; *steps* are the script's, by number."""
    at, kind = loose.number(event.get("t")), event["event"]
    if kind == "step" and event.get("phase") == "begin":
        step = steps.get(event.get("number")) or {}
        if event.get("action") in _SILENT:
            return None
        words = loose.line(step.get("about") or event.get("name"))
        return Row(at, "step", loose.line(event.get("role"), 40), words)
    if kind == "fault":
        return _fault_row(at, event)
    if kind == "signal":
        return _signal_row(at, event)
    if kind == "recovery":
        words = f"recovery from {event.get('fault')}: " if event.get("fault") else "steady state: "
        words = loose.line(words + str(event.get("reason")))
        return Row(at, "recovery", "", words, loose.outcome(event.get("outcome")))
    if kind == "note" and event.get("text"):
        return Row(at, "note", loose.line(event.get("role"), 40), loose.line(event.get("text"), 2000))
    if kind == "gameday":
        return _phase_row(at, event)
    if kind == "error":
        return Row(at, "trouble", "", loose.line(event.get("what")), Outcome.ERROR)
    return None


def _fault_row(at: float, event: Event) -> Row:
    name, phase = event.get("name"), event.get("phase")
    if phase == "injected":
        return Row(
            at, "fault", "", loose.line(f"{name}: {event.get('type')} on {event.get('on')} is at work")
        )
    if phase == "failed":
        return Row(at, "fault", "", loose.line(f"{name}: {event.get('error')}"), Outcome.ERROR)
    hits = event.get("hits")
    acted = "nobody can tell whether it acted"
    if isinstance(hits, int):
        acted = {0: "it never acted", 1: "it acted once"}.get(hits, f"it acted {hits} times")
    return Row(at, "fault", "", loose.line(f"{name} was taken back; {acted}"))


def _signal_row(at: float, event: Event) -> Row | None:
    name, phase, told = event.get("name"), event.get("phase"), event.get("told")
    if phase in ("met", "missed"):
        state = "fires" if event.get("state") == "active" else "stops"
        words = f"expected that {name} {state}: {told}"
        return Row(at, "signal", "", loose.line(words), loose.outcome(event.get("outcome")))
    if phase == "quiet" and event.get("first"):
        return None
    verb = {"active": "is active", "quiet": "is quiet again", "unreachable": "cannot be looked at"}.get(
        str(phase), ""
    )
    return Row(at, "signal", "", loose.line(f"{name} {verb} ({told})"))


def _phase_row(at: float, event: Event) -> Row | None:
    phase = event.get("phase")
    if phase == "abort":
        why = f": {event.get('why')}" if event.get("why") else ""
        return Row(at, "abort", "", loose.line(f"called off by {event.get('by')}{why}"), Outcome.ERROR)
    if phase == "rolled-back":
        names = ", ".join(map(str, loose.sequence(event.get("faults")))) or "nothing was left to take back"
        return Row(at, "rollback", "", loose.line(f"rolled back: {names}"))
    return None
