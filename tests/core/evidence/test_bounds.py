"""Bounds that invert the e-processes."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats  # noqa: TID253 - the oracle

from seatrial.core.evidence.bounds import lower_bound, upper_bound
from seatrial.core.evidence.mixture import Mixture

LEVEL = math.log(20.0)
samples = st.integers(1, 100_000).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))


@given(samples, st.floats(0.0005, 0.95))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_bounds_and_e_values_say_the_same(sample: tuple[int, int], limit: float) -> None:
    n, k = sample
    log_pass, log_fail = Mixture(limit).log_e(n, k)
    assume(abs(log_pass - LEVEL) > 1e-3)
    assume(abs(log_fail - LEVEL) > 1e-3)
    assert (upper_bound(n, k, LEVEL, hint=limit) <= limit) == (log_pass >= LEVEL)
    assert (lower_bound(n, k, LEVEL, hint=limit) >= limit) == (log_fail >= LEVEL)


@given(samples, st.floats(0.0005, 0.95), st.floats(0.0005, 0.95))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_the_hint_changes_nothing_but_the_time_it_takes(
    sample: tuple[int, int], one: float, two: float
) -> None:
    n, k = sample
    assert upper_bound(n, k, LEVEL, hint=one) == pytest.approx(
        upper_bound(n, k, LEVEL, hint=two), rel=1e-5, abs=1e-9
    )
    assert lower_bound(n, k, LEVEL, hint=one) == pytest.approx(
        lower_bound(n, k, LEVEL, hint=two), rel=1e-5, abs=1e-9
    )


@pytest.mark.parametrize(("n", "k"), [(100, 0), (100, 5), (1000, 50), (1000, 1000), (10**6, 50_000)])
def test_they_are_wider_than_bounds_for_a_single_look_but_not_by_much(n: int, k: int) -> None:
    once_lower = stats.beta.ppf(0.05, k, n - k + 1) if k else 0.0
    once_upper = stats.beta.ppf(0.95, k + 1, n - k) if k < n else 1.0
    lower, upper = lower_bound(n, k, LEVEL), upper_bound(n, k, LEVEL)
    assert lower <= once_lower <= k / n <= once_upper <= upper
    assert (upper - lower) < 2.5 * (once_upper - once_lower)


def test_nothing_seen_bounds_nothing() -> None:
    assert (lower_bound(0, 0, LEVEL), upper_bound(0, 0, LEVEL)) == (0.0, 1.0)
    assert upper_bound(10, 10, LEVEL) == 1.0
    assert lower_bound(10, 0, LEVEL) == 0.0
