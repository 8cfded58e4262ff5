from __future__ import annotations

import numpy as np
import pytest

from seatrial.core.objective import Objective
from seatrial.core.outcome import Outcome
from seatrial.core.recorded import Recorded
from seatrial.core.risk import Risk
from seatrial.core.verdict import Verdict
from tests.core.test_trial import AVAILABILITY, INDEPENDENT, P95, Recording, lognormal


def recorded(durations: np.ndarray, failed: np.ndarray | None = None, risk: Risk = INDEPENDENT) -> Recorded:
    stream = Recording(durations, failed, risk)
    stream.extend(lambda: False)
    return Recorded("yesterday", stream.log, risk)


@pytest.mark.parametrize(
    ("n", "failures", "outcome"),
    [
        (298, 0, Outcome.INCONCLUSIVE),
        (299, 0, Outcome.PASSED),
        (299, 1, Outcome.INCONCLUSIVE),
        (100, 3, Outcome.FAILED),
    ],
)
def test_the_verdict_is_the_exact_binomial_one(n: int, failures: int, outcome: Outcome) -> None:
    """299 requests without a failure are the fewest that show 99 % at 95 % confidence: ln 0.05 / ln 0.99."""
    failed = np.arange(n) < failures
    verdict = AVAILABILITY.judge(recorded(np.full(n, 0.1), failed))
    assert verdict.outcome is outcome
    assert "Clopper-Pearson" in verdict.method
    assert verdict.first_bad == (0 if failures else None)


def test_declared_bursts_count_for_recordings_too() -> None:
    verdict = AVAILABILITY.judge(recorded(np.full(1000, 0.1), risk=Risk(bursts_up_to=5)))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.deff == 9


def test_an_empty_recording_shows_nothing() -> None:
    empty = recorded(np.zeros(0))
    assert P95.judge(empty).outcome is Outcome.INCONCLUSIVE
    lenient = Objective(indicator="availability", target="99%", must_have_data=False)
    assert lenient.judge(empty).outcome is Outcome.NOT_APPLICABLE


def test_the_looser_bar_warns() -> None:
    looser = Objective(indicator="operation.duration", op="lte", value="5s", target="95%")
    strict = Objective(indicator="operation.duration", op="lte", value="1s", target="95%", warning=looser)
    told: list[Verdict] = []
    stream = recorded(lognormal(1.0, 4000))
    stream.tell = lambda objective, verdict: told.append(verdict)
    verdict = strict.judge(stream)
    assert verdict.outcome is Outcome.WARNED
    assert "the looser bar" in verdict.reason
    assert told == [verdict]
    assert strict.judge(recorded(lognormal(4.0, 4000))).outcome is Outcome.FAILED
