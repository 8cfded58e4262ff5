"""The sequential test of a share: what it decides and when, however the values are handed over."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from seatrial.core.errors import UsageError
from seatrial.core.evidence import Decision, Evidence, SequentialProportion
from seatrial.core.evidence.mixture import boundary

Array = NDArray[Any]
GOOD = np.zeros(1, dtype=bool)
BAD = np.ones(1, dtype=bool)


def polled(values: Array, limit: float, deff: float = 1.0) -> tuple[int, Decision | None]:
    """The plain form of the rule: look at both e-values after every single value."""
    edge = boundary(limit, 0.95, 0.9, deff)
    bad = 0
    for n, value in enumerate(values.tolist(), 1):
        bad += value
        log_pass, log_fail = edge.log_e(n, bad)
        if log_fail >= edge.log_fail:
            return n, Decision.FAIL
        if log_pass >= edge.log_pass:
            return n, Decision.PASS
    return len(values), None


def state(evidence: SequentialProportion) -> tuple[Any, ...]:
    return evidence.n, evidence.bad, evidence.decision, evidence.bounds(), evidence.trail, evidence.needed()


def split(values: Array, cuts: list[int]) -> list[Array]:
    return np.split(values, sorted({min(cut, len(values)) for cut in cuts}))


@pytest.mark.parametrize("deff", [1.0, 3.0])
@pytest.mark.parametrize(
    ("limit", "share"), [(0.05, 0.01), (0.05, 0.05), (0.05, 0.2), (0.5, 0.4), (0.01, 0.0)]
)
def test_it_decides_where_polling_after_every_value_would(limit: float, share: float, deff: float) -> None:
    random = np.random.default_rng(11)
    for _ in range(25):
        values = random.random(1200) < share
        evidence = SequentialProportion(limit, deff=deff)
        decision = evidence.update(values)
        assert (evidence.n, decision) == polled(values, limit, deff)


@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([0.0, 0.01, 0.04, 0.06, 0.1, 0.5]),
    st.lists(st.integers(0, 3000), max_size=12),
    st.sampled_from([1.0, 2.5, 9.0]),
)
@settings(max_examples=120, deadline=None, derandomize=True)
def test_any_split_of_the_same_values_gives_the_same(
    seed: int, share: float, cuts: list[int], deff: float
) -> None:
    values = np.random.default_rng(seed).random(3000) < share
    whole, pieces, single = (SequentialProportion(0.05, deff=deff) for _ in range(3))
    whole.update(values)
    for piece in split(values, cuts):
        pieces.update(piece)
    for value in values.tolist():
        single.add(value)
    assert state(whole) == state(pieces) == state(single)


@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 2000), max_size=6), st.integers(0, 2000))
@settings(max_examples=80, deadline=None, derandomize=True)
def test_withheld_passing_does_not_depend_on_the_split_either(seed: int, cuts: list[int], free: int) -> None:
    values = np.random.default_rng(seed).random(2000) < 0.02
    pieces, single = SequentialProportion(0.05), SequentialProportion(0.05)
    fed = 0
    for piece in filter(len, split(values, [*cuts, free])):
        pieces.update(piece, may_pass=fed >= free)
        fed += len(piece)
    for index, value in enumerate(values.tolist()):
        single.add(value, may_pass=index >= free)
    assert state(pieces) == state(single)
    assert pieces.decision is not Decision.PASS or pieces.n > free


@given(st.integers(0, 2**32 - 1), st.integers(0, 400))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_one_more_bad_event_never_helps(seed: int, place: int) -> None:
    values = np.random.default_rng(seed).random(400) < 0.03
    worse = values.copy()
    worse[min(place, 399)] = True
    before, after = SequentialProportion(0.05), SequentialProportion(0.05)
    before.update(values, may_pass=False)
    after.update(worse, may_pass=False)
    if before.decision is Decision.FAIL:
        assert after.decision is Decision.FAIL
        assert after.n <= before.n
    elif after.decision is None:
        assert after.bounds()[1] >= before.bounds()[1]
        assert after.log_e()[0] <= before.log_e()[0]


def test_after_the_decision_nothing_changes() -> None:
    evidence = SequentialProportion(0.05)
    assert evidence.update(np.zeros(500, dtype=bool)) is Decision.PASS
    before = state(evidence)
    assert before[0] == 85
    assert evidence.update(np.ones(500, dtype=bool)) is Decision.PASS
    assert evidence.add(True) is Decision.PASS
    evidence.with_deff(9.0)
    assert evidence.deff == 1.0
    assert state(evidence) == before


def test_a_pass_bounds_from_above_and_a_fail_from_below() -> None:
    healthy, broken = SequentialProportion(0.05), SequentialProportion(0.05)
    assert healthy.update(np.arange(3000) % 100 == 7) is Decision.PASS
    assert broken.update(np.arange(3000) % 8 == 7) is Decision.FAIL
    assert healthy.bounds()[1] <= 0.05
    assert broken.bounds()[0] >= 0.05
    for evidence in (healthy, broken):
        assert evidence.bounds()[0] <= evidence.estimate() <= evidence.bounds()[1]
        assert evidence.needed() is None


def test_withheld_passing_waits_and_then_takes_the_next_look() -> None:
    evidence = SequentialProportion(0.05)
    assert evidence.update(np.zeros(300, dtype=bool), may_pass=False) is None
    assert evidence.n == 300
    assert evidence.update(np.zeros(0, dtype=bool), may_pass=False) is None
    assert evidence.update(np.zeros(0, dtype=bool)) is Decision.PASS
    assert evidence.n == 300

    by_value = SequentialProportion(0.05)
    by_value.update(np.zeros(100, dtype=bool), may_pass=False)
    assert by_value.add(True) is None, "the look comes after the value, and this one took the evidence away"
    assert SequentialProportion(0.05).update(np.zeros(0, dtype=bool)) is None


def test_failing_is_never_withheld() -> None:
    assert SequentialProportion(0.05).update(np.ones(300, dtype=bool), may_pass=False) is Decision.FAIL
    assert SequentialProportion(0.05, allow_pass=False).update(np.ones(300, dtype=bool)) is Decision.FAIL


def test_passing_can_be_left_to_someone_else() -> None:
    evidence = SequentialProportion(0.05, allow_pass=False)
    assert evidence.update(np.zeros(5000, dtype=bool)) is None
    assert evidence.update(np.zeros(0, dtype=bool)) is None
    assert all(evidence.add(False) is None for _ in range(100))
    assert evidence.needed() is None


def test_raising_the_design_effect_recounts_what_was_seen() -> None:
    raised, from_the_start = SequentialProportion(0.05), SequentialProportion(0.05, deff=9.0)
    values = np.arange(500) % 50 == 3
    raised.update(values[:60])
    assert raised.with_deff(9.0) is raised
    raised.with_deff(2.0)
    raised.update(values[60:])
    from_the_start.update(values)
    assert raised.deff == 9.0
    assert state(raised) == state(from_the_start)


def test_zero_tolerance_fails_at_the_first_bad_event_and_never_passes_by_itself() -> None:
    evidence = SequentialProportion(0.0)
    assert evidence.update(np.zeros(100_000, dtype=bool)) is None
    assert evidence.log_e() == (0.0, 0.0)
    assert evidence.needed() is None
    assert 0.0 == evidence.bounds()[0] < evidence.bounds()[1] < 1e-4
    assert evidence.add(False) is None
    assert evidence.update(np.concatenate([np.zeros(200, dtype=bool), BAD, GOOD])) is Decision.FAIL
    assert evidence.n == 100_202
    assert evidence.log_e() == (0.0, math.inf)
    assert evidence.bounds()[0] >= 0.0
    assert SequentialProportion(0.0).add(True) is Decision.FAIL


def test_needed_is_about_what_it_then_takes() -> None:
    evidence = SequentialProportion(0.05)
    first = evidence.needed()
    assert first is not None
    assert 100 < first < 600
    evidence.update(np.zeros(40, dtype=bool))
    soon = evidence.needed()
    assert soon is not None
    assert 45 <= soon < first
    failing = SequentialProportion(0.05)
    failing.update(np.arange(70) % 9 == 8)
    needed = failing.needed()
    assert failing.decision is None
    assert needed is not None
    assert failing.update(np.arange(2 * needed + 100) % 9 == 8) is Decision.FAIL


def test_the_trail_is_thin_and_ends_with_now() -> None:
    evidence = SequentialProportion(0.05)
    evidence.update(np.random.default_rng(5).random(1_000_000) < 0.05, may_pass=False)
    trail = evidence.trail
    assert len(trail) <= 200
    assert [point[0] for point in trail] == sorted({point[0] for point in trail})
    assert trail[-1] == (evidence.n, *evidence.log_e())
    assert SequentialProportion(0.05).trail == []


def test_numbers_and_no_numbers() -> None:
    evidence = SequentialProportion(0.05)
    assert isinstance(evidence, Evidence)
    assert math.isnan(evidence.estimate())
    assert evidence.bounds() == (0.0, 1.0)
    assert evidence.log_e() == (pytest.approx(0.0), pytest.approx(0.0))
    evidence.update([True, False, False, False])
    assert (evidence.n, evidence.bad, evidence.estimate()) == (4, 1, 0.25)
    assert type(evidence.n) is int


@pytest.mark.parametrize(
    "options",
    [
        {"limit": 1.0},
        {"limit": -0.1},
        {"limit": math.nan},
        {"confidence": 1.0},
        {"power": 0.0},
        {"deff": 0.9},
    ],
)
def test_numbers_out_of_range_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        SequentialProportion(**{"limit": 0.05, **options})


def test_values_must_be_one_row() -> None:
    with pytest.raises(UsageError, match="one row"):
        SequentialProportion(0.05).update(np.zeros((2, 2), dtype=bool))
