"""The view model of a run: what every report shows, in the order in which it shows it.

Frozen and already cleaned: reporters only lay it out and escape for their own format.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seatrial.core.outcome import Outcome, aggregate
from seatrial.core.punctuality import Punctuality
from seatrial.core.verdict import Verdict
from seatrial.reporting.columns import Columns
from seatrial.reporting.faults import FaultView
from seatrial.reporting.purpose import CAPACITY, CERTIFY, KINDS, SOAK

if TYPE_CHECKING:
    from seatrial.reporting.gameday import GameDayView
    from seatrial.reporting.load_view import LoadView
    from seatrial.reporting.remediation import LoopView

# What a reader must see first.
_ORDER = (
    Outcome.FAILED,
    Outcome.ERROR,
    Outcome.INCONCLUSIVE,
    Outcome.WARNED,
    Outcome.PASSED,
    Outcome.NOT_APPLICABLE,
)


def severity(outcome: Outcome) -> int:
    """Sort key: the worst outcome first."""
    return _ORDER.index(outcome)


@dataclass(frozen=True, slots=True)
class Headline:
    """The verdict as a sentence.

    Attributes:
        lead: what was decided, two or three words.
        why: the reason, one sentence.
        standfirst: what a director needs beside it.
    """

    lead: str
    why: str
    standfirst: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """One exchange as it was recorded to show something.

    Attributes:
        anchor: name of its place in the HTML report.
        objectives, item: what it counts against, where that is known.
        failed: whether it got no whole answer.
        facts: ``(label, value)`` pairs in reading order: times, status, error.
        blocks: ``(label, text)`` pairs: detail, prompt, answer, tool calls; each cut.
    """

    anchor: str
    title: str
    traffic: str
    index: int
    why: str
    objectives: tuple[str, ...]
    item: str | None
    failed: bool
    facts: tuple[tuple[str, str], ...]
    blocks: tuple[tuple[str, str], ...]
    summary: str


@dataclass(frozen=True, slots=True)
class ObjectiveView:
    """One objective, its verdict and the plot of its evidence.

    Attributes:
        statement: the limit as the policy means it, for example ``≤ 5 % beyond 1 s``.
        bad: what a bad exchange is called: ``beyond 1 s``, ``without a whole answer``.
        op, value: the threshold of a threshold metric (seconds, tokens), None for a ratio.
        target: share of exchanges that must be good, where there is one.
        verdict: None where none was reached; `outcome` then says why not.
        trail: rows ``n, log e-value for passing, log e-value for failing``.
        evidence: the first exchange that counted against it.
    """

    name: str
    traffic: str
    indicator: str
    statement: str
    bad: str
    op: str | None
    value: float | None
    key_sli: bool
    where: str
    outcome: Outcome
    verdict: Verdict | None
    trail: NDArray[np.float64]
    reason: str
    evidence: Evidence | None
    target: float | None = None

    @property
    def bad_share(self) -> bool:
        """Whether its numbers are shares of bad events (else a mean in the indicator's own scale)."""
        return self.verdict is None or self.verdict.bad is not None


@dataclass(frozen=True, slots=True)
class ItemView:
    """One collected test item; `ran` is false where the run never came to it."""

    id: str
    suite: str
    title: str
    outcome: Outcome
    reason: str
    seconds: float | None
    exchanges: int
    objective: str | None
    control: str | None
    ran: bool
    evidence: Evidence | None


@dataclass(frozen=True, slots=True)
class SuiteView:
    """The items of one suite, the worst first."""

    name: str
    items: tuple[ItemView, ...]

    def count(self, *outcomes: Outcome) -> int:
        """How many items came to one of *outcomes*."""
        return sum(item.outcome in outcomes for item in self.items)

    @property
    def notable(self) -> tuple[ItemView, ...]:
        """Items a reader must see: all but the passed and the not applicable."""
        return tuple(item for item in self.items if not quiet(item.outcome))

    @property
    def unremarkable(self) -> tuple[ItemView, ...]:
        """The others."""
        return tuple(item for item in self.items if quiet(item.outcome))


def quiet(outcome: Outcome) -> bool:
    """Whether an outcome may be folded away."""
    return outcome in (Outcome.PASSED, Outcome.NOT_APPLICABLE)


@dataclass(frozen=True, slots=True)
class ControlView:
    """One control of a checklist, with what proves it or what excuses it."""

    checklist: str
    id: str
    title: str
    outcome: Outcome
    reason: str
    impact: float | None
    proven_by: tuple[str, ...]
    evidence: tuple[str, ...]
    waiver: str
    waived: bool
    item: str | None


@dataclass(frozen=True, slots=True)
class LimitView:
    """A limit to draw into the plots of a traffic; `share` of the exchanges may lie beyond it."""

    objective: str
    indicator: str
    op: str
    value: float
    outcome: Outcome
    statement: str
    share: float | None = None


@dataclass(frozen=True, slots=True)
class TrafficView:
    """One stream of traffic: how it was made, what came back, and the limits that bind it.

    Attributes:
        began: when its own clock began, seconds since the run began.
        faults: those that were at work while it flowed.
        open_loop: whether requests left by a schedule and waited for no answer.
        punctuality: how well the generator kept it, None where that was not told.
    """

    name: str
    about: str
    columns: Columns
    limits: tuple[LimitView, ...]
    began: float = 0.0
    faults: tuple[FaultView, ...] = ()
    open_loop: bool = False
    punctuality: Punctuality | None = None

    def limits_on(self, indicator: str) -> tuple[LimitView, ...]:
        """The limits that bind one indicator."""
        return tuple(limit for limit in self.limits if limit.indicator == indicator)


@dataclass(frozen=True, slots=True)
class FingerprintView:
    """What the target said it was, before and after; None where it was not asked."""

    target: str
    uri: str
    protocol: str
    before: str | None
    after: str | None
    rows: tuple[tuple[str, str, str, bool], ...]

    @property
    def unchanged(self) -> bool:
        """Whether it was seen twice and was the same both times."""
        return self.before is not None and self.before == self.after


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that keeps the run from being certified, as a sentence.

    Attributes:
        suite: the suite it was found by, where that says something.
        source: where the policy or the harness names it (``policy.yaml:17``), or nothing.
    """

    outcome: Outcome
    name: str
    sentence: str
    detail: str
    source: str
    evidence: Evidence | None
    suite: str = ""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that went wrong and is no verdict on the target.

    Attributes:
        kind: ``harness``, ``usage`` (the target cannot be tried as configured) or ``interrupted``.
    """

    kind: str
    where: str
    what: str
    hint: str


@dataclass(frozen=True, slots=True)
class RunView:
    """The run itself."""

    id: str
    created: str
    version: str
    policy: str
    policy_digest: str
    policy_file: str
    checklists: tuple[str, ...]
    seed: str
    command: str
    seconds: float
    requests: int
    allowed: int | None
    cost: float | None
    environment: tuple[tuple[str, str], ...]
    packages: tuple[tuple[str, str], ...]
    confidence: float
    power: float
    purpose: str = CERTIFY


@dataclass(frozen=True, slots=True)
class Report:
    """Everything a report shows.

    Attributes:
        outcome: what the run came to.
        partial: what the policy demands and was not tried: such a run certifies nothing either.
        finished: False for a run that was killed or whose journal is cut: it certifies nothing.
        certificate_verified: whether the certificate beside it was verified; None where that was not tried.
        findings: what stands against certification, the worst first.
        reasons: the reasons the run itself gave.
        assumptions: sentences a reader has to accept to believe the verdicts.
        load: what load showed, None where there was none to speak of.
        gameday: what people did, where the run was a game day: such a run certifies nothing.
        remediation: loops of automated remediation, as they went.
    """

    outcome: Outcome
    partial: tuple[str, ...]
    finished: bool
    certificate_verified: bool | None
    headline: Headline
    run: RunView
    findings: tuple[Finding, ...]
    reasons: tuple[str, ...]
    objectives: tuple[ObjectiveView, ...]
    suites: tuple[SuiteView, ...]
    controls: tuple[ControlView, ...]
    traffics: tuple[TrafficView, ...]
    exchanges: tuple[Evidence, ...]
    fingerprints: tuple[FingerprintView, ...]
    errors: tuple[Trouble, ...]
    assumptions: tuple[str, ...]
    counts: dict[Outcome, int]
    policy: dict[str, Any]
    faults: tuple[FaultView, ...] = ()
    gameday: GameDayView | None = None
    load: LoadView | None = None
    remediation: tuple[LoopView, ...] = ()

    @property
    def kind(self) -> str:
        """What it was that certifies nothing, such as ``soak``; empty for a trial."""
        return "game day" if self.gameday is not None else KINDS.get(self.run.purpose, "")

    @property
    def exercise(self) -> bool:
        """Whether it was none that certifies."""
        return bool(self.kind)

    @property
    def holds(self) -> bool:
        """Whether all that was to be shown was shown."""
        return self.finished and self.outcome.green and not self.partial

    @property
    def certified(self) -> bool:
        """Whether a certificate may stand on this run."""
        return self.holds and not self.exercise

    @property
    def tone(self) -> Outcome:
        """The outcome whose colour the verdict bears: green only for the whole of what was to be shown."""
        if self.gameday is not None:
            return self.outcome
        if self.run.purpose in (CAPACITY, SOAK) and self.finished and self.outcome is not Outcome.ERROR:
            judged = [outcome for outcome, number in self.counts.items() if number]
            return aggregate([*judged, *([] if self.load is None else [self.load.worst])])
        return Outcome.INCONCLUSIVE if self.outcome.green and not self.holds else self.outcome

    @property
    def reproduce(self) -> str:
        """The command that runs it again."""
        run = self.run
        base = run.command or f"seatrial certify --policy {run.policy_file or 'policy.yaml'}"
        return base if "--seed" in base or not run.seed else f"{base} --seed {run.seed}"

    @property
    def verify(self) -> str:
        """The command that verifies its certificate."""
        policy = self.run.policy_file or "policy.yaml"
        return f"seatrial verify certificate.intoto.json --policy {policy} --key seatrial.pub"
