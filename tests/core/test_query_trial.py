"""Queries of several requests: each counts once, with its slowest, and only where it is whole."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from seatrial.core.exchange import ErrorKind, Exchange
from seatrial.core.log import Log
from seatrial.core.objective import Objective
from seatrial.core.outcome import Outcome
from seatrial.core.punctuality import Punctuality
from seatrial.core.query_trial import QueryTrial
from seatrial.core.recorded import Recorded
from seatrial.core.risk import Risk
from seatrial.core.trial import Trial
from seatrial.core.trials import trial_of
from seatrial.core.verdict import Verdict

INDEPENDENT = Risk(bursts_up_to=None, min_duration=0.0, segments=1)
QUICK = Objective(indicator="query.duration", op="lte", value="1s", target="90%", samples=4, traffic="t")


class Stream:
    """Queries of four requests each, handed out a few requests at a time; *slow* says which requests are."""

    name, live, segments, span = "t", True, 1, 100.0

    def __init__(
        self, slow: Callable[[int], bool], queries: int = 500, risk: Risk = INDEPENDENT, size: int = 4
    ) -> None:
        self.risk, self.log = risk, Log()
        self._slow, self._most, self._size = slow, queries * size, size

    @property
    def stopped(self) -> str | None:
        return "the budget is spent" if len(self.log) == self._most else None

    def add(self, index: int, error: ErrorKind | None = None) -> None:
        at = 2.0 * (index // self._size)
        took = 1.5 if self._slow(index) else 0.1
        self.log.append(Exchange(index, at, at, at + took, status=200, error=error))

    def extend(self, until: Callable[[], bool]) -> None:
        while not self.stopped and not until():
            for index in range(len(self.log), min(len(self.log) + 7, self._most)):
                self.add(index)

    def punctuality(self) -> Punctuality:
        return Punctuality()

    def watch(self, trial: Trial) -> None:
        whole = len(self.log) // self._size
        assert trial.evidence.n <= (whole if isinstance(trial, QueryTrial) else len(self.log))

    def concluded(self, objective: Objective, verdict: Verdict) -> None:
        self.verdict = verdict


def test_a_query_is_as_slow_as_its_slowest() -> None:
    assert type(trial_of(QUICK, Stream(lambda index: False))) is QueryTrial
    verdict = QUICK.judge(Stream(lambda index: False))
    assert verdict.outcome is Outcome.PASSED
    assert "proven after" in verdict.reason
    assert verdict.reason.endswith("queries")
    # One request in twenty is slow, which 90 % of requests would allow; but of queries it is one in five.
    spread = Stream(lambda index: index % 20 == 0)
    assert QUICK.judge(spread).outcome is Outcome.FAILED
    by_request = Objective(indicator="operation.duration", op="lte", value="1s", target="90%")
    assert by_request.judge(Stream(lambda index: index % 20 == 0)).outcome is Outcome.PASSED
    # And where the slow ones are together it is one in twenty of both.
    assert QUICK.judge(Stream(lambda index: index // 4 % 20 == 0)).outcome is Outcome.PASSED


def test_each_query_counts_once_at_its_first_request() -> None:
    stream = Stream(lambda index: index == 41, queries=20)
    trial = trial_of(QUICK, stream)
    stream.extend(lambda: trial.step() and False)
    trial.step()
    verdict = trial.verdict()
    assert (verdict.n, verdict.bad, verdict.first_bad) == (20, 1, 40)


def test_a_request_without_an_answer_makes_its_query_bad() -> None:
    stream = Stream(lambda index: False)
    for index in range(8):
        stream.add(index, ErrorKind.RESET if index == 2 else None)
    trial = trial_of(QUICK, stream)
    trial.step()
    assert (trial.evidence.n, trial.verdict().bad) == (2, 1)
    kind = Objective(
        indicator="query.duration", op="lte", value="1s", target="90%", samples=4, missing="ignored"
    )
    lenient = trial_of(kind, stream)
    lenient.step()
    assert (lenient.evidence.n, lenient.verdict().bad) == (1, 0)


def test_what_is_not_whole_is_no_evidence() -> None:
    stream = Stream(lambda index: False)
    for index in (
        0,
        1,
        4,
        5,
        6,
        7,
        8,
        9,
        10,
    ):  # an earlier run was cut off amid a query; the last is under way
        stream.add(index)
    trial = trial_of(QUICK, stream)
    trial.step()
    assert trial.evidence.n == 1
    stream.add(11)
    trial.step()
    assert trial.evidence.n == 2
    trial.step()
    assert trial.evidence.n == 2


@pytest.mark.parametrize("piece", [1, 3, 4, 9])
def test_it_does_not_matter_in_which_pieces_they_come(piece: int) -> None:
    slow = np.random.default_rng(4).random(400) < 0.04
    stream = Stream(lambda index: bool(slow[index]))
    trial = trial_of(
        Objective(indicator="query.duration", op="lte", value="1s", target="85%", samples=4), stream
    )
    for index in range(400):
        stream.add(index)
        if index % piece == 0:
            trial.step()
    trial.step()
    verdict = trial.verdict()
    if verdict.outcome is Outcome.INCONCLUSIVE:
        assert (verdict.n, verdict.bad) == (100, int(slow.reshape(100, 4).any(axis=1).sum()))


def test_a_burst_of_requests_is_fewer_queries() -> None:
    bursty = Risk(bursts_up_to=5, min_duration=0.0, segments=1)
    trial = trial_of(QUICK, Stream(lambda index: False, risk=bursty))
    assert trial.evidence.deff == pytest.approx(1 + (bursty.deff - 1) / 4)


def test_a_recording_knows_no_queries() -> None:
    verdict = QUICK.judge(Recorded("r", Log()))
    assert (verdict.outcome, "live load" in verdict.reason) == (Outcome.INCONCLUSIVE, True)
