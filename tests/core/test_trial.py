from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from seatrial.core.exchange import ErrorKind, Exchange
from seatrial.core.log import Log
from seatrial.core.objective import Objective
from seatrial.core.outcome import Outcome
from seatrial.core.punctuality import Punctuality
from seatrial.core.risk import Risk
from seatrial.core.trial import Trial
from seatrial.core.verdict import Verdict

INDEPENDENT = Risk(bursts_up_to=None)


class Recording:
    """A stream that was drawn beforehand: hands out its exchanges a few at a time."""

    name = "recording"
    live = True
    late = Punctuality()

    def __init__(
        self,
        durations: np.ndarray,
        failed: np.ndarray | None = None,
        risk: Risk = INDEPENDENT,
        *,
        pace: float = 0.01,
        each: int = 7,
    ) -> None:
        self.risk = risk
        self.log = Log()
        self.verdicts: list[Verdict] = []
        self._durations = durations
        self._failed = np.zeros(len(durations), bool) if failed is None else failed
        self._pace = pace
        self._each = each

    @property
    def span(self) -> float:
        return len(self.log) * self._pace

    @property
    def segments(self) -> int:
        return 1 + int(self.span // 4)

    @property
    def stopped(self) -> str | None:
        return "the budget is spent" if len(self.log) == len(self._durations) else None

    def extend(self, until: Callable[[], bool]) -> None:
        while not self.stopped and not until():
            for _ in range(min(self._each, len(self._durations) - len(self.log))):
                index = len(self.log)
                error = ErrorKind.RESET if self._failed[index] else None
                done = float(self._durations[index])
                first = math.nan if error else done / 2
                self.log.append(
                    Exchange(index, 0, 0, done, first_chunk=first, status=0 if error else 200, error=error)
                )

    def punctuality(self) -> Punctuality:
        return self.late

    def watch(self, trial: Trial) -> None:
        pass

    def concluded(self, objective: Objective, verdict: Verdict) -> None:
        self.verdicts.append(verdict)


P95 = Objective(indicator="operation.duration", op="lte", value="1s", target="95%")
AVAILABILITY = Objective(indicator="availability", target="99%")


def lognormal(median: float, size: int, seed: int = 7) -> np.ndarray:
    return np.random.default_rng(seed).lognormal(math.log(median), 0.5, size)


def test_a_fast_system_passes_early_and_says_why() -> None:
    stream = Recording(lognormal(0.2, 20_000))
    verdict = P95.judge(stream)
    assert verdict
    assert verdict.outcome is Outcome.PASSED
    assert verdict.n < 2000
    assert verdict.upper is not None
    assert verdict.upper <= 0.05
    assert stream.verdicts == [verdict]
    assert len(stream.log) - verdict.n < 20
    assert verdict.trail[-1][0] == verdict.n


def test_a_slow_system_fails_early_and_names_the_first_slow_exchange() -> None:
    durations = lognormal(0.9, 20_000)
    verdict = P95.judge(Recording(durations))
    assert not verdict
    assert verdict.outcome is Outcome.FAILED
    assert verdict.first_bad == int(np.argmax(durations > 1))
    assert verdict.lower is not None
    assert verdict.lower >= 0.05


def test_a_system_at_its_limit_is_not_proven_and_told_why() -> None:
    durations = np.where(np.random.default_rng(3).random(1500) < 0.045, 2.0, 0.1)
    verdict = P95.judge(Recording(durations))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert not verdict
    assert "budget is spent" in verdict.reason


def test_no_pass_before_the_minimum_duration_in_separated_segments() -> None:
    short = P95.judge(Recording(lognormal(0.2, 3000), pace=0.001))
    assert short.outcome is Outcome.INCONCLUSIVE
    assert "before 10 s of traffic in 3 segments" in short.reason
    long = P95.judge(Recording(lognormal(0.2, 3000), pace=0.02))
    assert long.outcome is Outcome.PASSED
    assert long.n >= 10 / 0.02 - 7  # exchanges come in sevens


def test_a_failure_is_told_at_once() -> None:
    verdict = AVAILABILITY.judge(Recording(lognormal(0.2, 3000), np.ones(3000, bool), pace=0.0001))
    assert verdict.outcome is Outcome.FAILED
    assert verdict.n < 20


def test_the_declared_bursts_cost_their_design_effect() -> None:
    alone = AVAILABILITY.judge(Recording(lognormal(0.2, 20_000), pace=0.1))
    bursty = AVAILABILITY.judge(Recording(lognormal(0.2, 20_000), risk=replace(INDEPENDENT, bursts_up_to=5)))
    assert (alone.deff, bursty.deff) == (1.0, 9.0)
    assert bursty.n > 7 * alone.n
    assert "bursts of at most 5" in bursty.dependence


def test_dependence_that_shows_in_the_latencies_overrides_the_declared_one() -> None:
    random = np.random.default_rng(5)
    slow = np.repeat(random.lognormal(math.log(0.2), 0.4, 200), 50)
    verdict = P95.judge(Recording(slow * random.lognormal(0, 0.05, len(slow))))
    assert verdict.deff > 5
    assert "estimated from the data to be worse" in verdict.dependence


def test_nothing_measured_is_inconclusive() -> None:
    verdict = P95.judge(Recording(np.zeros(0)))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "nothing was measured" in verdict.reason
    assert verdict.estimate is None


@pytest.mark.parametrize(("failures", "outcome"), [(0, Outcome.PASSED), (1, Outcome.FAILED)])
def test_zero_tolerance_fails_on_the_first_and_needs_the_whole_budget_to_pass(
    failures: int, outcome: Outcome
) -> None:
    failed = np.zeros(1200, bool)
    failed[700 : 700 + failures] = True
    verdict = Objective(indicator="availability", target="100%").judge(Recording(np.full(1200, 0.1), failed))
    assert verdict.outcome is outcome
    assert verdict.n == (1200 if failures == 0 else 701)


def test_objectives_share_a_stream() -> None:
    stream = Recording(lognormal(0.2, 20_000))
    first = P95.judge(stream)
    drawn = len(stream.log)
    second = Objective(indicator="time_to_first_chunk", op="lte", value="1s", target="90%").judge(stream)
    assert second
    assert second.n <= first.n
    assert len(stream.log) == drawn


def test_a_verdict_survives_the_journal() -> None:
    verdict = P95.judge(Recording(lognormal(0.2, 20_000)))
    assert Verdict.from_dict(verdict.to_dict()) == verdict


def test_a_generator_that_fell_behind_passes_nothing_about_time() -> None:
    stream = Recording(lognormal(0.2, 20_000))
    stream.late = Punctuality(p99=0.06)
    verdict = P95.judge(stream)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "fell behind its schedule" in verdict.reason
    assert AVAILABILITY.judge(stream).outcome is Outcome.PASSED


def test_a_failure_that_may_be_the_harnesss_own_lateness_is_not_proven() -> None:
    durations = np.where(np.arange(2000) % 5 == 0, 1.05, 0.2)
    stream = Recording(durations)
    stream.late = Punctuality(loop_p99=0.1)
    verdict = P95.judge(stream)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "may be the harness's own" in verdict.reason
    far = Recording(durations * 3)
    far.late = Punctuality(loop_p99=0.1)
    assert P95.judge(far).outcome is Outcome.FAILED
