"""A game day as its journal tells it: script, signals, recoveries, notes and one timeline of it all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seatrial.core.outcome import Outcome
from seatrial.reporting import figures, loose
from seatrial.reporting.faults import FaultView
from seatrial.reporting.impact import Flow, Impact, impact
from seatrial.reporting.model import Headline, LimitView
from seatrial.reporting.timeline import Row, timeline

Event = dict[str, Any]
ASSUMPTIONS = (
    "A game day shows what happened once, with people around: it proves no share of requests.",
    "Time to detect and to recover counts from before the fault took, so it is told rather too long.",
    "A recovery counts from when the fault was first seen to act; a signal only where it was quiet before.",
    "Latency counts from the intended send time, so a stalled target cannot hide its queue.",
)


@dataclass(frozen=True, slots=True)
class StepView:
    """One step of the script; `began` is None where the script never came to it."""

    number: int
    name: str
    action: str
    role: str
    about: str
    began: float | None
    ended: float | None
    outcome: Outcome | None
    reason: str


@dataclass(frozen=True, slots=True)
class SignalView:
    """One expected signal, as it was judged.

    Attributes:
        delay: seconds from its cause, None where it did not come.
    """

    name: str
    about: str
    state: str
    delay: float | None
    limit: float
    outcome: Outcome
    reason: str


@dataclass(frozen=True, slots=True)
class RecoveryView:
    """One recovery, or steady state, as it was judged."""

    fault: str
    seconds: float | None
    limit: float
    consecutive: int
    outcome: Outcome
    reason: str


@dataclass(frozen=True, slots=True)
class NoteView:
    """What people noted down; `question` is what they were asked, empty for a note of their own."""

    at: float
    role: str
    question: str
    text: str


@dataclass(frozen=True, slots=True)
class GameDayView:
    """The game day.

    Attributes:
        roles: who took part, by role; names are for the screen alone.
        aborted: who or what called it off and why, None where it came to its end.
        rolled_back: the faults that were taken back at the end, and what went wrong with that.
        whole, during: what the callers saw, on the whole and under each fault.
    """

    name: str
    title: str
    description: str
    file: str
    roles: Mapping[str, tuple[str, ...]]
    steps: tuple[StepView, ...]
    signals: tuple[SignalView, ...]
    recoveries: tuple[RecoveryView, ...]
    notes: tuple[NoteView, ...]
    timeline: tuple[Row, ...]
    aborted: tuple[str, str] | None
    rolled_back: tuple[str, ...]
    not_rolled_back: tuple[str, ...]
    whole: Impact
    during: tuple[Impact, ...]


def game_day(
    events: Sequence[Event], faults: Sequence[FaultView], flows: Sequence[Flow]
) -> GameDayView | None:
    """The game day in *events* (cleaned), None where the run was none."""
    began = next(
        (each for each in events if each["event"] == "gameday" and each.get("phase") == "begin"), None
    )
    if began is None:
        return None
    # A journal that was cut may end with the traffic.
    last = max([loose.number(each.get("t")) for each in events[-1:]] + [flow.last for flow in flows])
    start = loose.number(began.get("t"))
    objectives = [each for each in loose.records(began.get("objectives"))]
    phases = {each.get("phase"): each for each in events if each["event"] == "gameday"}
    off, back = phases.get("abort"), phases.get("rolled-back") or {}
    return GameDayView(
        name=loose.line(began.get("name"), 80),
        title=loose.line(began.get("title") or began.get("name"), 120),
        description=loose.line(began.get("description"), 1000),
        file=loose.line(began.get("file"), 200),
        roles=_roles(began),
        steps=tuple(_steps(began, events)),
        signals=tuple(_signals(began, events)),
        recoveries=tuple(_recovery(each, began) for each in events if each["event"] == "recovery"),
        notes=tuple(_note(each) for each in events if each["event"] == "note" and each.get("text")),
        timeline=tuple(timeline(began, events)),
        aborted=(loose.line(off.get("by"), 80), loose.line(off.get("why"))) if off else None,
        rolled_back=tuple(loose.line(name, 80) for name in loose.sequence(back.get("faults"))),
        not_rolled_back=tuple(loose.line(what) for what in loose.sequence(back.get("failed"))),
        whole=impact("the whole game day", flows, start, last, objectives),
        during=tuple(impact(each.name, flows, each.injected, each.end(last), objectives) for each in faults),
    )


def limits(events: Sequence[Event]) -> tuple[LimitView, ...]:
    """The limits of a game day's objectives, to be drawn into the plots of its traffic."""
    began = next((each for each in events if each["event"] == "gameday" and each.get("phase") == "begin"), {})
    return tuple(
        LimitView(
            objective=loose.line(each.get("name"), 80),
            indicator=loose.line(each.get("indicator"), 80),
            op=loose.line(each.get("op"), 10) or "lte",
            value=float(each["value"]),
            outcome=Outcome.NOT_APPLICABLE,
            statement=loose.line(each.get("statement"), 80),
        )
        for each in loose.records(began.get("objectives"))
        if isinstance(each.get("value"), (int, float))
    )


