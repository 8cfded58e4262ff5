"""What a policy demands and a run never looked at: a part of a policy certifies nothing about the whole.

A pure function of the journal's events. Whoever runs a single suite, deselects an objective or forgets a
checklist learns what he has shown, and gets no certificate that speaks for the policy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seatrial.core.journal import Event


def unmet(events: Sequence[Event]) -> list[str]:
    """Every objective, scenario, suite and checklist that the policy names and the run did not exercise."""
    run = next((event for event in events if event["event"] == "run"), None)
    policy = (run or {}).get("policy")
    if run is None or not isinstance(policy, dict):
        return []
    effective: Event = policy.get("effective") or {}
    spec: Event = effective.get("spec") or effective
    return [
        *_suites(spec.get("suites"), run.get("suites")),
        *_objectives(spec.get("objectives"), events),
        *_scenarios(spec.get("resilience"), events),
        *_checklists(policy.get("checklists") or spec.get("checklists"), events),
    ]


def unjudged(objective: str) -> str:
    """How an objective is told that the policy names and nothing judged."""
    return f"the policy demands the objective {objective}, and nothing judged it"


def _suites(named: Sequence[str] | None, ran: Sequence[str] | None) -> Iterator[str]:
    missing = [name for name in named or () if name not in (ran or ())]
    if missing:
        yield f"the policy demands the suites {', '.join(missing)}, which were not run"


def _objectives(named: Sequence[Event] | None, events: Sequence[Event]) -> Iterator[str]:
    judged = {event["objective"]["name"] for event in events if event["event"] == "verdict"}
    for objective in named or ():
        if objective["name"] not in judged:
            yield unjudged(objective["name"])


def _scenarios(named: Sequence[Event] | None, events: Sequence[Event]) -> Iterator[str]:
    """A scenario counts as tried when an item looked at what it left."""
    looked = {event["scenario"] for event in events if event["event"] == "finding"}
    for scenario in named or ():
        name = scenario.get("name") or scenario.get("scenario")
        if name not in looked:
            yield f"the policy demands the scenario {name}, and nothing tried it"


def _checklists(named: Sequence[Event | str] | None, events: Sequence[Event]) -> Iterator[str]:
    judged = {event["checklist"] for event in events if event["event"] == "control"}
    for entry in named or ():
        name = entry if isinstance(entry, str) else entry["name"]
        if _stem(name) not in judged:
            yield f"the policy demands the checklist {name}, and no control of it was judged"


def _stem(name: str) -> str:
    """A checklist that is named by its file is called by the beginning of the file's name."""
    return name.rsplit("/", 1)[-1].removesuffix(".checklist.yaml")
