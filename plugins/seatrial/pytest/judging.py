"""From what pytest saw of a test to an outcome: a test is judged by what it measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from seatrial.core.errors import SeatrialError
from seatrial.core.exchange import Exchange
from seatrial.core.outcome import Outcome, aggregate
from seatrial.core.verdict import Verdict
from seatrial.load.ledger import as_dict
from seatrial.pytest.outcomes import Inconclusive, NotApplicable
from seatrial.pytest.suites import ROOT

_KEPT = 3  # exchanges of a failing test that are shown whole

_UNMEASURED = "it passed without having sent a request"


@dataclass
class ItemRecord:
    """What is known of one test.

    Attributes:
        id: its node id.
        suite: the bundled suite it is from, ``own`` for a user's own test.
        probes: requests that the test sent itself.
        exchanges: requests that it judged, of traffic and its own.
        ruling: what a control, or an item on what was measured once for several, came to, and why.
    """

    id: str
    suite: str
    title: str
    objective: str | None = None
    control: str | None = None
    key: bool = True
    outcome: Outcome | None = None
    reason: str = ""
    seconds: float = 0.0
    probes: int = 0
    exchanges: int = 0
    verdicts: list[Verdict] = field(default_factory=list)
    recent: list[Exchange] = field(default_factory=list)
    ruling: tuple[Outcome, str] | None = None

    @classmethod
    def of(cls, item: pytest.Item) -> ItemRecord:
        """A record of *item*, before it has run."""
        parts = item.nodeid.split("/")
        suite = parts[2] if item.nodeid.startswith(ROOT) and len(parts) > 2 else "own"
        params = getattr(getattr(item, "callspec", None), "params", {})
        objective = params.get("trial_objective")
        control = getattr(item, "control", None)
        if control is not None:
            return cls(item.nodeid, "checklists", control.title, control=control.id)
        return cls(item.nodeid, suite, objective or _title(item, params), objective=objective)

    def sent(self, exchange: Exchange) -> None:
        """The test itself sent a request."""
        self.probes += 1
        self.exchanges += 1
        self.recent = [*self.recent[-(_KEPT - 1) :], exchange]

    def head(self) -> dict[str, Any]:
        """What the journal calls the test by."""
        return {
            "id": self.id,
            "suite": self.suite,
            "title": self.title,
            "objective": self.objective,
            "control": self.control,
        }

    def result(self) -> dict[str, Any]:
        """What the journal tells of its end."""
        judged = max([self.exchanges, *(verdict.n for verdict in self.verdicts)])
        return {
            "outcome": (self.outcome or Outcome.ERROR).value,
            "reason": self.reason,
            "seconds": round(self.seconds, 4),
            "exchanges": judged,
            "probes": self.probes,
            "key": self.key,
        }

    def shown(self) -> list[dict[str, Any]]:
        """The last exchanges of a test that is not green, for a person to read."""
        if self.outcome is None or self.outcome.green or self.outcome is Outcome.NOT_APPLICABLE:
            return []
        return [as_dict(exchange) for exchange in self.recent]


def outcome_of(record: ItemRecord, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
    """Take one phase of a test into its record; make a green that measured nothing inconclusive."""
    record.seconds += call.duration
    if call.excinfo is not None:
        found, reason = _of_exception(record, call.excinfo.value, call.when)
        # What went wrong first is the finding; a later phase may only add to a pass.
        if record.outcome in (None, Outcome.PASSED, Outcome.WARNED):
            record.outcome, record.reason = found, reason
    elif call.when == "call":
        record.outcome, record.reason = _of_return(record)
    if call.when == "call":
        _tell_pytest(record, report)


def _tell_pytest(record: ItemRecord, report: pytest.TestReport) -> None:
    """Bring pytest's report in line where our outcome says more than its own."""
    if record.outcome is Outcome.INCONCLUSIVE:
        report.outcome = "failed"
        report.longrepr = f"INCONCLUSIVE: {record.reason}"
    elif record.outcome is Outcome.FAILED and report.outcome == "passed":
        report.outcome = "failed"
        report.longrepr = record.reason
    if record.outcome in (Outcome.INCONCLUSIVE, Outcome.WARNED):
        report.trial_outcome = record.outcome.value  # type: ignore[attr-defined]


def _of_return(record: ItemRecord) -> tuple[Outcome, str]:
    if record.ruling is not None:
        # A control is judged by what others have measured; whatever else is green has sent something.
        if record.ruling[0].green and record.control is None and record.exchanges == 0:
            return Outcome.INCONCLUSIVE, f"{_UNMEASURED}: {record.ruling[1]}"
        return record.ruling
    judged = aggregate(verdict.outcome for verdict in record.verdicts) if record.verdicts else Outcome.PASSED
    reason = "; ".join(verdict.reason for verdict in record.verdicts)
    if not record.verdicts and record.exchanges == 0:
        return Outcome.INCONCLUSIVE, _UNMEASURED
    # A test that looked at a verdict and went on has decided for itself: only its own assertions fail it.
    return (judged if judged.green else Outcome.PASSED), reason


def _of_exception(record: ItemRecord, error: BaseException, when: str) -> tuple[Outcome, str]:
    text = str(error).strip()
    first = text.split("\n", 1)[0]
    if isinstance(error, Inconclusive):
        return Outcome.INCONCLUSIVE, first
    if isinstance(error, NotApplicable):
        return Outcome.NOT_APPLICABLE, first
    if isinstance(error, pytest.skip.Exception):
        return Outcome.INCONCLUSIVE, f"skipped: {first}"
    if isinstance(error, SeatrialError):
        return Outcome.ERROR, text
    if isinstance(error, (AssertionError, pytest.fail.Exception)) and when == "call":
        return _of_assertion(record, first)
    return Outcome.ERROR, f"{when}: {type(error).__name__}: {first}"


def _of_assertion(record: ItemRecord, message: str) -> tuple[Outcome, str]:
    """A failed ``assert objective.judge(...)`` is as grave as its verdict, and no graver."""
    weak = [verdict for verdict in record.verdicts if not verdict.outcome.green]
    if not weak:
        return Outcome.FAILED, message
    return aggregate(verdict.outcome for verdict in weak), "; ".join(verdict.reason for verdict in weak)


def _title(item: pytest.Item, params: Mapping[str, Any]) -> str:
    """The marker's title, or the docstring's first sentence; with the case, where a test has several."""
    marker = item.get_closest_marker("trial")
    title = marker.kwargs.get("title") if marker is not None else None
    doc = title or getattr(getattr(item, "function", None), "__doc__", None) or item.name
    text = str(doc).strip().split("\n", 1)[0].rstrip(".")
    case = getattr(getattr(item, "callspec", None), "id", "").removeprefix(
        str(params.get("trial_target", ""))
    )
    return f"{text} ({case.strip('-')})" if case.strip("-") else text
