"""Exact binomial bounds for recorded data; scipy is the oracle."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats  # noqa: TID253 - the oracle

from seatrial.core.errors import UsageError
from seatrial.core.evidence import Decision
from seatrial.core.evidence.fixed import clopper_pearson, judge, log_at_least, log_at_most, required_n

CASES = [(0, 1), (1, 1), (0, 59), (3, 100), (50, 100), (100, 100), (999, 100_000), (50_000, 1_000_000)]


@pytest.mark.parametrize(("bad", "n"), CASES)
def test_clopper_pearson_is_scipys(bad: int, n: int) -> None:
    interval = stats.binomtest(bad, n).proportion_ci(confidence_level=0.9, method="exact")
    assert clopper_pearson(bad, n, confidence=0.95, power=0.95) == pytest.approx(
        (interval.low, interval.high), rel=1e-9
    )


@pytest.mark.parametrize(("bad", "n"), CASES)
@pytest.mark.parametrize("limit", [0.01, 0.05, 0.5])
def test_p_values_are_scipys(bad: int, n: int, limit: float) -> None:
    for alternative, ours in (("less", log_at_most(bad, n, limit)), ("greater", log_at_least(bad, n, limit))):
        theirs = stats.binomtest(bad, n, limit, alternative=alternative).pvalue
        if theirs > 1e-250:
            assert ours == pytest.approx(math.log(theirs), rel=1e-7, abs=1e-9)


@given(
    st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.001, 0.9)
)
@settings(max_examples=100, deadline=None, derandomize=True)
def test_decision_and_bounds_say_the_same(sample: tuple[int, int], limit: float) -> None:
    verdict = judge(*sample, limit)
    assert verdict.lower <= verdict.estimate <= verdict.upper
    if verdict.decision is Decision.PASS:
        assert verdict.upper <= limit * (1 + 1e-9)
    elif verdict.decision is Decision.FAIL:
        assert verdict.lower >= limit * (1 - 1e-9)
    else:
        assert verdict.lower < limit * (1 + 1e-9)
        assert verdict.upper > limit * (1 - 1e-9)


def test_a_healthy_and_a_broken_record() -> None:
    assert judge(0, 59, 0.05).decision is Decision.PASS
    assert judge(0, 58, 0.05).decision is None
    assert judge(12, 100, 0.05).decision is Decision.FAIL
    assert judge(0, 2994, 0.001).decision is None
    assert judge(0, 2995, 0.001).decision is Decision.PASS


def test_the_design_effect_divides_the_counts() -> None:
    assert judge(0, 59, 0.05, deff=9.0).decision is None
    assert judge(0, 59 * 9, 0.05, deff=9.0).decision is Decision.PASS
    assert judge(18, 900, 0.05, deff=9.0).upper == pytest.approx(judge(2, 100, 0.05).upper)
    assert judge(18, 900, 0.05, deff=9.0).lower == pytest.approx(judge(2, 100, 0.05).lower)


def test_no_data_and_zero_tolerance() -> None:
    empty = judge(0, 0, 0.05)
    assert (empty.decision, empty.lower, empty.upper) == (None, 0.0, 1.0)
    assert judge(0, 1_000_000, 0.0).decision is None
    assert judge(1, 1_000_000, 0.0).decision is Decision.FAIL


def test_mlperfs_early_stopping_counts() -> None:
    assert [required_n(0.05, 0.99, allowed) for allowed in (0, 1)] == [90, 130]
    assert [required_n(0.01, 0.99, allowed) for allowed in (0, 1)] == [459, 662]
    assert [required_n(limit, 0.95) for limit in (0.05, 0.01, 0.001)] == [59, 299, 2995]


@pytest.mark.parametrize("allowed", [2, 7, 40])
def test_required_n_is_the_smallest(allowed: int) -> None:
    n = required_n(0.03, 0.95, allowed)
    assert stats.binom.cdf(allowed, n, 0.03) <= 0.05 < stats.binom.cdf(allowed, n - 1, 0.03)


@pytest.mark.parametrize("bad_input", [(-1, 10, 0.1), (11, 10, 0.1), (1, 10, 1.0), (1, 10, -0.1)])
def test_impossible_samples_are_refused(bad_input: tuple[int, int, float]) -> None:
    with pytest.raises(UsageError):
        judge(*bad_input)
    with pytest.raises(UsageError):
        judge(1, 10, 0.1, confidence=1.0)
    with pytest.raises(UsageError):
        judge(1, 10, 0.1, deff=0.5)
    with pytest.raises(UsageError):
        required_n(0.0)
