"""Probes: shares, verdicts and recovery times, each shown on a target that is well and on one that is not."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from seatrial.chaos.toolkit import actions, probes
from seatrial.chaos.toolkit.session import session
from seatrial.core.errors import UsageError
from tests.chaos.toolkit.experiments import Bench

OBJECTIVE: dict[str, Any] = {"indicator": "availability", "target": "90%", "requests": 60}


def test_availability_is_the_share_of_whole_answers(bench: Bench) -> None:
    assert probes.availability(requests=4) == 1.0
    actions.inject_fault("primary", "http.status", {"status": 500, "every": 2})
    assert probes.availability(requests=4, concurrency=1) == 0.5
    assert session().requests == 8


def test_an_answer_that_is_late_is_not_in_time(bench: Bench) -> None:
    assert probes.latency_share("5s", requests=3) == 1.0
    assert probes.latency_share("0.01ms", requests=3) == 0.0
    actions.inject_fault("primary", "http.status", {"status": 500})
    assert probes.latency_share("5s", requests=3) == 0.0


@pytest.mark.parametrize("requests", [0, -1])
def test_no_requests_show_nothing(requests: int) -> None:
    with pytest.raises(ValueError, match="show nothing"):
        probes.availability(requests=requests)
    with pytest.raises(ValueError, match="show nothing"):
        probes.latency_share("1s", requests=requests)


def test_a_time_needs_a_unit() -> None:
    with pytest.raises(UsageError):
        probes.latency_share("3", requests=1)


def test_an_objective_is_judged_on_traffic_of_its_own(bench: Bench) -> None:
    verdict = probes.objective(**OBJECTIVE)
    assert verdict["outcome"] == "PASSED"
    assert (verdict["bad"], verdict["n"] > 20, verdict["statement"]) == (0, True, "≥ 90 %")
    assert session().requests >= verdict["n"]


def test_an_objective_that_is_missed_fails(bench: Bench) -> None:
    actions.inject_fault("primary", "http.status", {"status": 500})
    verdict = probes.objective(**OBJECTIVE)
    assert (verdict["outcome"], verdict["n"]) == ("FAILED", verdict["bad"])


def test_an_objective_that_cannot_be_decided_is_not_proven(bench: Bench) -> None:
    verdict = probes.objective(**{**OBJECTIVE, "requests": 5})
    assert verdict["outcome"] == "INCONCLUSIVE"
    assert "budget of 5 requests" in verdict["reason"]


def test_an_objective_with_a_threshold(bench: Bench) -> None:
    within = {"indicator": "operation.duration", "op": "lte", "target": "90%", "requests": 60}
    assert probes.objective(value="5s", **within)["outcome"] == "PASSED"  # type: ignore[arg-type]
    assert probes.objective(value="0.01ms", **within)["outcome"] == "FAILED"  # type: ignore[arg-type]


def test_an_unknown_indicator_is_told() -> None:
    with pytest.raises(UsageError, match="did you mean 'availability'"):
        probes.objective("availabilty", "90%")


def test_recovery_without_a_fault_counts_from_now(bench: Bench) -> None:
    verdict = probes.recovery("5s", consecutive=3)
    assert (verdict["outcome"], verdict["n"], verdict["bad"]) == ("PASSED", 3, 0)


def test_recovery_counts_from_the_end_of_the_fault(bench: Bench) -> None:
    actions.inject_fault("primary", "http.status", {"status": 500})
    actions.revert_fault("primary", type="http.status")
    ended = session().faults[-1].ended
    assert ended is not None
    verdict = probes.recovery("60s", consecutive=3)
    assert (verdict["outcome"], verdict["bad"]) == ("PASSED", 0)
    assert 0 < verdict["rto_seconds"] < 60


def test_recovery_from_a_fault_that_is_in_force_counts_from_its_beginning(bench: Bench) -> None:
    actions.inject_fault("primary", "http.status", {"status": 500, "first": 3})
    verdict = probes.recovery("60s", consecutive=3)
    assert (verdict["outcome"], verdict["bad"], verdict["n"]) == ("PASSED", 3, 6)


def test_a_target_that_does_not_come_back_fails_and_is_not_waited_for(bench: Bench) -> None:
    actions.inject_fault("primary", "down")
    verdict = probes.recovery("300ms", consecutive=3)
    assert (verdict["outcome"], verdict["rto_seconds"]) == ("FAILED", None)
    assert verdict["reason"] == "not steady again; 300 ms are allowed"


def test_one_that_comes_back_later_is_measured(bench: Bench) -> None:
    actions.inject_fault("primary", "down")
    timer = threading.Timer(0.3, actions.revert_fault, kwargs={"proxy": "primary", "type": "down"})
    timer.start()
    verdict = probes.recovery("30s", consecutive=3)
    timer.join()
    assert verdict["outcome"] == "PASSED"
    assert verdict["rto_seconds"] > 0.25
    assert verdict["bad"] >= 1


def test_recovery_needs_an_answer() -> None:
    with pytest.raises(ValueError, match="no steady state"):
        probes.recovery("1s", consecutive=0)
