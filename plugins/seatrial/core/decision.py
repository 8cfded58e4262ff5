"""What a whole run comes to: a pure function of its journal.

A certificate is an intersection-union test (Berger 1982): it is granted only if every key objective passes,
so each may be tested at α and the chance of certifying a system that breaks any one of them stays below α.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from seatrial.core.demands import unmet
from seatrial.core.journal import Event, Journal
from seatrial.core.outcome import ExitCode, Outcome, aggregate


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome of a run.

    Attributes:
        outcome: what the run came to.
        reasons: why, the gravest first; empty for a clean pass.
        counts: how many items came to each outcome.
        partial: what the policy demands and nobody asked to be tried: a green run in part certifies nothing
            about the whole.
        usage: whether the target cannot be tried as configured: the command line or policy is to blame.
    """

    outcome: Outcome
    reasons: tuple[str, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)
    partial: tuple[str, ...] = ()
    usage: bool = False

    @property
    def exit_code(self) -> ExitCode:
        """What the `seatrial` command returns for it."""
        return ExitCode.USAGE if self.usage else ExitCode.of(self.outcome)


def decide(journal: Journal) -> Decision:
    """What the run in *journal* came to; a run that did not finish is harness trouble, whatever it showed."""
    decision = decide_events(journal.events)
    if journal.complete:
        return decision
    reason = "the run did not finish: its journal has no end, so it certifies nothing"
    return replace(decision, outcome=Outcome.ERROR, reasons=(reason, *decision.reasons), usage=False)


def decide_events(events: Sequence[Event]) -> Decision:
    """What the events up to now come to; used for a run's own last event."""
    items = _last_by_id(event for event in events if event["event"] == "item")
    findings = [_of_item(item) for item in items.values()]
    findings += _not_run(events, items)
    findings += _of_target(events, items)
    findings += _of_score(events)
    troubles = [event for event in events if event["event"] == "error"]
    findings += [(Outcome.ERROR, _told(event)) for event in troubles]
    if not any(item.get("exchanges") for item in items.values()):
        findings.append((Outcome.INCONCLUSIVE, "nothing was measured: no check sent a request"))
    missing = tuple(unmet(events))
    if any(event["event"] == "run" and event.get("whole") for event in events):
        findings += [(Outcome.INCONCLUSIVE, text) for text in missing]
    outcome = aggregate(found for found, _ in findings)
    reasons = [text for wanted in _GRAVEST for found, text in findings if found is wanted and text]
    counts = dict(Counter(item["outcome"] for item in items.values()))
    kinds = {event.get("kind") for event in troubles}
    if kinds & {"interrupted", "usage"}:  # such a run says nothing about the target, whatever it had shown
        reasons.sort(key=lambda text: text not in {_told(event) for event in troubles})
        outcome = Outcome.ERROR
    return Decision(outcome, tuple(dict.fromkeys(reasons)), counts, missing, usage="usage" in kinds)


def _told(trouble: Event) -> str:
    where = f"{trouble['where']}: " if trouble.get("where") else ""
    return f"{where}{trouble['what']}"


_GRAVEST = (Outcome.FAILED, Outcome.ERROR, Outcome.INCONCLUSIVE, Outcome.WARNED)


def _last_by_id(items: Iterable[Event]) -> dict[str, Event]:
    """The last event of each item: one that was run again continued its evidence."""
    return {item["id"]: item for item in items}


def _of_item(item: Event) -> tuple[Outcome, str]:
    outcome = Outcome(item["outcome"])
    text = f"{item.get('title') or item['id']}: {item.get('reason') or outcome.label}"
    if outcome is Outcome.FAILED and item.get("key") is False:
        return Outcome.WARNED, f"{text} (not a key objective)"
    return outcome, text


def _not_run(events: Sequence[Event], items: dict[str, Event]) -> list[tuple[Outcome, str]]:
    expected = {item["id"] for event in events if event["event"] == "collected" for item in event["items"]}
    missing = sorted(expected - set(items))
    if not missing:
        return []
    return [
        (
            Outcome.INCONCLUSIVE,
            f"{len(missing)} of {len(expected)} checks were not run, {missing[0]} among them",
        )
    ]


def _of_target(events: Sequence[Event], items: dict[str, Event]) -> list[tuple[Outcome, str]]:
    """A target that changed, or whose identity was not taken on both sides of the run, is not certified."""
    if not items:
        return []
    taken: dict[str, dict[str, Event]] = {}
    for event in events:
        if event["event"] == "fingerprint":
            taken.setdefault(event["target"], {})[event["when"]] = event
    if not taken:
        return [(Outcome.INCONCLUSIVE, "the target's identity was never taken")]
    found: list[tuple[Outcome, str]] = []
    for target, sides in taken.items():
        if set(sides) != {"before", "after"}:
            found.append(
                (Outcome.INCONCLUSIVE, f"the identity of {target} was taken {next(iter(sides))} the run only")
            )
        elif sides["before"]["digest"] != sides["after"]["digest"]:
            changed = ", ".join(sides["after"].get("changed") or ["its identity"])
            inconclusive = sides["after"].get("on_change") == "inconclusive"
            outcome = Outcome.INCONCLUSIVE if inconclusive else Outcome.FAILED
            found.append((outcome, f"{target} changed during the run: {changed}"))
    return found


def _of_score(events: Sequence[Event]) -> list[tuple[Outcome, str]]:
    """Keptn's total score: the share of the objectives' weight that is met; a warning earns half."""
    policy = next((event.get("policy") or {} for event in events if event["event"] == "run"), {})
    wanted = policy.get("total_score")
    verdicts = {event["objective"]["name"]: event for event in events if event["event"] == "verdict"}
    weighed = [event for event in verdicts.values() if event["verdict"]["outcome"] != Outcome.NOT_APPLICABLE]
    total = sum(event["objective"].get("weight", 1.0) for event in weighed)
    if not wanted or not total:
        return []
    earned = {Outcome.PASSED.value: 1.0, Outcome.WARNED.value: 0.5}
    score = sum(
        earned.get(event["verdict"]["outcome"], 0.0) * event["objective"].get("weight", 1.0)
        for event in weighed
    )
    share = score / total
    if share >= wanted["pass"]:
        return []
    outcome = Outcome.WARNED if share >= wanted["warning"] else Outcome.FAILED
    if all(event["verdict"]["outcome"] != Outcome.FAILED for event in weighed):
        outcome = Outcome.WARNED  # what is missing was not proven, which its own item tells
    return [(outcome, f"the total score is {share:.0%}, {wanted['pass']:.0%} is demanded")]
