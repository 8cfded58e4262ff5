"""What the fault proxy itself has seen."""

from __future__ import annotations

import pytest

from seatrial.chaos.toolkit import actions, probes, witnesses
from seatrial.core.errors import HarnessError
from seatrial.faults.client import ControlClient
from tests.chaos.toolkit.experiments import Bench


def test_hits_are_counted_while_the_fault_is_in_force(bench: Bench) -> None:
    actions.inject_fault("primary", "http.status", {"status": 500}, name="seen")
    assert witnesses.fault_hits("primary", "seen") == 0
    probes.availability(requests=3)
    assert witnesses.fault_hits("primary", "seen") == 3
    assert witnesses.fault_hits("primary", "unheard of") == 0


def test_a_server_that_is_not_ours_is_no_witness(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ControlClient, "ours", property(lambda self: False))
    with pytest.raises(HarnessError, match="records nothing"):
        witnesses.fault_hits("primary", "seen")
    with pytest.raises(HarnessError, match="records nothing"):
        witnesses.cuts_told("primary")


def test_amplification_is_attempts_for_each_request(bench: Bench) -> None:
    with pytest.raises(ValueError, match="no request was sent since a fault on primary began"):
        witnesses.attempts_per_request("primary")
    probes.availability(requests=5)
    actions.inject_fault("primary", "http.status", {"status": 500})
    with pytest.raises(ValueError, match="no request was sent"):
        witnesses.attempts_per_request("primary")
    probes.availability(requests=4)
    assert witnesses.attempts_per_request("primary") == 1.0


def test_a_cut_that_the_caller_sees_is_told(bench: Bench) -> None:
    actions.inject_fault("primary", "sse.truncate", {"after_events": 2})
    verdict = witnesses.cuts_told("primary", requests=3)
    assert (verdict["outcome"], verdict["n"], verdict["bad"]) == ("PASSED", 3, 0)


def test_a_cut_that_is_passed_on_as_whole_fails(bench: Bench) -> None:
    """A provider that ends a cut stream in good order: what a lying gateway makes of one that does not."""
    actions.inject_fault("primary", "llm.finish_reason", {"reason": "length"})
    verdict = witnesses.cuts_told("primary", requests=3)
    assert (verdict["outcome"], verdict["n"], verdict["bad"]) == ("FAILED", 3, 3)
    assert verdict["reason"] == "3 of 3 cut streams were passed on as whole answers"


def test_without_a_cut_nothing_is_shown(bench: Bench) -> None:
    verdict = witnesses.cuts_told("primary", requests=2)
    assert (verdict["outcome"], verdict["n"]) == ("INCONCLUSIVE", 0)
