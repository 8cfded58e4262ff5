from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from seatrial.core.outcome import Outcome
from seatrial.reporting.findings import collect
from seatrial.reporting.model import ControlView, Report, Trouble
from tests.reporting import synthetic


def test_each_thing_once_and_the_worst_first(rejected: Report) -> None:
    names = [found.name for found in rejected.findings]
    assert names[:2] == ["complete-answers", "The finish reason is one of the documented"]
    assert len(names) == len(set(names))
    assert [found.outcome for found in rejected.findings][-1] is Outcome.WARNED


def test_a_clean_run_has_none(make_report: Callable[..., Report]) -> None:
    assert make_report(synthetic.healthy(controls=False)).findings == ()


def test_the_first_exchange_is_named(rejected: Report) -> None:
    assert rejected.findings[0].detail.startswith("First seen in request ")
    assert "without a finish reason" in rejected.findings[0].detail


def test_a_slow_answer_is_told_with_its_time(make_report: Callable[..., Report]) -> None:
    found = {item.name: item.detail for item in make_report(synthetic.healthy(slow=4.0)).findings}
    assert re.match(r"First seen in request \d+: done after [\d.]+ s\.$", found["latency-p95"])
    assert re.match(r"First seen in request \d+: first chunk after [\d.]+ m?s\.$", found["ttfc-p95"])


def test_what_never_ran_is_one_finding(killed: Report) -> None:
    never = [found for found in killed.findings if found.sentence == "never ran"]
    assert len(never) == 1
    assert never[0].name == "13 checks"


def test_a_waiver_is_told_with_its_reason(healthy: Report) -> None:
    (found,) = healthy.findings
    assert found.outcome is Outcome.WARNED
    assert found.detail == "Waived: the team is being hired (until 2026-12-31), by CTO"


def test_a_control_that_repeats_a_check_is_left_out(rejected: Report) -> None:
    check = rejected.suites[1].items[0]
    control = ControlView("c", "id-1", "T", Outcome.FAILED, "", None, (check.id,), (), "", False, None)
    found = collect(rejected.objectives, rejected.suites, (control,), (), ())
    assert "T" not in [item.name for item in found]
    alone = replace(control, proven_by=("elsewhere.py::test",))
    assert "T" in [item.name for item in collect((), rejected.suites, (alone,), (), ())]


def test_an_open_control_and_trouble() -> None:
    control = ControlView(
        "c", "id-1", "Title", Outcome.INCONCLUSIVE, "no attestation", 0.5, (), (), "", False, None
    )
    found = collect(
        (), (), (control,), (), (Trouble("harness", "recorder", "the disk is full", "free some"),)
    )
    assert [item.sentence for item in found] == [
        "had trouble: the disk is full",
        "is not proven: no attestation",
    ]
    assert found[0].source == "recorder"
    assert found[0].detail == "Free some."
