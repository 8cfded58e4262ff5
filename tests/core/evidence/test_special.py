"""Beta functions in logarithms, against exact fractions and against scipy."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from scipy import special as oracle  # noqa: TID253 - the oracle

from seatrial.core.evidence.special import log1m_exp, log_beta, log_beta_array, log_betainc


def exact_tail(a: int, b: int, x: Fraction) -> Fraction:
    """I_x(a, b) for whole a, b: the probability of at least a successes in a + b - 1 trials."""
    n = a + b - 1
    return sum((math.comb(n, j) * x**j * (1 - x) ** (n - j) for j in range(a, n + 1)), Fraction(0))


def log_fraction(value: Fraction) -> float:
    """The logarithm of a fraction far below the smallest float."""
    shift = value.denominator.bit_length() - value.numerator.bit_length()
    return math.log(float(value * Fraction(2) ** shift)) - shift * math.log(2.0)


@pytest.mark.parametrize(
    ("a", "b"), [(1, 1), (1, 10), (2.5, 0.5), (0.01, 0.02), (3, 1e6), (1e6, 0.3), (12345, 678)]
)
def test_log_beta_agrees_with_scipy(a: float, b: float) -> None:
    assert log_beta(a, b) == pytest.approx(oracle.betaln(a, b), rel=1e-8, abs=1e-8)
    assert log_beta(a, b) == pytest.approx(log_beta(b, a), rel=1e-13, abs=1e-13)


def test_log_beta_is_exact_where_three_log_gammas_cancel() -> None:
    a, b = 3, 10_000_000
    exact = Fraction(math.factorial(a - 1), math.prod(range(b, b + a)))
    assert log_beta(a, b) == pytest.approx(log_fraction(exact), rel=1e-14)


def test_the_array_form_equals_the_scalar_form() -> None:
    random = np.random.default_rng(3)
    a, b = 10 ** random.uniform(-2, 7, 500), 10 ** random.uniform(-2, 7, 500)
    one_by_one = [log_beta(float(x), float(y)) for x, y in zip(a, b, strict=True)]
    assert log_beta_array(a, b) == pytest.approx(one_by_one, rel=1e-13, abs=1e-12)
    assert log_beta_array(np.array([]), np.array([])).size == 0


def test_incomplete_beta_agrees_with_scipy_over_ten_decades() -> None:
    random = np.random.default_rng(4)
    a, b = 10 ** random.uniform(-1, 6, 1000), 10 ** random.uniform(-1, 6, 1000)
    x = np.clip(a / (a + b) * 10 ** random.uniform(-0.2, 0.2, 1000), 1e-6, 1 - 1e-6)
    below, above = np.array([log_betainc(*map(float, item)) for item in zip(a, b, x, strict=True)]).T
    for ours, theirs in ((below, oracle.betainc(a, b, x)), (above, oracle.betaincc(a, b, x))):
        seen = theirs > 1e-280
        assert seen.sum() > 500
        assert ours[seen] == pytest.approx(np.log(theirs[seen]), rel=1e-7, abs=1e-8)


@pytest.mark.parametrize(("a", "b", "x"), [(900, 100, 0.05), (2, 998, 0.9), (700, 300, 0.1), (1, 400, 0.01)])
def test_tails_far_beyond_the_smallest_float_keep_their_digits(a: int, b: int, x: float) -> None:
    point = Fraction(x).limit_denominator(1000)
    below, above = log_betainc(a, b, x)
    assert below == pytest.approx(log_fraction(exact_tail(a, b, point)), rel=1e-12, abs=1e-13)
    assert above == pytest.approx(log_fraction(exact_tail(b, a, 1 - point)), rel=1e-12, abs=1e-13)


def test_ends_of_the_range() -> None:
    assert log_betainc(2.0, 3.0, 0.0) == (-math.inf, 0.0)
    assert log_betainc(2.0, 3.0, 1.0) == (0.0, -math.inf)
    assert log1m_exp(0.0) == -math.inf
    assert log1m_exp(-1e-20) == pytest.approx(math.log(1e-20))
    assert log1m_exp(-50.0) == pytest.approx(-math.exp(-50.0))
