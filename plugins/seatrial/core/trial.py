"""One objective while it is being judged: the stream fed into a running test, step by step."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seatrial.core import units
from seatrial.core.evidence.base import Decision
from seatrial.core.evidence.dependence import estimate_deff
from seatrial.core.evidence.gap import PairedGap
from seatrial.core.evidence.sequential import SequentialProportion
from seatrial.core.log import Bools, Floats
from seatrial.core.objective import Objective, Stream
from seatrial.core.outcome import Outcome
from seatrial.core.verdict import Verdict

Positions = NDArray[np.int64]

_FIRST_ESTIMATE = 256
_GROWTH = 1.25
# Latencies are looked at for bursts, not for drift: the median of any system wanders by a few per cent over
# minutes, which says nothing about a limit far away, and over thousands of requests would add up to a design
# effect of hundreds. Slow change is what the minimum duration and the separated segments are for.
WIDEST = 128


class Trial:
    """A running verdict.

    The design effect is the declared one, or the one estimated from the bad events or the values, whichever
    is larger; it is estimated anew as the evidence grows and once more before a pass is believed.

    Args:
        objective: what is judged.
        stream: where the exchanges come from.
        skip: exchanges at its beginning that are no evidence (a warm-up under load).
    """

    noun = "requests"
    """What the events are called."""
    method = "sequential mixture e-process, may be looked at after every request"

    def __init__(self, objective: Objective, stream: Stream, skip: int = 0) -> None:
        self.objective = objective
        self.stream = stream
        self.risk = stream.risk
        self._seen = skip
        self._declared = self.risk.deff if stream.live else 1.0
        self._estimate_at = _FIRST_ESTIMATE
        self._bad: list[Bools] = []
        self._values: list[Floats] = []
        self._indices: list[Positions] = []
        self.evidence: SequentialProportion | PairedGap = self._fresh(self._declared)

    def _fresh(self, deff: float) -> SequentialProportion | PairedGap:
        return SequentialProportion(
            self.objective.limit, confidence=self.risk.confidence, power=self.risk.power, deff=deff
        )

    @property
    def decided(self) -> bool:
        """Whether no further exchange can change the verdict."""
        return self.evidence.decision is not None

    @property
    def patient(self) -> bool:
        """Whether the traffic has lasted long enough, in enough separated stretches, for a pass."""
        stream, risk = self.stream, self.risk
        return not stream.live or (stream.span >= risk.min_duration and stream.segments >= risk.segments)

    def step(self) -> bool:
        """Take in what is new in the stream; True once decided."""
        start, stop = self._seen, self._whole()
        if self.decided or start >= stop:
            return self.decided
        bad, values, indices = self._events(start, stop)
        self._seen = stop
        self._bad.append(bad)
        self._values.append(values)
        self._indices.append(indices)
        self.evidence.update(bad, may_pass=self.patient)
        self._reconsider()
        self.stream.watch(self)
        return self.decided

    def _whole(self) -> int:
        """Up to which exchange there are whole events."""
        return len(self.stream.log)

    def _events(self, start: int, stop: int) -> tuple[Bools, Floats, Positions]:
        """What is new from exchange *start* to *stop*: which events are bad, their values and places."""
        bad, values, counts = self.objective.bad(self.stream.log, start, stop)
        chosen = np.flatnonzero(counts)
        return bad[chosen], values[chosen], chosen + start

    def _reconsider(self) -> None:
        """Estimate the dependence anew where due; count again under a design effect that moved."""
        passing = self.evidence.decision is Decision.PASS
        if not self.stream.live or not (passing or self.evidence.n >= self._estimate_at):
            return
        self._estimate_at = int(max(self.evidence.n, _FIRST_ESTIMATE) * _GROWTH)
        deff = max(self._declared, self._estimated())
        if passing and deff <= self.evidence.deff:
            return
        if abs(deff - self.evidence.deff) <= 0.02 * self.evidence.deff and not passing:
            return
        bad = np.concatenate(self._bad)
        self.evidence = self._fresh(deff)
        self.evidence.update(bad, may_pass=self.patient)

    def _estimated(self) -> float:
        bad = np.concatenate(self._bad)
        estimate = estimate_deff(bad.astype(np.float64))
        if self.objective.threshold is None:
            return estimate
        values = np.concatenate(self._values)
        reached = values[~np.isnan(values)]
        return max(estimate, estimate_deff(reached, WIDEST)) if len(reached) else estimate

    def verdict(self) -> Verdict:
        """The verdict as of now."""
        evidence, objective, risk = self.evidence, self.objective, self.risk
        bad = np.concatenate(self._bad)[: evidence.n] if self._bad else np.zeros(0, bool)
        outcome, reason = self._outcome(int(bad.sum()))
        lower, upper = evidence.bounds()
        first = np.flatnonzero(bad)
        return Verdict(
            objective=objective.name,
            outcome=outcome,
            limit=objective.limit,
            estimate=float(bad.mean()) if len(bad) else None,
            lower=lower if len(bad) else None,
            upper=upper if len(bad) else None,
            n=evidence.n,
            bad=int(bad.sum()),
            method=self.method,
            confidence=risk.confidence,
            power=risk.power,
            deff=evidence.deff,
            dependence=self._dependence(),
            reason=reason,
            needed=None if self.decided else evidence.needed(),
            first_bad=int(np.concatenate(self._indices)[first[0]]) if len(first) else None,
            trail=tuple(evidence.trail),
        )

    def _dependence(self) -> str:
        if not self.stream.live:
            return "prompts in random order"
        if self.evidence.deff > self._declared:
            return f"{self.risk.assumption}; estimated from the data to be worse"
        return self.risk.assumption

    def _unpunctual(self) -> str | None:
        """Why our own lateness leaves a decision on time without worth, None where it does not.

        Lateness only lengthens what is measured. So a pass is doubtful where the load was not kept up, and a
        failure where it would be none without what the harness may have added.
        """
        limit = self.objective.strictest
        if limit is None:
            return None
        found = self.stream.punctuality()
        if self.evidence.decision is Decision.PASS:
            return found.behind(limit)
        own = self.objective.sli.dimension == "duration" and self.objective.op in ("lt", "lte")
        if own and self.evidence.decision is Decision.FAIL:
            values = np.concatenate(self._values)
            surely = np.isnan(values) | (values > limit + found.worst)
            if surely.mean() <= self.objective.limit:
                added = units.format_duration(found.worst)
                return f"too slow by no more than {added}, which may be the harness's own"
        return None

    def _outcome(self, bad: int) -> tuple[Outcome, str]:
        n, stopped = self.evidence.n, self.stream.stopped
        if lost := self.stream.punctuality().lost:
            return Outcome.INCONCLUSIVE, lost
        if unpunctual := self._unpunctual():
            return Outcome.INCONCLUSIVE, unpunctual
        if self.evidence.decision is Decision.FAIL:
            return Outcome.FAILED, f"the limit is broken: shown after {n} {self.noun}"
        if self.evidence.decision is Decision.PASS:
            return Outcome.PASSED, f"proven after {n} {self.noun}"
        if n == 0:
            return no_data(self.objective, stopped)
        if self.objective.limit == 0 and stopped and self.patient and bad == 0:
            upper = units.format_share(self.evidence.bounds()[1])
            return (
                Outcome.PASSED,
                f"not once in {n} {self.noun} (below {upper}; a share of zero cannot be proven)",
            )
        if not self.patient:
            return (
                Outcome.INCONCLUSIVE,
                f"{stopped or 'stopped'} before {self.risk.min_duration:g} s of traffic in "
                + (f"{self.risk.segments} segments"),
            )
        needed = self.evidence.needed()
        more = (
            f"; about {needed:,} {self.noun} more are needed"
            if needed
            else "; too close to the limit to tell how many more"
        )
        return Outcome.INCONCLUSIVE, f"{stopped or 'stopped before a decision'}{more}"


def no_data(objective: Objective, why: str | None) -> tuple[Outcome, str]:
    """What an objective comes to on which nothing was measured."""
    outcome = Outcome.INCONCLUSIVE if objective.must_have_data else Outcome.NOT_APPLICABLE
    return outcome, f"nothing was measured ({why or 'no exchange counts'})"
