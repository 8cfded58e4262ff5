"""The parts that all tests share."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from seatrial.core.errors import UsageError
from seatrial.core.evidence.base import checked_deff, checked_level, log_sum_exp, next_mark


def test_marks_are_thin_and_depend_on_n_alone() -> None:
    marks = [0]
    while marks[-1] < 4_000_000:
        marks.append(next_mark(marks[-1]))
    assert marks[1:4] == [1, 2, 3]
    assert len(marks) <= 200
    for earlier, later in pairwise(marks):
        assert next_mark((earlier + later) // 2) == later


def test_log_sum_exp_does_not_overflow() -> None:
    rows = np.array([[1000.0, 1000.0], [-1000.0, -1000.0]])
    assert log_sum_exp(rows, axis=1) == pytest.approx([1000 + np.log(2), -1000 + np.log(2)])


@pytest.mark.parametrize("level", [0.0, 1.0, -0.5, 95, float("nan")])
def test_levels_lie_between_0_and_1(level: float) -> None:
    with pytest.raises(UsageError, match="confidence"):
        checked_level("confidence", level)


@pytest.mark.parametrize("deff", [0.99, 0.0, float("inf"), float("nan")])
def test_design_effects_are_at_least_1(deff: float) -> None:
    with pytest.raises(UsageError, match="design effect"):
        checked_deff(deff)
