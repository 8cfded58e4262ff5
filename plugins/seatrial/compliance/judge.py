"""What a control comes to: a pure function of the items' outcomes, the attestations, the waiver and the time.

An automated control has passed only where every pattern of its `proven_by` is met by at least one item and
every item that meets one has passed. What was deselected, skipped or does not exist proves nothing. A manual
control has passed only while a valid attestation stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from seatrial.compliance import waiver as waivers
from seatrial.compliance.attestation import Attestation
from seatrial.core.control import Control
from seatrial.core.errors import UsageError
from seatrial.core.outcome import Outcome, aggregate
from seatrial.policy.governance import WaiverSpec

_BY_INDICATOR = "indicator:"
_CLOCK_SKEW = timedelta(minutes=5)
_EXCUSABLE = (Outcome.FAILED, Outcome.INCONCLUSIVE)


@dataclass(frozen=True, slots=True)
class ItemResult:
    """What one item came to.

    Attributes:
        id: its node id.
        indicators: what its objectives looked at, for example ``operation.duration``.
    """

    id: str
    outcome: Outcome
    indicators: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a control came to.

    Attributes:
        outcome: its own outcome, whatever is waived.
        reason: why, in a sentence.
        proven_by: the items that were looked at.
        evidence: what carries a manual control, JSON-ready.
        waiver: the waiver for it, JSON-ready, whether or not it was needed.
        waived: whether the waiver holds and was needed.
    """

    outcome: Outcome
    reason: str
    proven_by: tuple[str, ...] = ()
    evidence: tuple[dict[str, Any], ...] = ()
    waiver: dict[str, Any] | None = None
    waived: bool = False

    @property
    def counts_as(self) -> Outcome:
        """What it means for the run: a waived control warns and is never green by itself."""
        return Outcome.WARNED if self.waived else self.outcome

    def to_dict(self, control: Control) -> dict[str, Any]:
        """The fields of the journal's ``control`` event, but for the item."""
        return {
            "checklist": control.checklist,
            "id": control.id,
            "title": control.title,
            "group": control.group,
            "mode": "automated" if control.automated else "manual",
            "outcome": self.outcome.value,
            "counts_as": self.counts_as.value,
            "reason": self.reason,
            "impact": control.impact,
            "proven_by": list(self.proven_by),
            "evidence": list(self.evidence),
            "waiver": self.waiver,
            "waived": self.waived,
            "where": control.where,
        }


def judge(
    control: Control,
    items: Mapping[str, ItemResult],
    *,
    now: datetime,
    attestations: Sequence[Attestation] = (),
    waiver: WaiverSpec | None = None,
    scope: str | None = None,
) -> Judgement:
    """Judge one control.

    Args:
        control: what is demanded.
        items: what every collected item came to, by node id (see `items_of`).
        now: the moment it is judged at, with its zone.
        attestations: those that were found, for whatever control.
        waiver: the one for this control.
        scope: the name of the policy; attestations made for another one do not count.

    Raises:
        UsageError: *now* has no zone.
    """
    if now.tzinfo is None:
        raise UsageError("the time to judge at has no zone", hint="use an aware datetime")
    if waiver is not None and not waiver.run and waivers.active(waiver, now):
        found = Judgement(Outcome.INCONCLUSIVE, "not checked")
    elif control.automated:
        found = _automated(control, items)
    else:
        mine = [found for found in attestations if found.control_id == control.id]
        found = _manual(control, mine, now, scope)
    return found if waiver is None else _waived(found, waiver, now)


def items_of(events: Iterable[Mapping[str, Any]]) -> dict[str, ItemResult]:
    """What every collected item came to, from a journal's events; one that was not run is inconclusive."""
    outcomes: dict[str, Outcome] = {}
    indicators: dict[str, set[str]] = {}
    for event in events:
        if event["event"] == "collected":
            for item in event["items"]:
                outcomes.setdefault(item["id"], Outcome.INCONCLUSIVE)
        elif event["event"] == "item":
            outcome = Outcome(event["outcome"])
            if outcome is Outcome.FAILED and event.get("key") is False:
                outcome = Outcome.WARNED  # as for the run: not a key objective
            outcomes[event["id"]] = outcome
        elif event["event"] == "verdict" and event.get("item"):
            indicators.setdefault(event["item"], set()).add(event["objective"]["indicator"])
    return {
        name: ItemResult(name, outcome, frozenset(indicators.get(name, ())))
        for name, outcome in outcomes.items()
    }


