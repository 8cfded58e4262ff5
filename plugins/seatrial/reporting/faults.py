"""The faults of a run: when each was at work, on what, and the witness that it acted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from seatrial.reporting import figures
from seatrial.reporting.text import one_line

Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class FaultView:
    """One fault.

    Attributes:
        scenario: what it belongs to.
        on: the dependency, or the process.
        injected: seconds since the run began.
        reverted: the same; None where the journal tells of no reversal.
        hits: how often it acted, as its witness says; None where nobody can tell.
        error: why it did not take or did not go, empty where it did.
    """

    scenario: str
    name: str
    on: str
    type: str
    attributes: str
    toxicity: float
    injected: float
    reverted: float | None
    hits: int | None
    error: str

    @property
    def what(self) -> str:
        """The fault in words: ``http.status on primary (status 429), 50 % of it``."""
        more = f" ({self.attributes})" if self.attributes else ""
        share = "" if self.toxicity >= 1 else f", {figures.share(self.toxicity)} of it"
        return f"{self.type} on {self.on}{more}{share}"

    @property
    def witness(self) -> str:
        """The witness in words: ``acted 62 times``."""
        if self.error:
            return self.error
        if self.hits is None:
            return "nobody can tell whether it acted" if self.reverted is not None else "still at work"
        return {0: "never acted", 1: "acted once"}.get(self.hits, f"acted {figures.count(self.hits)} times")

    @property
    def proven(self) -> bool:
        """Whether it acted and was taken back."""
        return not self.error and bool(self.hits) and self.reverted is not None

    def end(self, last: float) -> float:
        """When it was taken back, or the end of the journal."""
        return self.reverted if self.reverted is not None else last


def faults(events: Sequence[Event]) -> tuple[FaultView, ...]:
    """Every fault in *events*, in the order in which they were injected."""
    found: list[FaultView] = []
    for place, event in enumerate(events):
        if event["event"] != "fault" or event.get("phase") != "injected":
            continue
        later = [each for each in events[place + 1 :] if _same(each, event)]
        again = next((at for at, each in enumerate(later) if each.get("phase") == "injected"), len(later))
        found.append(_view(event, later[:again]))
    return tuple(found)


def _same(one: Event, other: Event) -> bool:
    return one["event"] == "fault" and all(
        one.get(key) == other.get(key) for key in ("scenario", "name", "on")
    )


def _view(event: Event, later: Sequence[Event]) -> FaultView:
    reverted = next((each for each in later if each.get("phase") == "reverted"), None)
    failed = next((each for each in later if each.get("phase") == "failed"), {})
    hits = (reverted or failed or event).get("hits")
    attributes = event.get("attributes") or {}
    return FaultView(
        scenario=one_line(str(event.get("scenario") or ""), 80),
        name=one_line(str(event.get("name") or event.get("type") or "?"), 80),
        on=one_line(str(event.get("on") or "?"), 80),
        type=one_line(str(event.get("type") or "?"), 60),
        attributes=one_line(", ".join(f"{key} {value}" for key, value in attributes.items()), 160)
        if isinstance(attributes, dict)
        else "",
        toxicity=_number(event.get("toxicity"), 1.0),
        injected=_number(event.get("since"), _number(event.get("t"), 0.0)),
        reverted=_number(reverted.get("t"), 0.0) if reverted else None,
        hits=hits if isinstance(hits, int) else None,
        error=one_line(str(failed.get("error") or ("it was not taken back" if failed else "")), 300),
    )


def _number(value: Any, default: float) -> float:
    return float(value) if isinstance(value, (int, float)) else default
