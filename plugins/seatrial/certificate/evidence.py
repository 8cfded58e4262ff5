"""What a certificate says beyond in-toto's test result: the numbers behind each verdict, and the target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from seatrial.certificate import fingerprint
from seatrial.core.errors import UsageError
from seatrial.core.journal import Event, Journal, finite
from seatrial.core.outcome import ExitCode, Outcome

RESULTS = {Outcome.PASSED: "PASSED", Outcome.WARNED: "WARNED"}
"""What in-toto calls our outcomes; all others are FAILED to it."""

SCHEMA = "seatrial.certificate/1"
_CONTROL = (
    "checklist",
    "id",
    "title",
    "outcome",
    "reason",
    "impact",
    "proven_by",
    "evidence",
    "waiver",
    "item",
)


@dataclass(frozen=True)
class Sides:
    """One target before and after the run.

    Attributes:
        before, after: its ``fingerprint`` events, None where it was not taken.
    """

    name: str
    before: Event | None
    after: Event | None

    @property
    def changed(self) -> list[str]:
        """What differs between the two sides."""
        if self.before is None or self.after is None or self.before["digest"] == self.after["digest"]:
            return []
        seen = fingerprint.diff(self.before.get("facts") or {}, self.after.get("facts") or {})
        return self.after.get("changed") or seen or ["its digest"]

    @property
    def doubts(self) -> list[str]:
        """Why it cannot be said that one and the same target was tested, empty where it can."""
        if self.changed:
            return [f"{self.name} changed during the run: {', '.join(self.changed)}"]
        for when, event in (("before", self.before), ("after", self.after)):
            if event is None:
                return [f"{self.name} was not fingerprinted {when} the run"]
            facts = event.get("facts") or {}
            if not fingerprint.answered(facts):
                return [f"{self.name} gave no answer when it was fingerprinted {when} the run"]
            if fingerprint.digest(facts) != event["digest"]:
                return [f"the facts of {self.name} {when} the run do not fit their digest"]
        return []

    def subject(self) -> dict[str, Any]:
        """The target as an in-toto subject; its digest is that of its facts."""
        event = self.before or self.after or {}
        uri = fingerprint.public_uri(str(event.get("uri", "")))
        kind, _, value = str(event.get("digest")).partition(":")
        if kind != "sha256" or len(value) != 64:
            raise UsageError(f"the journal's fingerprint of {self.name} has no sha256 digest")
        return {"name": f"{self.name}@{uri}", "uri": uri, "digest": {"sha256": value}}

    def to_dict(self) -> dict[str, Any]:
        """For the certificate's extension."""
        return {
            "target": self.name,
            "before": _taken(self.before),
            "after": _taken(self.after),
            "changed": self.changed,
            "same": not self.doubts,
        }


def sides(journal: Journal) -> list[Sides]:
    """Every target's fingerprints, in the order of their first event."""
    taken: dict[str, dict[str, Event]] = {}
    for event in journal.all("fingerprint"):
        side = taken.setdefault(event["target"], {})
        if event["when"] != "before" or "before" not in side:  # the first before and the last after
            side[event["when"]] = event
    return [Sides(name, found.get("before"), found.get("after")) for name, found in taken.items()]


def evidence_of(journal: Journal, *, outcome: Outcome, reasons: list[str]) -> dict[str, Any]:
    """Our part of the predicate; the times are added by the caller.

    Args:
        journal: a finished run.
        outcome: what it came to.
        reasons: why.
    """
    run, end = journal.first("run") or {}, journal.last("finish") or {}
    policy = run.get("policy") or {}
    controls = [_control(event) for event in _last(journal, "control", ("checklist", "id"))]
    items = _last(journal, "item", ("id",))
    found = {
        "schema": SCHEMA,
        "outcome": outcome.value,
        "exitCode": int(ExitCode.of(outcome)),
        "reasons": reasons,
        "run": journal.header.get("run"),
        "seed": run.get("seed"),
        "command": run.get("command"),
        "suites": run.get("suites"),
        "requests": end.get("requests"),
        "costUsd": end.get("cost_usd"),
        "seconds": end.get("seconds"),
        "counts": end.get("counts"),
        "policy": {key: policy.get(key) for key in ("name", "digest", "checklists")},
        "fingerprints": [target.to_dict() for target in sides(journal)],
        "objectives": [_objective(event) for event in _verdicts(journal)],
        "controls": controls,
        "waivers": [control["waiver"] for control in controls if control["waived"]],
        "notApplicable": [item["id"] for item in items if item["outcome"] == Outcome.NOT_APPLICABLE],
        "notProven": [
            {"id": item["id"], "reason": item.get("reason")}
            for item in items
            if item["outcome"] == Outcome.INCONCLUSIVE
        ],
        "environment": run.get("environment"),
    }
    plain: dict[str, Any] = finite(found)
    return plain


def _verdicts(journal: Journal) -> list[Event]:
    last = {(event["objective"]["name"], event.get("item")): event for event in journal.all("verdict")}
    return list(last.values())


def _last(journal: Journal, event: str, keys: tuple[str, ...]) -> list[Event]:
    last = {tuple(found.get(key) for key in keys): found for found in journal.all(event)}
    return list(last.values())


def _objective(event: Event) -> dict[str, Any]:
    """One verdict with its numbers; the first five names are those of the proposed eval-result predicate."""
    objective, verdict = event["objective"], event["verdict"]
    return {
        "metric": objective.get("indicator"),
        "comparator": objective.get("op"),
        "threshold": objective.get("value"),
        "passed": Outcome(verdict["outcome"]).green,
        "sampleSize": verdict.get("n"),
        "name": objective["name"],
        "statement": objective.get("statement"),
        "unit": objective.get("unit"),
        "target": objective.get("target"),
        "keySli": objective.get("key_sli", True),
        "outcome": verdict["outcome"],
        "reason": verdict.get("reason"),
        "estimate": verdict.get("estimate"),
        "lower": verdict.get("lower"),
        "bound": verdict.get("upper"),
        "limit": verdict.get("limit"),
        "bad": verdict.get("bad"),
        "confidence": verdict.get("confidence"),
        "power": verdict.get("power"),
        "method": verdict.get("method"),
        "designEffect": verdict.get("deff"),
        "dependence": verdict.get("dependence"),
        "item": event.get("item"),
    }


def _control(event: Event) -> dict[str, Any]:
    return {**{key: event.get(key) for key in _CONTROL}, "waived": bool(event.get("waived"))}


def _taken(event: Event | None) -> dict[str, Any] | None:
    if event is None:
        return None
    return {"digest": event["digest"], "facts": event.get("facts"), "t": event["t"]}