def meets(pattern: str, item: ItemResult) -> bool:
    """Whether an item meets a pattern of `proven_by`.

    A pattern is a node id in which ``*`` stands for anything and all else for itself, or
    ``indicator:NAME`` for every item that judged an objective on that indicator, whatever its name.
    """
    if pattern.startswith(_BY_INDICATOR):
        return pattern.removeprefix(_BY_INDICATOR) in item.indicators
    return _compiled(pattern).fullmatch(item.id) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    # Not fnmatch: the brackets of a node id's parameters would read as a set of characters.
    return re.compile(".*".join(re.escape(part) for part in pattern.split("*")), re.DOTALL)


def _automated(control: Control, items: Mapping[str, ItemResult]) -> Judgement:
    matched: dict[str, ItemResult] = {}
    unmet: list[str] = []
    for pattern in control.proven_by:
        here = [item for item in items.values() if meets(pattern, item)]
        matched.update((item.id, item) for item in here)
        if not any(item.outcome is not Outcome.NOT_APPLICABLE for item in here):
            unmet.append(f"{pattern} does not apply here" if here else f"no item {pattern} was run")
    outcomes = [item.outcome for item in matched.values() if item.outcome is not Outcome.NOT_APPLICABLE]
    outcome = aggregate([*outcomes, *([Outcome.INCONCLUSIVE] if unmet else [])])
    weak = [item.id for item in matched.values() if item.outcome is outcome]
    proof = tuple(sorted(matched))
    if outcome is Outcome.PASSED:
        return Judgement(outcome, f"proven by {_count(len(outcomes))}", proof)
    if outcome is Outcome.INCONCLUSIVE and unmet:
        return Judgement(outcome, f"nothing proves it: {'; '.join(unmet)}", proof)
    named = weak[0] if weak else "nothing proves it"
    more = f" and {len(weak) - 1} more" if len(weak) > 1 else ""
    return Judgement(outcome, f"{outcome.label}: {named}{more}", proof)


def _manual(
    control: Control, attestations: Sequence[Attestation], now: datetime, scope: str | None
) -> Judgement:
    objections: list[str] = []
    for attestation in sorted(attestations, key=lambda found: found.expires, reverse=True):
        objection = _objection(control, attestation, now, scope)
        if objection is None:
            until = f"{attestation.expires:%Y-%m-%d}"
            reason = f"attested by {attestation.signer} until {until}: {attestation.statement}"
            return Judgement(Outcome.PASSED, reason, evidence=(attestation.to_dict(),))
        objections.append(f"{attestation.path.name} {objection}")
    if objections:
        return Judgement(Outcome.INCONCLUSIVE, f"no attestation holds: {'; '.join(objections)}")
    return Judgement(Outcome.INCONCLUSIVE, f"nobody attested it: seatrial attest {control.id}")


def _objection(control: Control, attestation: Attestation, now: datetime, scope: str | None) -> str | None:
    """Why an attestation does not carry the control, None where it does."""
    if attestation.problem is not None:
        return attestation.problem
    if attestation.scope is not None and attestation.scope != scope:
        return f"was made for {attestation.scope}"
    if now + _CLOCK_SKEW < attestation.issued:
        return f"is dated {attestation.issued:%Y-%m-%d}, which is still to come"
    if now >= attestation.expires:
        return f"expired at {attestation.expires:%Y-%m-%d}"
    for wanted in control.evidence_requirements:
        if wanted.max_age is not None and now - attestation.issued > timedelta(seconds=wanted.max_age):
            return f"is older than the {wanted.max_age / 86_400:g} days that the control allows"
        if wanted.kind == "file" and not attestation.files:
            return "names no file, and the control asks for one"
    return None


def _waived(found: Judgement, waiver: WaiverSpec, now: datetime) -> Judgement:
    told = waivers.to_dict(waiver)
    if found.outcome not in _EXCUSABLE:
        return Judgement(found.outcome, found.reason, found.proven_by, found.evidence, told)
    if waivers.active(waiver, now):
        until = f"waived until {waiver.expiration_date} by {waiver.approver}"
        reason = f"{found.reason}; {until}: {waiver.justification}"
        return Judgement(found.outcome, reason, found.proven_by, found.evidence, told, waived=True)
    reason = f"the waiver by {waiver.approver} ended on {waiver.expiration_date}; {found.reason}"
    return Judgement(Outcome.FAILED, reason, found.proven_by, found.evidence, told)


def _count(items: int) -> str:
    return "one item" if items == 1 else f"{items} items"
