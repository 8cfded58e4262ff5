"""What load showed, from journals of every kind."""

from __future__ import annotations

import pytest

from seatrial.core.outcome import Outcome
from seatrial.reporting.load_view import load_view, punctuality
from seatrial.reporting.model import Report
from tests.reporting import load_scenes
from tests.reporting.load_scenes import report


def test_audits_steps_and_trends() -> None:
    load = report(load_scenes.loaded()).load
    assert load is not None
    assert [(each.name, each.outcome) for each in load.audits] == [
        ("cached-answers", Outcome.PASSED),
        ("lengths", Outcome.FAILED),
    ]
    assert load.audits[0].numbers == (("interval", "0.9 … 1.1"), ("ratio", "1.02"))
    assert load.audits[1].numbers == (("shorter", "0.27 … 0.35"),)
    assert [each.outcome for each in load.steps] == [Outcome.PASSED, Outcome.FAILED]
    memory, latency = load.trends
    assert (memory.slope, memory.lower, memory.upper, memory.limit) == (41.5, 38.0, 45.0, 10.0)
    assert memory.growth == (3.32, 3.04, 3.6)
    assert (latency.outcome, latency.growth, latency.limit) == (Outcome.PASSED, None, None)


def test_a_soak_may_tell_one_series_an_event() -> None:
    told = {"event": "soak", "traffic": "open", **load_scenes.SOAK["trends"][0]}
    (trend,) = load_view([told]).trends
    assert (trend.name, trend.traffic, trend.outcome) == ("memory", "open", Outcome.FAILED)


def test_a_run_without_load_shows_none() -> None:
    assert report([load_scenes.HEADER, load_scenes.run()]).load is None
    assert not load_view([])


def test_levels_of_a_search_are_no_traffic_of_their_own() -> None:
    load = report(load_scenes.healthy()).load
    assert load is not None
    assert load.level_of("open@4/s") == "open"
    assert load.level_of("open") is None
    assert load.level_of("other@4/s") is None


@pytest.mark.parametrize("strange", [None, "x", [], {}, [1, "2"], float("nan"), True])
def test_whatever_stands_in_the_journal_something_sound_comes_out(strange: object) -> None:
    names = ("numbers", "slope", "growth", "horizon", "outcome", "reason", "back", "trends", "n", "p99")
    kinds = ("audit", "soak", "scaling", "generator", "level", "capacity")
    events = [{"event": kind, **dict.fromkeys(names, strange)} for kind in kinds]
    assert len(load_view(events).audits) == 1
    assert len(punctuality(events)) == 1


def test_the_generator_s_last_word_counts() -> None:
    first, last = (load_scenes.arrivals(p99=p99)[-1] for p99 in (0.5, 0.001))
    assert punctuality([first, last])["open"].p99 == 0.001


def soaked(*outcomes: str) -> Report:
    trends = [
        {**told, "outcome": outcome}
        for told, outcome in zip(load_scenes.SOAK["trends"], outcomes, strict=True)
    ]
    soak = load_scenes.SOAK | {"trends": trends}
    return report([load_scenes.HEADER, load_scenes.run("seatrial soak"), soak])


def test_a_soak_has_a_headline_of_its_own() -> None:
    told = soaked("FAILED", "PASSED")
    assert (told.headline.lead, told.headline.why) == ("It drifts.", "Memory: beyond what is allowed.")
    assert told.tone is Outcome.FAILED
    assert told.objectives == ()
    told = soaked("PASSED", "PASSED")
    assert told.headline.lead == "Steady."
    assert "Memory and latency: within" in told.headline.why
    assert soaked("PASSED", "INCONCLUSIVE").headline.lead == "Not proven."
    assert not told.certified


def test_an_objective_of_traffic_that_flowed_stays_in_question() -> None:
    told = report(load_scenes.loaded())
    assert [view.name for view in told.objectives] == ["latency-p95"]
    assert not told.exercise


def test_an_objective_that_was_collected_stays_in_question() -> None:
    item = {"id": "objective", "suite": "sla", "title": "latency", "objective": "latency-p95"}
    certify = {"event": "run", "purpose": "certify"}
    events = [each | certify if each["event"] == "run" else each for each in load_scenes.healthy()]
    told = report([*events, {"event": "collected", "t": 0.2, "items": [item]}])
    assert [view.name for view in told.objectives] == ["latency-p95"]
    assert not told.exercise
