"""What an experiment has done so far: kept once a process, summed up for the journal."""

from __future__ import annotations

import json
import time

import pytest

from seatrial.chaos.toolkit import session as module
from seatrial.chaos.toolkit.session import Injected, Session, forget, run_clock, session
from seatrial.core.errors import HarnessError
from seatrial.faults.dependency import Witness


class Context:
    """A fault that can be taken back, or cannot."""

    def __init__(self, *, stuck: bool = False, weak: bool = False) -> None:
        self.witness = Witness(hits=0, weak=weak)
        self._stuck = stuck
        self.gone = False

    def __exit__(self, *error: object) -> None:
        if self._stuck:
            raise HarnessError("it is stuck")
        self.witness.hits = 5
        self.gone = True


def test_there_is_one_until_it_is_forgotten() -> None:
    first = session()
    assert session() is first
    forget()
    assert session() is not first
    forget()
    assert module._session is None


def test_a_fault_goes_from_injected_to_reverted_with_its_hits() -> None:
    now, context = Session(), Context()
    now.requests = 4
    now.injected(Injected("primary", "slow", "latency"), context)
    fault = now.in_force("primary", "slow")
    assert fault is not None
    assert (fault.hits, fault.requests_before, fault.ended) == (0, 4, None)
    assert now.revert("primary", "slow") is fault
    assert (context.gone, fault.hits, fault.reverted) == (True, 5, True)
    assert now.in_force("primary", "slow") is None
    with pytest.raises(HarnessError, match="no fault named slow is in force on primary"):
        now.revert("primary", "slow")


def test_a_second_fault_of_the_same_name_is_another() -> None:
    now = Session()
    for _ in range(2):
        now.injected(Injected("primary", "slow", "latency"), Context())
        now.revert("primary", "slow")
    assert [fault.hits for fault in now.faults] == [5, 5]


def test_what_is_in_force_at_the_end_is_taken_back_and_what_cannot_be_is_told() -> None:
    now, first, second = Session(), Context(), Context(stuck=True)
    now.injected(Injected("primary", "slow", "latency"), first)
    now.injected(Injected("process 7", "hang", "process.stop"), second)
    now.close()
    assert first.gone
    assert now.troubles == ["the fault hang on process 7 was left behind: it is stuck"]


def test_the_summary_is_json_and_tells_a_weak_witness() -> None:
    now = Session()
    now.injected(Injected("primary", "slow", "latency", {"latency": 5}), Context(weak=True))
    told = json.loads(json.dumps(now.summary()))
    assert told["faults"][0]["weak"] is True
    assert (told["requests"], told["stopped"], told["troubles"]) == (0, None, [])


def test_time_counts_from_the_start_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEATRIAL_BEGAN", str(time.monotonic() - 100))
    assert 100 <= run_clock()() < 130
    monkeypatch.delenv("SEATRIAL_BEGAN")
    assert 0 <= run_clock()() < 30
