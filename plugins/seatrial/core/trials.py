"""Running verdicts on events that are no single requests: slices of time, and tenants side by side."""

from __future__ import annotations

import numpy as np

from seatrial.core import units
from seatrial.core.evidence.base import Decision
from seatrial.core.evidence.dependence import estimate_deff
from seatrial.core.evidence.gap import PairedGap
from seatrial.core.evidence.sequential import SequentialProportion
from seatrial.core.log import Bools, Floats
from seatrial.core.objective import OPERATORS, Objective, Stream
from seatrial.core.outcome import Outcome
from seatrial.core.slices import Slices
from seatrial.core.trial import Positions, Trial, no_data
from seatrial.core.verdict import Verdict


def trial_of(objective: Objective, stream: Stream, skip: int = 0) -> Trial:
    """The running verdict for *objective*.

    Args:
        skip: exchanges at the beginning of *stream* that are no evidence.
    """
    if objective.sli.events == "slices":
        return SliceTrial(objective, stream, skip)
    if objective.sli.events == "tenants":
        return TenantTrial(objective, stream, skip)
    if objective.sli.events == "queries":
        from seatrial.core.query_trial import QueryTrial

        return QueryTrial(objective, stream, skip)
    return Trial(objective, stream, skip)


def shared(deff: float, requests: float) -> float:
    """The design effect of events that hold *requests* each, where single requests have *deff*.

    A burst of requests reaches into the next event only by what exceeds its length.
    """
    return 1.0 + (deff - 1.0) / max(requests, 1.0)


class SliceTrial(Trial):
    """A running verdict on the share of bad slices of time."""

    noun = "slices of time"
    method = "sequential mixture e-process on slices of time, may be looked at after every slice"

    def __init__(self, objective: Objective, stream: Stream, skip: int = 0) -> None:
        super().__init__(objective, stream, skip)
        self._slices = Slices(objective)
        self._skip = skip

    def _events(self, start: int, stop: int) -> tuple[Bools, Floats, Positions]:
        values, places = self._slices.take(self.stream.log)
        bad = np.asarray(~OPERATORS[str(self.objective.op)](values, float(self.objective.threshold or 0.0)))
        counts = places >= self._skip
        if self.objective.missing == "ignored":
            counts = counts & ~np.isnan(values)
        if self.stream.live and not self._bad:
            self._declared = shared(self.risk.deff, self._requests())
            self.evidence = self._fresh(self._declared)
        return bad[counts], values[counts], places[counts]

    def _requests(self) -> float:
        """Requests a slice."""
        sent = self.stream.log.intended()
        span = float(sent[-1] - sent[0]) if len(sent) > 1 else 0.0
        return len(sent) / span * self.objective.slice if span > 0 else 1.0


class TenantTrial(Trial):
    """A running verdict on the difference between the worst and the best served tenant."""

    noun = "rounds of all tenants"
    method = "betting on the differences of every pair of tenants, may be looked at after every round"

    def __init__(self, objective: Objective, stream: Stream, skip: int = 0) -> None:
        self._shares: list[Floats] = []
        self._tenants = stream.log.tenants
        self._held = [np.empty(0, bool) for _ in self._tenants.names] if self._tenants is not None else []
        super().__init__(objective, stream, skip)
        if self._tenants is not None:
            self._seen = -(-skip // self._tenants.block) * self._tenants.block

    def _fresh(self, deff: float) -> SequentialProportion | PairedGap:
        if self._tenants is None or len(self._tenants) < 2:
            return super()._fresh(deff)
        if self.stream.live and not self._shares:
            deff = self._declared = shared(self.risk.deff, self._tenants.block)
        risk, groups = self.risk, len(self._tenants)
        return PairedGap(
            self.objective.limit, groups, confidence=risk.confidence, power=risk.power, deff=deff
        )

    def step(self) -> bool:
        """Take in every whole round that is new; True once decided."""
        if self.decided or self._tenants is None or not isinstance(self.evidence, PairedGap):
            return self.decided
        stop = len(self.stream.log)
        if stop <= self._seen:
            return False
        bad, _, counts = self.objective.bad(self.stream.log, self._seen, stop)
        shares = self._by_tenant(bad & counts, self._tenants.of(self._seen, stop))
        self._seen = stop
        if not len(shares):
            return False
        self._shares.append(shares)
        self.evidence.update(shares, may_pass=self.patient)
        self._reconsider()
        self.stream.watch(self)
        return self.decided

    def _by_tenant(self, bad: Bools, who: Positions) -> Floats:
        """Each tenant's share of bad requests in every round that is whole by now.

        A round is made of as many of each tenant's next requests as its weight says: where they were dealt
        out in blocks, those of one block.
        """
        assert self._tenants is not None
        weights = self._tenants.weights
        held = [np.concatenate((old, bad[who == tenant])) for tenant, old in enumerate(self._held)]
        rounds = min(len(own) // weight for own, weight in zip(held, weights, strict=True))
        self._held = [own[rounds * weight :] for own, weight in zip(held, weights, strict=True)]
        shares = [
            own[: rounds * weight].reshape(rounds, weight).mean(axis=1)
            for own, weight in zip(held, weights, strict=True)
        ]
        return np.stack(shares, axis=1)

    def _reconsider(self) -> None:
        passing = self.evidence.decision is Decision.PASS
        if not self.stream.live or not (passing or self.evidence.n >= self._estimate_at):
            return
        self._estimate_at = int(max(self.evidence.n, self._estimate_at) * 1.25)
        assert isinstance(self.evidence, PairedGap)
        shares = np.concatenate(self._shares)
        pairs = self.evidence.pairs[: len(self.evidence.pairs) // 2]
        found = [estimate_deff(shares[:, one] - shares[:, other]) for one, other in pairs]
        deff = max(self._declared, *found)
        if deff > self.evidence.deff * 1.02:
            self.evidence = self._fresh(deff)
            self.evidence.update(shares, may_pass=self.patient)

    def verdict(self) -> Verdict:
        """The verdict as of now; it tells which tenants are the worst and the best served."""
        evidence, risk = self.evidence, self.risk
        name, limit = self.objective.name, self.objective.limit
        if not isinstance(evidence, PairedGap) or evidence.n == 0:
            why = "the traffic has one tenant" if self._tenants is None else self.stream.stopped
            outcome, reason = no_data(self.objective, why)
            return Verdict(name, outcome, limit, method=self.method, reason=reason)
        outcome, reason = self._outcome(0)
        lower, upper = evidence.bounds()
        return Verdict(
            name,
            outcome,
            limit,
            method=self.method,
            estimate=evidence.estimate(),
            lower=lower,
            upper=upper,
            n=evidence.n,
            confidence=risk.confidence,
            power=risk.power,
            deff=evidence.deff,
            dependence=self._dependence(),
            reason=f"{reason}; {self._told(evidence)}" if outcome is not Outcome.INCONCLUSIVE else reason,
            needed=None if self.decided else evidence.needed(),
            trail=tuple(evidence.trail),
        )

    def _told(self, evidence: PairedGap) -> str:
        assert self._tenants is not None
        means = evidence.means
        worst, best = int(np.argmax(means)), int(np.argmin(means))
        return (
            f"{self._tenants.names[worst]} has {units.format_share(float(means[worst]))} bad requests,"
            f" {self._tenants.names[best]} {units.format_share(float(means[best]))}"
        )
