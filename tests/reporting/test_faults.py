"""Faults as a journal tells them: pairs of injection and reversal, each with its witness."""

from __future__ import annotations

from typing import Any

from seatrial.reporting.faults import faults
from tests.reporting import drill


def fault(t: float, phase: str, name: str = "cut", **more: Any) -> dict[str, Any]:
    told = {"scenario": "s", "name": name, "on": "primary", "type": "down", "attributes": {}, "toxicity": 1.0}
    return {"event": "fault", "t": t, "phase": phase, **told, **more}


def test_an_injection_and_its_reversal_are_one_fault() -> None:
    (view,) = faults(drill.events())
    assert (view.injected, view.reverted, view.hits) == (20.0, 32.0, 62)
    assert (view.what, view.witness, view.proven) == ("down on primary", "acted 62 times", True)


def test_the_same_fault_twice_is_two() -> None:
    told = [
        fault(1.0, "injected"),
        fault(2.0, "reverted", hits=3),
        fault(3.0, "injected"),
        fault(4.0, "injected", name="other"),
        fault(5.0, "reverted", hits=0),
    ]
    first, second, other = faults(told)
    assert (first.reverted, first.hits) == (2.0, 3)
    assert (second.reverted, second.hits) == (5.0, 0)
    assert (other.reverted, other.witness) == (None, "still at work")


def test_what_proves_nothing_says_so() -> None:
    never, unknown, stuck = faults(
        [
            fault(1.0, "injected", name="a"),
            fault(2.0, "reverted", name="a", hits=0),
            fault(1.0, "injected", name="b"),
            fault(2.0, "reverted", name="b", hits=None),
            fault(1.0, "injected", name="c"),
            fault(2.0, "failed", name="c", hits=4, error="it was not reverted"),
        ]
    )
    assert (never.witness, never.proven) == ("never acted", False)
    assert (unknown.witness, unknown.proven) == ("nobody can tell whether it acted", False)
    assert (stuck.witness, stuck.proven, stuck.reverted) == ("it was not reverted", False, None)
    assert stuck.end(9.0) == 9.0


def test_attributes_and_share_are_told() -> None:
    (view,) = faults(
        [fault(1.0, "injected", type="http.status", attributes={"status": 429, "first": 3}, toxicity=0.5)]
    )
    assert view.what == "http.status on primary (status 429, first 3), 50 % of it"


def test_a_damaged_event_is_still_a_fault() -> None:
    (view,) = faults([{"event": "fault", "phase": "injected", "attributes": "odd", "toxicity": "x"}])
    assert (view.name, view.on, view.attributes) == ("?", "?", "")
