"""What callers saw in a stretch of time, and what it cost of the error budget."""

from __future__ import annotations

import pytest

from seatrial.reporting.columns import columns
from seatrial.reporting.impact import Flow, impact
from tests.reporting import drill


def flow() -> Flow:
    return Flow(columns(drill.traffic()[1:]), began=1.0)


def test_the_stretch_of_the_fault_is_counted_on_the_runs_clock() -> None:
    found = impact("cut", [flow()], 20.0, 32.0, drill.OBJECTIVES)
    assert (found.requests, found.failed, found.kinds) == (120, 30, (("reset", 30),))
    assert found.slowest == pytest.approx(1.5)
    available, quick = found.burnt
    assert (available.bad, available.counted) == (30, 120)
    assert available.rate == pytest.approx(25.0)
    assert available.words == "30 of 120 requests missed it: the budget burnt at 25 times the allowed rate"
    assert (quick.bad, quick.rate) == (40, pytest.approx(40 / 120 / 0.05))


def test_before_the_fault_nothing_was_spent() -> None:
    found = impact("before", [flow()], 0.0, 19.9, drill.OBJECTIVES)
    assert found.failed == 0
    assert found.burnt[0].words.endswith("nothing of the budget was spent")


def test_what_was_under_way_counts() -> None:
    assert impact("late", [flow()], 24.2, 24.4, []).requests == 12, (
        "late answers of the second before, and two"
    )


def test_nothing_is_nothing() -> None:
    found = impact("nothing", [], 0.0, 1.0, drill.OBJECTIVES)
    assert (found.requests, found.median, found.burnt[0].words) == (0, None, "no request counted")
    assert impact("nothing", [flow()], 90.0, 99.0, drill.OBJECTIVES).requests == 0


def test_complete_answers_count_what_began() -> None:
    objective = {"name": "c", "indicator": "complete_answers", "limit": 0.01}
    (burnt,) = impact("cut", [flow()], 20.0, 32.0, [objective]).burnt
    assert (burnt.bad, burnt.counted) == (0, 90), "the failed ones never began with a 2xx"
