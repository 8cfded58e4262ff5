from __future__ import annotations

import numpy as np
import pytest

from seatrial.chaos.phase import good, latched, streak
from seatrial.core.exchange import ErrorKind, Exchange
from seatrial.core.log import Log
from seatrial.core.objective import Objective


@pytest.mark.parametrize(
    ("flags", "wanted", "at"),
    [
        ("111", 3, 0),
        ("0111", 3, 1),
        ("110111", 3, 3),
        ("1101101", 3, None),
        ("11", 3, None),
        ("", 1, None),
        ("0001", 1, 3),
    ],
)
def test_the_first_of_enough_good_ones_in_a_row(flags: str, wanted: int, at: int | None) -> None:
    assert streak(np.array([flag == "1" for flag in flags], bool), wanted) == at


def test_good_is_whole_and_within_every_criterion() -> None:
    log = Log()
    for took, error in ((0.1, None), (5.0, None), (0.1, ErrorKind.RESET)):
        log.append(Exchange(len(log), 0.0, 0.0, took, status=200, error=error))
    quick = Objective(indicator="operation.duration", op="lte", value="1s", target="90%")
    assert good(log, []).tolist() == [True, True, False]
    assert good(log, [quick]).tolist() == [True, False, False]
    assert good(log, [quick], 1).tolist() == [False, False]


def test_what_was_enough_once_stays_enough() -> None:
    answers = iter([False, True, False])
    until = latched(lambda: next(answers))
    assert [until(), until(), until(), until()] == [False, True, True, True]
