from __future__ import annotations

import pytest

from seatrial.chaos.behaviour.calls import end_of, seconds, waits
from tests.chaos.behaviour.recordings import INJECTED, REVERTED, attempt, call, good, recording


def test_attempts_of_one_body_at_one_dependency_are_one_call() -> None:
    found = recording([
        *call("a", INJECTED, [0.1, 0.2]),
        attempt("b", INJECTED + 1),
        attempt("b", INJECTED + 2, proxy="twin"),
    ])  # fmt: skip
    assert sorted(len(group) for group in found.calls) == [1, 1, 3]


def test_a_retry_after_the_fault_still_belongs_to_its_call() -> None:
    found = recording([attempt("a", REVERTED - 0.1), good("a", REVERTED + 0.5), good("b", REVERTED + 0.6)])
    assert [[each.started for each in group] for group in found.calls] == [[REVERTED - 0.1, REVERTED + 0.5]]
    assert [each.body_hash for each in found.after] == ["a", "b"]


def test_what_asks_nothing_is_no_call() -> None:
    found = recording([attempt("health", INJECTED + 1, method="GET"), good("early", INJECTED - 1)])
    assert found.calls == []
    assert [each.body_hash for each in found.before] == ["early"]


def test_a_call_that_the_fault_never_hit_is_not_struck() -> None:
    found = recording([good("spared", INJECTED + 1), attempt("hit", INJECTED + 2)])
    assert [group[0].body_hash for group in found.struck] == ["hit"]


def test_waits_count_from_the_end_of_an_attempt() -> None:
    group = call("a", INJECTED, [0.5, 1.5], duration=2.0)
    assert waits(group) == pytest.approx([0.5, 1.5])
    assert end_of(group[0]) == INJECTED + 2
    open_ = attempt("a", INJECTED, duration=None)
    assert end_of(open_) is None
    assert waits([open_, *group]) == pytest.approx([0.5, 1.5])


def test_durations_of_a_fault() -> None:
    assert (seconds("1500ms"), seconds(2), seconds(None)) == (1.5, 2.0, None)
