"""A search for capacity as the report tells it."""

from __future__ import annotations

import numpy as np
import pytest

from seatrial.core.outcome import Outcome
from seatrial.reporting.capacity_view import CapacityView, LawView, capacities
from tests.reporting import load_scenes
from tests.reporting.load_scenes import capacity, level, report


def found(*events: load_scenes.Event) -> CapacityView:
    (view,) = capacities(events, lambda traffic: ())
    return view


def test_a_search_that_ended() -> None:
    told = report(load_scenes.healthy())
    assert told.load is not None
    (view,) = told.load.capacities
    assert view.interval == "48/s … 52/s"
    assert [each.sign for each in view.levels] == ["●"] * 5 + ["◇", "✕", "✕"]
    assert [each.scenario for each in view.demand] == ["base", "optimistic", "pessimistic", "stress"]
    assert view.law is not None
    assert view.limits[0].statement == "≤ 5 % beyond 1 s"
    assert view.limits[0].share == pytest.approx(0.05)


def test_the_demand_that_outgrows_it_decides_the_headline() -> None:
    told = report(load_scenes.healthy())
    assert told.headline.lead == "Not enough."
    assert "pessimistic demand outgrows it in 2027-07" in told.headline.why
    assert told.tone is Outcome.FAILED
    assert not told.certified


def test_a_search_certifies_nothing_and_is_no_trial_in_part() -> None:
    told = report(load_scenes.search([*load_scenes.HELD, capacity(48.0, 52.0, "PASSED", "it holds")]))
    assert (told.headline.lead, told.tone) == ("Sustained.", Outcome.PASSED)
    assert told.objectives == ()
    assert told.findings == ()
    assert not told.certified


def test_what_was_not_decided_is_not_proven() -> None:
    told = report(load_scenes.not_proven())
    assert told.headline.lead == "Not proven."
    assert "at least 4/s" in told.headline.why
    assert told.tone is Outcome.INCONCLUSIVE


def test_where_this_machine_was_the_limit_the_level_says_so() -> None:
    told = report(load_scenes.bound())
    assert told.load is not None
    *_, last = told.load.capacities[0].levels
    assert (last.bound, last.sign, last.outcome) == (True, "□", Outcome.INCONCLUSIVE)
    assert told.headline.lead == "Not proven."


def test_a_search_that_was_cut_off_tells_what_held_and_what_broke() -> None:
    told = report(load_scenes.search(list(load_scenes.HELD)), finished=False)
    assert told.load is not None
    (view,) = told.load.capacities
    assert (view.interval, view.ended) == ("at least 48/s", False)
    assert told.headline.lead == "Not finished."
    assert not told.tone.green
    assert found(*load_scenes.HELD, level(64.0, "breaks"), level(56.0, "breaks")).interval == "48/s … 56/s"
    assert found(level(4.0, "not decided"), level(8.0, "breaks")).interval == "below 8/s"


def test_intervals_in_words() -> None:
    assert found(capacity(None, 8.0, "FAILED", "")).interval == "below 8/s"
    assert found(capacity(None, None, "INCONCLUSIVE", "")).interval == "not found"


def test_the_law_is_that_of_the_search() -> None:
    law = LawView(10.0, 0.1, 0.01, None, "")
    assert law.throughput(np.array([0.5, 1.0, 4.0])) == pytest.approx([5.0, 10.0, 40.0 / 1.42])


@pytest.mark.parametrize("strange", [None, "x", [], {}, [1, "2"], float("nan"), True])
def test_whatever_stands_in_the_journal_something_sound_comes_out(strange: object) -> None:
    kept = ("event", "traffic", "search", "rate")
    events = [
        {name: value if name in kept else strange for name, value in event.items()}
        for event in (level(4.0, "holds"), capacity(1.0, 2.0, "PASSED", "", usl=1, demand=1))
    ]
    assert len(found(*events).levels) == 1
