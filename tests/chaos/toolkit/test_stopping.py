"""Stop conditions end an experiment once, and never disturb its rollbacks."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from seatrial.chaos.toolkit.experiment import StopCondition
from seatrial.chaos.toolkit.stopping import Guard, chaoslib_check, within
from tests.chaos.toolkit.experiments import python

HERE = "tests.chaos.toolkit.misbehaving"


def condition(name: str = "errors", **more: Any) -> StopCondition:
    probe = python("probe", name, HERE, "returns", value=0.5)
    return StopCondition.model_validate({**probe, "tolerance": [0.0, 0.1], "frequency": "1ms", **more})


class Watched:
    """A guard with what it did."""

    def __init__(self, looks: list[bool], *names: str) -> None:
        self.told: list[str] = []
        self.ended = threading.Event()
        self.looked: list[str] = []
        self._looks = iter(looks)
        self.guard = Guard([condition(name) for name in names], self._check, self.told.append, self.ended.set)

    def _check(self, one: StopCondition) -> tuple[bool, Any]:
        self.looked.append(one.name)
        return next(self._looks, True), 0.9


def test_the_first_look_beyond_the_tolerance_ends_it_once() -> None:
    watched = Watched([True, True, False, False], "errors")
    watched.guard.start()
    assert watched.ended.wait(10)
    assert watched.told == ["errors: 0.9 is beyond its tolerance"]
    watched.guard.stop()
    assert len(watched.looked) == 3


def test_every_condition_is_looked_at() -> None:
    watched = Watched([True, False], "errors", "latency")
    watched.guard.start()
    assert watched.ended.wait(10)
    assert watched.told == ["latency: 0.9 is beyond its tolerance"]


def test_after_stop_nothing_is_ended() -> None:
    release = threading.Event()
    watched = Watched([], "errors")

    def slow(one: StopCondition) -> tuple[bool, Any]:
        release.wait(10)
        return False, 1

    watched.guard._check = slow
    watched.guard.start()
    watched.guard.stop()
    release.set()
    assert watched.guard._thread is not None
    watched.guard._thread.join(10)
    assert not watched.ended.is_set()
    assert not watched.told


def test_without_conditions_there_is_no_thread() -> None:
    watched = Watched([])
    watched.guard.start()
    assert watched.guard._thread is None


@pytest.mark.parametrize(
    ("change", "good", "value"),
    [
        ({"tolerance": [0.0, 1.0]}, True, 0.5),
        ({}, False, 0.5),
        ({"tolerance": "text"}, False, 0.5),
    ],
)
def test_a_look_is_chaoslib_s(change: dict[str, Any], good: bool, value: Any) -> None:
    assert chaoslib_check({}, {})(condition(**change)) == (good, value)


def test_a_probe_that_fails_is_beyond_every_tolerance() -> None:
    broken = condition(provider={"type": "python", "module": HERE, "func": "explode"})
    good, told = chaoslib_check({}, {})(broken)
    assert not good
    assert "the probe failed: RuntimeError: no such server" in told


RANGE = {"type": "range", "range": [0, 1]}


@pytest.mark.parametrize(
    ("tolerance", "value", "good"),
    [
        (True, True, True),
        (RANGE, 0.5, True),
        (RANGE, {"a": 1}, False),
        (RANGE, None, False),
        ([0, 1], {"a": 1}, False),
        ([0, 1], "text", False),
        ({"type": "regex", "pattern": "x"}, 5, False),
        ({"type": "jsonpath", "path": "a", "target": "b"}, 5, False),
    ],
)
def test_what_chaoslib_cannot_compare_is_not_within(tolerance: Any, value: Any, good: bool) -> None:
    assert within(tolerance, value, {}, {}) is good


def test_the_experiment_s_own_tolerance_is_not_written_into() -> None:
    provider = {
        "type": "python",
        "module": "seatrial.chaos.toolkit.tolerances",
        "func": "passed",
        "arguments": {},
    }
    tolerance = {"type": "probe", "name": "t", "provider": provider}
    assert within(tolerance, {"outcome": "PASSED"}, {}, {})
    assert provider["arguments"] == {}
