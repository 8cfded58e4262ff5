"""What a run was for, and the words that stand over it: "Certified." only where a certificate is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

CERTIFY = "certify"
LOAD, CAPACITY, SOAK, SESSION = "load", "capacity", "soak", "session"
KINDS = {LOAD: "load run", CAPACITY: "search for capacity", SOAK: "soak", SESSION: "pytest session"}
"""What runs are called that certify nothing; a game day tells itself by its events."""


@dataclass(frozen=True, slots=True)
class Leads:
    """The two or three words that a headline begins with: all holds, something does not, harness trouble."""

    green: str
    failed: str
    trouble: str


_LEADS = {
    LOAD: Leads("Held.", "Not held.", "Not measured."),
    CAPACITY: Leads("Measured.", "Not enough.", "Not measured."),
    SOAK: Leads("Steady.", "It drifts.", "Not measured."),
    SESSION: Leads("Passed.", "Failed.", "Not tried."),
}


def purpose_of(run: Mapping[str, Any]) -> str:
    """What the run of a ``run`` event was for; one of old that does not tell is known by its command."""
    told = run.get("purpose")
    if isinstance(told, str) and told:
        return told
    words = [*str(run.get("command") or "").split(), "", ""]
    return words[1] if words[0] == "seatrial" and words[1] in (LOAD, CAPACITY, SOAK) else CERTIFY


def leads_of(purpose: str) -> Leads:
    """The words for a run of this *purpose*."""
    return _LEADS.get(purpose, Leads("Certified.", "Not certified.", "Not certified."))


def remark(purpose: str) -> str:
    """What a reader might take for more than it is."""
    if purpose == SESSION:
        return "Only seatrial certify makes a certificate."
    return f"A {KINDS[purpose]} certifies nothing." if purpose in KINDS else ""