def headline(
    day: GameDayView, outcome: Outcome, finished: bool, reasons: Sequence[str], requests: int
) -> Headline:
    """What a game day came to, as a sentence."""
    judged: list[SignalView | RecoveryView] = [*day.signals, *day.recoveries]
    met = sum(each.outcome is Outcome.PASSED for each in judged)
    spent = f"{day.title}: {met} of {figures.plural(len(judged), 'expectation')} met, "
    spent += f"{figures.plural(requests, 'request')}, {figures.count(day.whole.failed)} of them failed."
    if not finished:
        return Headline("Not finished.", "The game day was cut off and shows nothing.", spent)
    if day.aborted is not None:
        by, why = day.aborted
        return Headline("Called off.", f"{loose.capital(by)} ended it{f': {why}' if why else ''}.", spent)
    if outcome.green:
        return Headline("As expected.", "Every expectation of the game day was met.", spent)
    lead = {Outcome.FAILED: "Not as expected.", Outcome.ERROR: "Not finished."}.get(outcome, "Not proven.")
    return Headline(lead, f"{loose.capital(reasons[0])}." if reasons else "Nothing was expected.", spent)


def _steps(began: Event, events: Sequence[Event]) -> Iterator[StepView]:
    told: dict[tuple[Any, Any], Event] = {
        (each.get("number"), each.get("phase")): each for each in events if each["event"] == "step"
    }
    for step in loose.records(began.get("steps")):
        number = step.get("number")
        first, end = told.get((number, "begin")), told.get((number, "end"))
        yield StepView(
            number=int(loose.number(number)),
            name=loose.line(step.get("name"), 80),
            action=loose.line(step.get("action"), 20),
            role=loose.line(step.get("role"), 40),
            about=loose.line(step.get("about") or step.get("text")),
            began=loose.number(first.get("t")) if first else None,
            ended=loose.number(end.get("t")) if end else None,
            outcome=loose.outcome(end.get("outcome")) if end and end.get("outcome") else None,
            reason=loose.line(end.get("reason")) if end else "",
        )


def _signals(began: Event, events: Sequence[Event]) -> Iterator[SignalView]:
    abouts = {each.get("name"): each.get("about") for each in loose.sequence(began.get("signals"))}
    for event in events:
        if event["event"] == "signal" and event.get("phase") in ("met", "missed"):
            yield SignalView(
                name=loose.line(event.get("name"), 80),
                about=loose.line(abouts.get(event.get("name")), 200),
                state=loose.line(event.get("state"), 20),
                delay=loose.maybe(event.get("delay")),
                limit=loose.number(event.get("limit")),
                outcome=loose.outcome(event.get("outcome")),
                reason=loose.line(event.get("told")),
            )


def _recovery(event: Event, began: Event) -> RecoveryView:
    scenario = event.get("scenario") if event.get("scenario") != began.get("name") else None
    return RecoveryView(
        fault=loose.line(event.get("fault") or scenario, 80),
        seconds=loose.maybe(event.get("rto_seconds")),
        limit=loose.number(event.get("limit")),
        consecutive=int(loose.number(event.get("consecutive"))),
        outcome=loose.outcome(event.get("outcome")),
        reason=loose.line(event.get("reason")),
    )


def _note(event: Event) -> NoteView:
    return NoteView(
        at=loose.number(event.get("t")),
        role=loose.line(event.get("role"), 40),
        question=loose.line(event.get("question")),
        text=loose.line(event.get("text"), 2000),
    )


def _roles(began: Event) -> dict[str, tuple[str, ...]]:
    roles = began.get("roles")
    return {
        loose.line(role, 40): tuple(loose.line(each, 80) for each in loose.sequence(people))
        for role, people in (roles.items() if isinstance(roles, dict) else ())
    }
