"""One list of what happened when."""

from __future__ import annotations

from seatrial.core.outcome import Outcome
from seatrial.reporting.timeline import Row, row_of
from tests.reporting import drill


def rows(**given: bool) -> list[tuple[float, str, str]]:
    day = drill.report(**given).gameday
    assert day is not None
    return [(row.at, row.kind, row.text) for row in day.timeline]


def test_everything_of_note_in_its_order() -> None:
    assert rows() == [
        (5.0, "step", "Welcome aboard."),
        (20.3, "fault", "cut: down on primary is at work"),
        (22.0, "signal", "breaker-open is active (Welcome aboard.)"),
        (22.0, "signal", "expected that breaker-open fires: fired after 2 s (limit 10 s)"),
        (30.0, "signal", "expected that pager fires: did not fire within 10 s (nothing came in)"),
        (30.0, "recovery", "recovery from cut: 20 good requests in a row from 4 s on (limit 5 s)"),
        (31.0, "note", "Bo Chen and DEE saw it first. Welcome aboard."),
        (32.0, "fault", "cut was taken back; it acted 62 times"),
    ]


def test_an_abort_and_the_way_back_are_told() -> None:
    told = rows(aborted=True)
    assert (31.5, "abort", "called off by the key q") in told
    assert (32.1, "rollback", "rolled back: cut") in told
    assert told[-1][1] == "trouble"


def test_what_says_nothing_adds_nothing() -> None:
    for event in (
        {"event": "exchanges", "t": 1.0},
        {"event": "step", "phase": "end", "t": 1.0},
        {"event": "step", "phase": "begin", "action": "inject", "t": 1.0},
        {"event": "signal", "phase": "quiet", "first": True, "t": 1.0},
        {"event": "note", "text": None, "t": 1.0},
        {"event": "gameday", "phase": "rollback", "t": 1.0},
    ):
        assert row_of(event, {}) is None


def test_a_damaged_event_is_told_as_far_as_it_goes() -> None:
    assert row_of({"event": "fault", "phase": "failed"}, {}) == Row(
        0.0, "fault", "", "None: None", Outcome.ERROR
    )
    row = row_of({"event": "signal", "phase": "met", "outcome": 7, "t": "x"}, {})
    assert row is not None
    assert row.outcome is Outcome.INCONCLUSIVE
