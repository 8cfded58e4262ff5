"""The traffic's pulse: rows of good requests, in the order in which they were sent."""

from __future__ import annotations

import pytest

from seatrial.chaos.gameday.pulse import Pulse


def beat(pulse: Pulse, sent: float, took: float = 0.1, good: bool = True) -> None:
    pulse.ended(pulse.sent(sent), sent + took, good=good, ok=good)


def filled(marks: str) -> Pulse:
    """A request a second: ``+`` good, ``-`` bad, ``.`` still under way."""
    pulse = Pulse()
    for second, mark in enumerate(marks):
        if mark == ".":
            pulse.sent(float(second))
        else:
            beat(pulse, float(second), good=mark == "+")
    return pulse


@pytest.mark.parametrize(
    ("marks", "since", "consecutive", "found"),
    [
        ("++++++", 0.0, 3, 0.0),
        ("++--+++", 2.0, 3, 4.0),
        ("++--+-+++", 2.0, 3, 6.0),
        ("++----", 2.0, 3, None),
        ("++--++", 2.0, 3, None),
        ("++--++.+++", 2.0, 3, 7.0),
        ("++--++.++", 2.0, 3, None),
        ("+++", 5.0, 1, None),
    ],
)
def test_a_row_begins_after_the_last_bad_one(
    marks: str, since: float, consecutive: int, found: float | None
) -> None:
    assert filled(marks).steady_since(since, consecutive) == found


def test_a_request_under_way_breaks_a_row_until_it_went_well() -> None:
    pulse = Pulse()
    hanging = pulse.sent(0.0)
    for second in range(1, 4):
        beat(pulse, float(second))
    assert pulse.steady_since(0.5, 4) is None
    assert pulse.waiting(3.5) == (1, 3.5)
    pulse.ended(hanging, 3.6, good=True, ok=True)
    assert pulse.steady_since(0.5, 4) == 0.5, "sent before the moment: it counts from the moment"
    assert pulse.waiting(4.0) == (0, 0.0)


def test_what_ended_before_does_not_count() -> None:
    pulse = filled("+++++")
    assert pulse.steady_since(3.5, 2) is None
    assert pulse.steady_since(3.0, 2) == 3.0


def test_recent_counts_the_failed_and_the_merely_bad() -> None:
    pulse = filled("++-")
    number = pulse.sent(3.0)
    pulse.ended(number, 9.0, good=False, ok=True)
    recent = pulse.recent(0.0, 10.0)
    assert (recent.ended, recent.failed, recent.bad) == (4, 1, 2)
    assert pulse.recent(2.0, 3.0).ended == 1
    assert pulse.count == 4


def test_the_last_ones_that_ended_were_good() -> None:
    assert filled("-+++").last_good(3)
    assert not filled("++-").last_good(2)
    assert not filled("++").last_good(3)


def test_a_mark_skips_what_ended_before() -> None:
    pulse = filled("+-+")
    assert pulse.mark() == 3
    pulse.sent(3.0)
    assert pulse.mark() == 3
    assert pulse.steady_since(0.0, 1, pulse.mark()) is None
