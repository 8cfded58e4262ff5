from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.core.instants import Instants

TIMES = st.lists(st.floats(-10.0, 1e7, allow_nan=False), max_size=50)


@given(TIMES, TIMES)
def test_any_times_come_back_to_the_microsecond(first: list[float], second: list[float]) -> None:
    column = Instants()
    for time in first:
        column.append(time)
    column.extend(np.asarray(second, float))
    expected = np.asarray(first + second, float)
    assert len(column) == len(expected)
    found = column.column()
    assert (found - expected >= -2e-8).all()
    assert (found - expected <= 1.001e-6).all()
    np.testing.assert_array_equal(column.column(3, 9), found[3:9])
    np.testing.assert_array_equal(column.column(len(expected)), [])


def test_one_by_one_is_as_many() -> None:
    times = np.sort(np.random.default_rng(2).uniform(0, 20_000, 1000))
    one, many = Instants(), Instants()
    for time in times.tolist():
        one.append(time)
    many.extend(times)
    np.testing.assert_array_equal(one.column(), many.column())
    assert one.nbytes == many.nbytes


def test_four_bytes_a_time() -> None:
    column = Instants()
    column.extend(np.arange(3_600.0))
    assert column.nbytes == 4 * 3600
    column.extend(np.arange(3_600.0, 36_000.0))  # ten hours: a piece an hour
    assert column.nbytes <= 4 * 36_000 + 16 * 10


@pytest.mark.parametrize("time", [1.001, 0.1, 1.1, 123.456789])
def test_a_whole_microsecond_stays_what_it_is(time: float) -> None:
    column = Instants()
    column.append(time)
    assert column.column()[0] == time
