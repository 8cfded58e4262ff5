"""The comparison of two runs as a whole: what may be compared at all, line by line, and what it comes to.

The candidate is no worse only where it is shown for every line (an intersection-union test, so none needs a
correction). Nothing passes by absence: a baseline that is missing, that was rejected, that did not finish or
was measured by another policy is told, and so is a line that only one side has.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seatrial.core.errors import UsageError
from seatrial.core.outcome import Outcome, aggregate
from seatrial.load.comparison.compared import Compared
from seatrial.load.comparison.figures import Margins, figures
from seatrial.load.comparison.objectives import objectives
from seatrial.load.comparison.side import Side

SCHEMA = "seatrial.comparison/1"


@dataclass(frozen=True)
class Comparison:
    """Two runs side by side.

    Attributes:
        baseline, candidate: the runs.
        lines: what was compared.
        outcome: PASSED where the candidate is shown to be no worse.
        reasons: why it is not, the gravest first.
        notices: what is worth a word.
    """

    baseline: Side
    candidate: Side
    margins: Margins
    lines: tuple[Compared, ...]
    outcome: Outcome
    reasons: tuple[str, ...]
    notices: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "schema": SCHEMA,
            "baseline": self.baseline.about(),
            "candidate": self.candidate.about(),
            "margins": self.margins._asdict(),
            "outcome": self.outcome.value,
            "reasons": list(self.reasons),
            "notices": list(self.notices),
            "lines": [line.to_dict() for line in self.lines],
        }


def compare(
    baseline: Path,
    candidate: Path,
    margins: Margins | None = None,
    *,
    any_policy: bool = False,
    any_baseline: bool = False,
) -> Comparison:
    """Compare two runs.

    Args:
        baseline, candidate: folders of runs, or journals.
        margins: by how much the candidate may be worse; the usual ones by default.
        any_policy: compare what two different policies have in common.
        any_baseline: compare with a baseline that was itself rejected.

    Raises:
        UsageError: a run is missing, both are the same, or their policies differ.
    """
    margins = margins or Margins()
    one, other = Side.read(baseline), Side.read(candidate)
    if one.path.resolve() == other.path.resolve() or one.run == other.run:
        raise UsageError(
            f"both are the run {one.run}: compared with itself nothing is worse",
            where=str(other.path),
            hint="name two runs, the baseline first",
        )
    if one.policy != other.policy and not any_policy:
        raise UsageError(
            f"the runs were measured by different policies: {one.policy[:19]}… and {other.policy[:19]}…",
            where=str(other.path),
            hint="measure both by one policy, or compare what the two have in common with --any-policy",
        )
    lines = (*objectives(one, other, margins.bad), *figures(one, other, margins))
    doubts = _doubts(one, other, any_baseline=any_baseline)
    if not lines:
        doubts.append("the runs have nothing in common that could be compared")
    found = [line.outcome for line in lines if line.key] + [Outcome.INCONCLUSIVE for _ in doubts]
    outcome = aggregate(found)
    reasons = [
        f"{line.name}: {line.reason}"
        for gravest in (Outcome.FAILED, Outcome.INCONCLUSIVE)
        for line in lines
        if line.outcome is gravest
    ]
    return Comparison(one, other, margins, lines, outcome, (*doubts, *reasons), tuple(_notices(one, other)))


def _doubts(one: Side, other: Side, *, any_baseline: bool) -> list[str]:
    found = [
        f"the {name} {side.run} did not finish: what it would have come to is not known"
        for name, side in (("baseline", one), ("candidate", other))
        if not side.complete
    ]
    if one.complete and one.outcome in (Outcome.FAILED, Outcome.ERROR) and not any_baseline:
        found.append(
            f'the baseline came to "{one.outcome.label}" itself: to be no worse than that shows nothing'
            " (--any-baseline compares all the same)"
        )
    if other.complete and other.outcome is Outcome.ERROR:
        found.append(f"the candidate {other.run} ended with {other.outcome.label}")
    return found


def _notices(one: Side, other: Side) -> list[str]:
    found = []
    if one.policy != other.policy:
        found.append("the two policies differ: only what they have in common is compared")
    if other.complete and other.outcome is Outcome.FAILED:
        found.append("the candidate was rejected by its own policy, whatever the comparison comes to")
    if sorted(one.targets) != sorted(other.targets):
        found.append("the runs name different targets")
    return found
