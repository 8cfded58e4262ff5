"""What a decision will cost, against what it then does cost."""

from __future__ import annotations

import numpy as np
import pytest

from seatrial.core.errors import UsageError
from seatrial.core.evidence import SequentialProportion, expected_requests

from .simulations import run_all


@pytest.mark.parametrize(
    ("limit", "ratio", "deff"), [(0.05, 0.2, 1.0), (0.05, 0.5, 9.0), (0.02, 2.0, 1.0), (0.5, 0.8, 1.0)]
)
def test_the_plan_comes_true(limit: float, ratio: float, deff: float) -> None:
    random = np.random.default_rng(61)
    streams = (random.random(20_000) < ratio * limit for _ in range(600))
    rates = run_all(lambda: SequentialProportion(limit, deff=deff), streams)
    error = rates.lengths.std() * (1 / 600 + 1 / 400) ** 0.5
    assert expected_requests(limit, deff=deff, ratio=ratio) == pytest.approx(rates.mean_n, abs=3.5 * error)


@pytest.mark.parametrize(
    ("limit", "ratio", "size"), [(0.001, 0.5, 22_434), (0.001, 2.0, 7_786), (0.01, 0.5, 2_230)]
)
def test_the_plan_agrees_with_the_reference(limit: float, ratio: float, size: int) -> None:
    assert expected_requests(limit, ratio=ratio) == pytest.approx(size, rel=0.12)


def test_the_least_that_any_pass_takes() -> None:
    assert expected_requests(0.05, zero=True) == 85
    assert expected_requests(0.05, ratio=0.0) == 85
    assert expected_requests(0.05, deff=9.0, zero=True) == 761
    assert expected_requests(0.05, zero=True, confidence=0.99) > 85


def test_one_question_has_one_answer_and_the_hopeless_one_a_large_one() -> None:
    assert expected_requests(0.01) == expected_requests(0.01)
    assert (
        expected_requests(0.01, ratio=0.5)
        < expected_requests(0.01, ratio=0.8)
        < expected_requests(0.01, ratio=0.95)
    )
    assert expected_requests(0.01, ratio=1.0) > 1_000_000


@pytest.mark.parametrize(
    "options", [{"limit": 0.0}, {"limit": 1.0}, {"ratio": -1.0}, {"deff": 0.5}, {"confidence": 2.0}]
)
def test_odd_numbers_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        expected_requests(**{"limit": 0.05, **options})  # type: ignore[arg-type]
