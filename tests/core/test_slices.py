from __future__ import annotations

from math import inf

import numpy as np
import pytest

from seatrial.core.exchange import ErrorKind, Exchange, Usage
from seatrial.core.log import Log
from seatrial.core.objective import Objective
from seatrial.core.slices import Slices

SERVED = Objective(indicator="served_rate", op="gte", value="5/s", target="90%")
TOKENS = Objective(indicator="served_tokens_rate", op="gte", value="50/s", target="90%")
AVAILABLE = Objective(indicator="availability", target="90%")
BURN = Objective(
    indicator="error_budget_burn", op="lte", value=2, target="90%", parts=(AVAILABLE,), slice=2.0
)


def steady(
    seconds: float, *, rate: float = 10.0, takes: float = 0.25, begin: float = 0.0, log: Log | None = None
) -> Log:
    """One request every ``1 / rate`` seconds; every tenth fails."""
    log = log or Log()
    for number in range(int(seconds * rate)):
        at = begin + number / rate
        error = ErrorKind.RESET if number % 10 == 9 else None
        log.append(Exchange(len(log), at, at, at + takes, status=200, error=error, usage=Usage(1, 20)))
    return log


def test_whole_answers_are_counted_where_they_end() -> None:
    values, first = Slices(SERVED).take(steady(5.0))
    assert values.tolist() == [9.0] * 4, "from the first answer on, whole slices only"
    assert first.tolist() == [3, 13, 23, 33]


def test_tokens_of_answers() -> None:
    assert Slices(TOKENS).take(steady(3.0))[0].tolist() == [180.0, 180.0]


def test_burn_is_the_share_of_bad_over_the_share_that_is_allowed() -> None:
    values, _ = Slices(BURN).take(steady(7.0))
    np.testing.assert_allclose(values, [1.0, 1.0, 1.0], rtol=0.2)
    strict = Objective(indicator="availability", target="99%")
    tenfold = Objective(
        indicator="error_budget_burn", op="lte", value=2, target="90%", parts=(strict,), slice=2.0
    )
    np.testing.assert_allclose(Slices(tenfold).take(steady(7.0))[0], [10.0] * 3, rtol=0.2)


def test_a_growing_log_tells_the_same_as_a_whole_one() -> None:
    whole = steady(6.0, takes=1.3)
    growing, slices, told = Log(), Slices(SERVED), []
    growing.stretches = [(0.0, inf)]
    for number in range(len(whole)):
        at = float(whole.intended(number, number + 1)[0])
        error = whole.errors(number, number + 1)[0]
        growing.append(Exchange(number, at, at, at + 1.3, status=200, error=error))
        told += slices.take(growing)[0].tolist()
    assert told == Slices(SERVED).take(whole)[0].tolist()


def test_pauses_between_stretches_count_for_nothing() -> None:
    log = steady(3.0)
    steady(3.0, begin=10.0, log=log)
    log.stretches = [(0.0, 2.9), (10.0, 12.9)]
    assert Slices(SERVED).take(log)[0].tolist() == [9.0] * 4
    log.stretches = []
    assert 0.0 in Slices(SERVED).take(log)[0].tolist(), "where nobody tells of pauses, silence is silence"


def test_a_stall_shows() -> None:
    log = Log()
    for number in range(50):
        at = number / 10
        done = max(at + 0.1, 3.5) if at > 1.5 else at + 0.1
        log.append(Exchange(number, at, at, done, status=200))
    assert Slices(SERVED).take(log)[0].tolist()[:3] == pytest.approx([10.0, 5.0, 0.0], abs=1.0)


def test_nothing_comes_of_nothing() -> None:
    assert Slices(SERVED).take(Log())[0].tolist() == []
