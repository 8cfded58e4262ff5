"""Journal → `Report`: a pure function of the events, whole or cut."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from seatrial.core.decision import Decision, decide
from seatrial.core.demands import unjudged
from seatrial.core.journal import Journal, read_journal
from seatrial.core.outcome import Outcome, aggregate
from seatrial.core.verdict import Verdict
from seatrial.reporting import arriving, facts, faults, findings, gameday, load_view, loose, story
from seatrial.reporting.columns import Columns, columns
from seatrial.reporting.evidence import anchored, evidence
from seatrial.reporting.faults import FaultView
from seatrial.reporting.impact import Flow
from seatrial.reporting.load_view import LoadView
from seatrial.reporting.model import (
    Evidence,
    Headline,
    ItemView,
    LimitView,
    ObjectiveView,
    Report,
    SuiteView,
    TrafficView,
    quiet,
    severity,
)
from seatrial.reporting.purpose import CAPACITY, LOAD, SOAK
from seatrial.reporting.remediation import remediation
from seatrial.reporting.text import clean, clean_tree, one_line

Event = dict[str, Any]
# Columns of numbers: too many to clean value by value, and nothing in them but error kinds is text.
_BATCHES = ("exchanges", "warmup")
_PROGRESS = ("limit", "estimate", "lower", "upper", "n", "bad", "needed", "deff")


def load_report(path: Path, *, certificate_verified: bool | None = None) -> Report:
    """The report of the journal in *path*.

    Args:
        path: a ``journal.ndjson``, also one of a run that was killed.
        certificate_verified: whether its certificate was verified, None where that was not tried.

    Raises:
        UsageError: no such file, or not a journal of this schema.
    """
    return build_report(read_journal(path), certificate_verified=certificate_verified)


def build_report(journal: Journal, *, certificate_verified: bool | None = None) -> Report:
    """The view model of a journal that was read."""
    batches = [event for event in journal.events if event["event"] in _BATCHES]
    events = [clean_tree(event) for event in journal.events if event["event"] not in _BATCHES]
    run, shown = facts.run_view(events, batches), _exchanges(events)
    declared = _objectives(events, shown, journal.complete)
    load = load_view.load_view(events, lambda name: _limits(name, declared)) or None
    objectives = _in_question(declared, run.purpose, load)
    suites = _suites(events, shown, journal.complete)
    decision = decide(journal)
    outcome = _outcome(journal, decision.outcome)
    counts, controls = _counts(suites), facts.controls(events)
    fingerprints, errors = facts.fingerprints(events), facts.errors(events)
    partial = _partial(decision, run.purpose)
    unmet = _untold(partial, objectives)
    against = findings.collect(objectives, suites, controls, fingerprints, errors, unmet)
    injected = faults.faults(events)
    traffics = _traffics(events, batches, declared, injected)
    day = gameday.game_day(events, injected, [Flow(view.columns, view.began) for view in traffics])
    headline = story.headline(outcome, journal.complete, run, against, objectives, counts, bool(partial))
    if load is not None and load.alone and not objectives:
        headline = _of_load(headline, load, run.purpose, journal.complete, outcome)
    if day is not None:
        headline = gameday.headline(day, outcome, journal.complete, decision.reasons, run.requests)
    return Report(
        outcome=outcome,
        partial=partial,
        finished=journal.complete,
        certificate_verified=certificate_verified,
        headline=headline,
        run=run,
        findings=against,
        reasons=facts.reasons(events),
        objectives=objectives,
        suites=suites,
        controls=controls,
        traffics=traffics,
        exchanges=tuple(shown),
        fingerprints=fingerprints,
        errors=errors,
        assumptions=facts.assumptions(objectives, run) if day is None else gameday.ASSUMPTIONS,
        counts=counts,
        policy=facts.policy(events),
        faults=injected,
        gameday=day,
        load=load,
        remediation=remediation(events),
    )


def _partial(decision: Decision, purpose: str) -> tuple[str, ...]:
    """What was demanded and not tried.

    A load run, a search or a soak tries a part of the policy by its nature: that is no finding.
    """
    demands = () if purpose in (LOAD, CAPACITY, SOAK) else decision.partial
    return tuple(one_line(text, 300) for text in demands)


def _untold(partial: Sequence[str], objectives: Sequence[ObjectiveView]) -> list[str]:
    """What of *partial* the objectives do not tell themselves."""
    told = {unjudged(view.name) for view in objectives}
    return [text for text in partial if text not in told]


def _of_load(headline: Headline, load: LoadView, purpose: str, finished: bool, outcome: Outcome) -> Headline:
    """The headline of a run that judged nothing but a search or a soak, where that is what decided it."""
    own = load.headline(finished, headline)
    if purpose in (CAPACITY, SOAK):
        return own
    return replace(headline, why=own.why) if outcome.green or outcome is load.worst else headline


def _in_question(
    declared: tuple[ObjectiveView, ...], purpose: str, load: LoadView | None
) -> tuple[ObjectiveView, ...]:
    """The objectives that this run was to judge by themselves."""
    if purpose in (CAPACITY, SOAK):
        return ()
    return declared if load is None else tuple(view for view in declared if not load.answers(view))


def _outcome(journal: Journal, outcome: Outcome) -> Outcome:
    """What the run came to: what its events amount to, or what its end says where that is worse."""
    return aggregate([outcome, Outcome(journal.events[-1]["outcome"])]) if journal.complete else outcome


def _exchanges(events: Iterable[Event]) -> list[Evidence]:
    found = (evidence(event) for event in events if event["event"] == "exchange")
    return anchored(found)


def _objectives(
    events: Sequence[Event], shown: Sequence[Evidence], finished: bool
) -> tuple[ObjectiveView, ...]:
    """One view an objective, the worst first; those that were collected and never decided are among them."""
    decided = {event["objective"].get("name"): event for event in events if event["event"] == "verdict"}
    views = [objective_of(event, shown) for event in decided.values()]
    reason = "nothing judged it" if finished else "the run was cut off before it was decided"
    running = {str(event.get("objective")): event for event in events if event["event"] == "progress"}
    known = facts.declared_objectives(events)
    for name in (*known, *(name for name in running if name not in known)):
        if name not in decided:
            views.append(running_objective(name, known.get(name, {}), running.get(name), shown, reason))
    return tuple(sorted(views, key=lambda view: severity(view.outcome)))


def objective_of(event: Event, shown: Sequence[Evidence]) -> ObjectiveView:
    """The view of a ``verdict`` event; *shown* are the exchanges that may have shown it."""
    verdict = Verdict.from_dict(event["verdict"])
    return _view(event["objective"], verdict.outcome, verdict, verdict.reason, shown)


def running_objective(
    name: str, told: Event, progress: Event | None, shown: Sequence[Evidence] = (), reason: str = ""
) -> ObjectiveView:
    """The view of an objective that is not decided.

    Args:
        name: its name.
        told: what the policy declares about it; may be empty.
        progress: its last ``progress`` event, None where nothing was measured.
        shown: the exchanges that may have counted against it.
        reason: why it is not decided.
    """
    verdict = None
    if progress is not None:
        known = {key: progress[key] for key in _PROGRESS if progress.get(key) is not None}
        so_far = {"objective": name, "outcome": "INCONCLUSIVE", "limit": 0.0, "reason": reason, **known}
        verdict = Verdict.from_dict(so_far)
    traffic = (progress or {}).get("traffic") or told.get("traffic") or ""
    return _view({**told, "name": name, "traffic": traffic}, Outcome.INCONCLUSIVE, verdict, reason, shown)


def _view(
    told: Event, outcome: Outcome, verdict: Verdict | None, reason: str, shown: Sequence[Evidence]
) -> ObjectiveView:
    name, traffic = str(told.get("name") or "?"), str(told.get("traffic") or "")
    value = told.get("value")
    return ObjectiveView(
        name=name,
        traffic=traffic,
        indicator=str(told.get("indicator") or ""),
        statement=str(told.get("statement") or told.get("target") or "–"),
        bad=str(told.get("bad") or "bad"),
        op=told.get("op"),
        value=float(value) if isinstance(value, (int, float)) else None,
        target=loose.share(told.get("target")),
        key_sli=bool(told.get("key_sli", True)),
        where=str(told.get("where") or ""),
        outcome=outcome,
        verdict=verdict,
        trail=np.array(() if verdict is None else verdict.trail, dtype=np.float64).reshape(-1, 3),
        reason=reason,
        evidence=_first_evidence(name, traffic, verdict, shown),
    )


def _first_evidence(
    name: str, traffic: str, verdict: Verdict | None, shown: Sequence[Evidence]
) -> Evidence | None:
    """The recorded exchange that first counted against an objective."""
    if verdict is None or verdict.outcome.green:
        return None
    own = [item for item in shown if item.traffic == traffic]
    named = [item for item in own if name in item.objectives]
    exact = [item for item in own if verdict.first_bad is not None and item.index == verdict.first_bad]
    return next(iter(named or exact), None)


def _suites(events: Sequence[Event], shown: Sequence[Evidence], finished: bool) -> tuple[SuiteView, ...]:
    collected: dict[str, Event] = {}
    for event in events:
        if event["event"] == "collected":
            collected.update({item["id"]: item for item in event.get("items") or () if "id" in item})
    ran = {event["id"]: event for event in events if event["event"] == "item" and "id" in event}
    items: dict[str, list[ItemView]] = {}
    for name in (*collected, *(name for name in ran if name not in collected)):
        item = _item(collected.get(name, {}), ran.get(name), name, shown, finished)
        items.setdefault(item.suite, []).append(item)
    order = {name: sorted(group, key=lambda item: severity(item.outcome)) for name, group in items.items()}
    return tuple(SuiteView(name, tuple(group)) for name, group in order.items())


def _item(told: Event, event: Event | None, name: str, shown: Sequence[Evidence], finished: bool) -> ItemView:
    got = {**told, **(event or {})}
    reason = got.get("reason") or ""
    if event is None:
        reason = "it was collected and never ran" if finished else "the run was cut off before it ran"
    outcome = Outcome(event["outcome"]) if event else Outcome.INCONCLUSIVE
    return ItemView(
        id=name,
        suite=one_line(str(got.get("suite") or "other"), 60),
        title=one_line(str(got.get("title") or name.rpartition("::")[2]), 200),
        outcome=outcome,
        reason=one_line(str(reason), 800),
        seconds=got.get("seconds"),
        exchanges=int(got.get("exchanges") or 0),
        objective=got.get("objective"),
        control=got.get("control"),
        ran=event is not None,
        evidence=None if quiet(outcome) else next((one for one in shown if one.item == name), None),
    )


def _counts(suites: Iterable[SuiteView]) -> dict[Outcome, int]:
    counts = dict.fromkeys(Outcome, 0)
    for suite in suites:
        for item in suite.items:
            counts[item.outcome] += 1
    return counts


def _traffics(
    events: Sequence[Event],
    batches: Sequence[Event],
    objectives: Sequence[ObjectiveView],
    injected: Sequence[FaultView],
) -> tuple[TrafficView, ...]:
    told = {event["name"]: event for event in events if event["event"] == "traffic" and "name" in event}
    grouped: dict[str, list[Event]] = {name: [] for name in told}
    for batch in batches:
        grouped.setdefault(clean(str(batch.get("traffic") or "?")), []).append(batch)
    shared = gameday.limits(events)
    punctual = load_view.punctuality(events)
    sessions = {str(event.get("traffic")): event for event in events if event["event"] == "sessions"}
    found = (
        _traffic(
            name,
            told.get(name, {}),
            columns(group),
            _limits(name, objectives) or shared,
            injected,
            arriving.waited(sessions.get(name)),
        )
        for name, group in grouped.items()
    )
    return tuple(replace(view, punctuality=punctual.get(view.name)) for view in found)


def _traffic(
    name: str,
    told: Event,
    data: Columns,
    limits: tuple[LimitView, ...],
    injected: Sequence[FaultView],
    waited: str,
) -> TrafficView:
    began = loose.number(told.get("t"))
    sent = data.intended[np.isfinite(data.intended)] + began
    first, last = (float(sent.min()), float(sent.max())) if len(sent) else (0.0, 0.0)
    at_work = tuple(
        each for each in injected if len(sent) and each.injected <= last and each.end(last) >= first
    )
    about = facts.traffic_about(told) + waited
    open_loop = bool(told.get("arrivals")) and not told.get("concurrency")
    return TrafficView(name, about, data, limits, began, at_work, open_loop=open_loop)


def _limits(traffic: str, objectives: Sequence[ObjectiveView]) -> tuple[LimitView, ...]:
    return tuple(
        LimitView(
            view.name,
            view.indicator,
            view.op or "lte",
            view.value,
            view.outcome,
            view.statement,
            _share(view),
        )
        for view in objectives
        if view.traffic == traffic and view.value is not None and view.bad_share
    )


def _share(view: ObjectiveView) -> float | None:
    """How many may lie beyond its limit."""
    if view.verdict is not None and view.verdict.n:
        return view.verdict.limit
    return None if view.target is None else 1.0 - view.target
