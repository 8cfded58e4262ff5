from __future__ import annotations

from collections.abc import Callable

import numpy as np

from seatrial.core.exchange import ErrorKind, Exchange
from seatrial.core.log import Log
from seatrial.core.objective import Objective
from seatrial.core.outcome import Outcome
from seatrial.core.punctuality import Punctuality
from seatrial.core.recorded import Recorded
from seatrial.core.risk import Risk
from seatrial.core.tenants import Tenants, Told
from seatrial.core.trial import Trial
from seatrial.core.trials import SliceTrial, TenantTrial, shared, trial_of
from seatrial.core.verdict import Verdict

INDEPENDENT = Risk(bursts_up_to=None, min_duration=1.0, segments=1)
SERVED = Objective(indicator="served_rate", op="gte", value="40/s", target="80%", traffic="t")
AVAILABLE = Objective(indicator="availability", target="90%", traffic="t")
FAIR = Objective(indicator="fairness", target="85%", traffic="t", parts=(AVAILABLE,))


class Stream:
    """Exchanges that were drawn beforehand, handed out as an open loop would."""

    name = "t"
    live = True
    segments = 1

    def __init__(
        self, seconds: float, rate: float, bad: Callable[[int], bool], risk: Risk = INDEPENDENT
    ) -> None:
        self.risk, self.log = risk, Log()
        self._times = np.cumsum(np.random.default_rng(3).exponential(1 / rate, int(seconds * rate)))
        self._bad = bad
        self.late = Punctuality()

    @property
    def span(self) -> float:
        return float(self._times[len(self.log) - 1]) if len(self.log) else 0.0

    @property
    def stopped(self) -> str | None:
        return "the budget is spent" if len(self.log) == len(self._times) else None

    def extend(self, until: Callable[[], bool]) -> None:
        while not self.stopped and not until():
            for index in range(len(self.log), min(len(self.log) + 11, len(self._times))):
                at, bad = float(self._times[index]), self._bad(index)
                error, status = (ErrorKind.RESET, 0) if bad else (None, 200)
                self.log.append(Exchange(index, at, at, at + 0.05, status=status, error=error))

    def punctuality(self) -> Punctuality:
        return self.late

    def watch(self, trial: Trial) -> None:
        assert trial.evidence.n >= 0

    def concluded(self, objective: Objective, verdict: Verdict) -> None:
        self.verdict = verdict


def test_a_trial_for_each_kind_of_event() -> None:
    stream = Stream(1, 10, lambda index: False)
    assert type(trial_of(AVAILABLE, stream)) is Trial
    assert type(trial_of(SERVED, stream)) is SliceTrial
    assert type(trial_of(FAIR, stream)) is TenantTrial


def test_the_served_rate_is_judged_by_slices() -> None:
    verdict = SERVED.judge(Stream(60, 60, lambda index: False))
    assert verdict.outcome is Outcome.PASSED
    assert "slices of time" in verdict.reason
    assert verdict.n < 60
    slow = SERVED.judge(Stream(60, 30, lambda index: False))
    assert slow.outcome is Outcome.FAILED
    assert slow.first_bad is not None


def test_too_few_slices_prove_nothing() -> None:
    verdict = SERVED.judge(Stream(4, 60, lambda index: False))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.needed


def test_bursts_of_requests_reach_less_far_in_slices() -> None:
    assert shared(9.0, 1.0) == 9.0
    assert shared(9.0, 80.0) == 1.1
    bursty = Risk(bursts_up_to=5, min_duration=1.0, segments=1)
    verdict = SERVED.judge(Stream(60, 60, lambda index: False, bursty))
    assert verdict.outcome is Outcome.PASSED
    assert 1.0 < verdict.deff < 1.5


