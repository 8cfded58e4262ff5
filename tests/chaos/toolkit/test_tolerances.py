"""Tolerances answer whatever they are given: those of chaostoolkit crash on some of it."""

from __future__ import annotations

from typing import Any

import pytest

from seatrial.chaos.toolkit.tolerances import at_least, at_most, passed


def test_only_a_verdict_that_passed_is_within() -> None:
    assert passed({"outcome": "PASSED", "n": 3})
    for other in ("FAILED", "INCONCLUSIVE", "ERROR", "NOT_APPLICABLE", "WARNED", "", None):
        assert not passed({"outcome": other})


@pytest.mark.parametrize("value", [None, True, "PASSED", 1, [], {}, {"status": "PASSED"}])
def test_what_is_no_verdict_is_not_within(value: Any) -> None:
    assert not passed(value)


@pytest.mark.parametrize(("value", "least", "most"), [(1, True, True), (0.5, False, True), (2, True, False)])
def test_numbers_are_compared(value: float, least: bool, most: bool) -> None:
    assert at_least(1, value) is least
    assert at_most(1, value) is most


@pytest.mark.parametrize("value", [None, True, "1", {"n": 1}, [1], float("nan")])
def test_what_is_no_number_is_not_within(value: Any) -> None:
    assert not at_least(0, value)
    assert not at_most(10, value)
