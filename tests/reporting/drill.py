"""The journal of a game day that never was: an outage, a signal in time, one that stays away, a recovery."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from seatrial.core.journal import Journal
from seatrial.reporting.build import build_report
from seatrial.reporting.model import Report

Event = dict[str, Any]
INJECTED, REVERTED, END = 20.0, 32.0, 40.0
LATE = "did not fire within 10 s (nothing came in)"
BACK = "20 good requests in a row from 4 s on (limit 5 s)"
FAULT: Event = {
    "scenario": "drill",
    "name": "cut",
    "on": "primary",
    "type": "down",
    "attributes": {},
    "toxicity": 1.0,
}
HEADER = {"schema": "seatrial.journal/1", "run": "20261120-140233-7f3a", "created": "2026-11-20T14:02:33Z"}
TARGET = {"target": "gateway", "uri": "http://127.0.0.1:4000/v1", "digest": "sha256:a", "facts": {}}
OBJECTIVES: list[Event] = [
    {
        "name": "availability",
        "indicator": "availability",
        "statement": "≥ 99 %",
        "limit": 0.01,
        "value": None,
    },
    {
        "name": "operation.duration",
        "indicator": "operation.duration",
        "op": "lte",
        "value": 1.0,
        "statement": "≤ 5 % beyond 1 s",
        "limit": 0.05,
    },
]


def at(t: float, event: str, **fields: Any) -> Event:
    return {"event": event, "t": t, **fields}


def steps(text: str) -> list[Event]:
    told = [
        ("say-1", "say", "facilitator", text),
        ("cut", "inject", "operator", "inject down on primary"),
        ("expect-3", "expect", "observer", "breaker-open fires within 10 s"),
        ("expect-4", "expect", "observer", "pager fires within 10 s"),
        ("checkpoint-5", "checkpoint", "observer", "the service is back within 5 s"),
        ("observe-6", "observe", "scribe", "What surprised us?"),
        ("revert-7", "revert", "operator", "take cut back"),
    ]
    return [
        {"number": number, "name": name, "action": action, "role": role, "text": "", "about": about}
        for number, (name, action, role, about) in enumerate(told)
    ]


def step(t: float, number: int, phase: str = "begin") -> Event:
    action = ("say", "inject", "expect", "expect", "checkpoint", "observe", "revert")[number]
    return at(t, "step", number=number, name=f"s{number}", action=action, phase=phase, role="operator")


def traffic() -> list[Event]:
    """Ten requests a second from second 1 on: 30 fail under the fault, 10 more come late."""
    intended = [number / 10 for number in range(390)]
    failed = [19.0 <= moment < 22.0 for moment in intended]
    late = [22.0 <= moment < 23.0 for moment in intended]
    rows = zip(intended, failed, late, strict=True)
    columns: dict[str, list[Any]] = {"intended": [], "duration": [], "error": [], "status": [], "ttfc": []}
    for moment, bad, slow in rows:
        columns["intended"].append(moment)
        columns["duration"].append(1.5 if slow else 0.03)
        columns["error"].append("reset" if bad else None)
        columns["status"].append(0 if bad else 200)
        columns["ttfc"].append(None if bad else 0.01)
    opened = at(1.0, "traffic", name="background", target="gateway", rate=10, stream=True)
    return [opened, at(39.5, "exchanges", traffic="background", first=0, segment=0, **columns)]


def item(name: str, outcome: str, reason: str) -> Event:
    told = {"id": f"drill::{name}", "suite": "gameday", "title": name, "outcome": outcome, "reason": reason}
    return at(30.0, "item", **told, exchanges=100, seconds=None, objective=None, control=None)


def opening(text: str) -> list[Event]:
    """From the first event to the first step."""
    begin = {
        "phase": "begin",
        "name": "drill",
        "title": "A dead provider",
        "description": text,
        "file": "drill.gameday.yaml",
        "roles": {"operator": ["Bo Chen"], "observer": [], "scribe": ["Dee"]},
        "steps": steps(text),
        "signals": [{"name": "pager", "source": "webhook", "about": text}],
        "objectives": OBJECTIVES,
    }
    return [
        at(0.0, "journal", **HEADER),
        at(0.1, "run", policy={"name": "drill", "digest": "sha256:ab", "file": "drill.gameday.yaml"}, seed=7),
        at(0.2, "gameday", **begin),
        at(0.3, "fingerprint", when="before", **TARGET),
        *traffic()[:1],
    ]


def happened(text: str) -> list[Event]:
    """From the first step to what was found."""
    met = {"state": "active", "step": 2, "delay": 2.0, "limit": 10.0, "outcome": "PASSED"}
    missed = {"state": "active", "step": 3, "delay": None, "limit": 10.0, "outcome": "FAILED"}
    back = {"step": 4, "rto_seconds": 4.0, "limit": 5.0, "consecutive": 20, "outcome": "PASSED"}
    said = {"question": "What surprised us?", "text": f"Bo Chen and DEE saw it first. {text}"}
    return [
        step(5.0, 0),
        step(5.1, 0, "end"),
        step(19.0, 1),
        at(20.3, "fault", phase="injected", hits=None, since=INJECTED, **FAULT),
        step(20.4, 2),
        at(22.0, "signal", name="breaker-open", phase="active", told=text),
        at(22.0, "signal", name="breaker-open", phase="met", told="fired after 2 s (limit 10 s)", **met),
        at(30.0, "signal", name="pager", phase="missed", told=LATE, **missed),
        at(30.0, "recovery", scenario="drill", fault="cut", reason=BACK, **back),
        at(31.0, "note", step=5, role="scribe", **said),
        item("breaker-open fires in time", "PASSED", "fired after 2 s"),
        item("pager fires in time", "FAILED", "did not fire within 10 s"),
    ]


def events(*, text: str = "Welcome aboard.", aborted: bool = False, finished: bool = True) -> list[Event]:
    """The journal.

    Args:
        text: put wherever people, targets or webhooks have a say.
        aborted: whether somebody called it off before the fault was taken back.
        finished: whether the run came to its end.
    """
    told = [*opening(text), *happened(text)]
    if aborted:
        told.append(at(31.5, "gameday", phase="abort", by="the key q", why=""))
        told.append(at(31.6, "gameday", phase="rollback", faults=["cut"]))
    told += [at(REVERTED, "fault", phase="reverted", hits=62, **FAULT), *traffic()[1:]]
    if aborted:
        what = "the game day was called off by the key q"
        told.append(at(32.1, "gameday", phase="rolled-back", faults=["cut"], failed=[]))
        told.append(at(32.2, "error", kind="interrupted", where=None, what=what, hint="again"))
    told.append(at(39.6, "fingerprint", when="after", changed=[], **TARGET))
    outcome, code = ("ERROR", 4) if aborted else ("FAILED", 1)
    end = {
        "outcome": outcome,
        "exit_code": code,
        "reasons": [],
        "counts": {},
        "requests": 390,
        "seconds": END,
    }
    return [*told, at(END, "finish", **end)] if finished else told


def report(**given: Any) -> Report:
    """The report of it."""
    return build_report(Journal(Path("journal.ndjson"), tuple(events(**given)), torn=False))