def test_a_starved_tenant_is_unfair() -> None:
    tenants = Tenants(["big", "small"], [3, 1], "t")
    for starves, outcome in ((False, Outcome.PASSED), (True, Outcome.FAILED)):

        def bad(index: int, starves: bool = starves) -> bool:
            return starves and tenants.sender(index) == 1 and index % 2 == 0

        stream = Stream(60, 60, bad)
        stream.log.tenants = tenants
        verdict = FAIR.judge(stream)
        assert verdict.outcome is outcome, verdict
        assert verdict.bad is None
        assert verdict.upper is not None
        assert verdict.lower is not None
        assert ("small has" in verdict.reason) == starves


def test_rounds_of_tenants_that_several_senders_told() -> None:
    """Requests of senders that deal by themselves come in any order, and one tenant may be behind."""
    order = np.random.default_rng(5).permuted(np.repeat([0, 0, 0, 1], 900))
    for starves, outcome in ((False, Outcome.PASSED), (True, Outcome.FAILED)):

        def bad(index: int, starves: bool = starves) -> bool:
            return starves and order[index] == 1 and index % 2 == 0

        stream = Stream(60, 60, bad)
        stream.log.tenants = told = Told(["big", "small"], [3, 1], "t")
        told.tell(order)
        trial = trial_of(FAIR, stream)
        stream.extend(trial.step)
        assert trial.verdict().outcome is outcome
        shares = np.concatenate(trial._shares)  # type: ignore[attr-defined]
        assert set(np.unique(shares[:, 0])) <= {0.0, 1 / 3, 2 / 3, 1.0}
        assert shares[:, 1].any() == starves


def test_a_tenant_that_never_asks_proves_nothing() -> None:
    stream = Stream(60, 60, lambda index: False)
    stream.log.tenants = told = Told(["big", "small"], [3, 1], "t")
    told.tell(np.zeros(3600, np.int64))
    assert FAIR.judge(stream).outcome is Outcome.INCONCLUSIVE


def test_an_outage_of_all_tenants_is_fair() -> None:
    stream = Stream(60, 60, lambda index: index // 60 % 10 == 3)
    stream.log.tenants = Tenants(["a", "b"], [1, 1], "t")
    assert FAIR.judge(stream).outcome is Outcome.PASSED


def test_one_tenant_and_a_recording_cannot_be_judged() -> None:
    assert FAIR.judge(Stream(5, 60, lambda index: False)).outcome is Outcome.INCONCLUSIVE
    recorded = Recorded("r", Log(), INDEPENDENT)
    assert FAIR.judge(recorded).outcome is Outcome.INCONCLUSIVE


def test_what_belongs_to_a_warm_up_is_no_evidence() -> None:
    early = [trial_of(AVAILABLE, Stream(20, 30, lambda index: index < 100), skip) for skip in (0, 100)]
    for trial in early:
        trial.stream.extend(trial.step)
    assert [trial.verdict().outcome for trial in early] == [Outcome.FAILED, Outcome.PASSED]
    served = Stream(60, 60, lambda index: index < 300)
    trial = trial_of(SERVED, served, 300)
    served.extend(trial.step)
    assert trial.verdict().bad == 0


def test_goodput_needs_a_punctual_generator() -> None:
    in_time = Objective(indicator="operation.duration", op="lte", value="1s", target="90%")
    goodput = Objective(indicator="goodput", target="90%", parts=(in_time,))
    stream = Stream(20, 60, lambda index: False)
    assert goodput.judge(stream).outcome is Outcome.PASSED
    stream = Stream(20, 60, lambda index: False)
    stream.late = Punctuality(p99=0.5)
    assert goodput.judge(stream).outcome is Outcome.INCONCLUSIVE


def test_a_recording_may_be_judged_in_part() -> None:
    stream = Stream(20, 60, lambda index: index < 600)
    stream.extend(lambda: False)
    first = Recorded("r", stream.log, INDEPENDENT, stop=600).judge(AVAILABLE)
    second = Recorded("r", stream.log, INDEPENDENT, first=600).judge(AVAILABLE)
    assert (first.outcome, second.outcome) == (Outcome.FAILED, Outcome.PASSED)
    assert (first.n, second.n) == (600, 600)
