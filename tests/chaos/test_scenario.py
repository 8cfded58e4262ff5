from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from seatrial.chaos import judge, scenario
from seatrial.chaos.record import Record
from seatrial.chaos.scenario import run
from seatrial.core.errors import HarnessError
from seatrial.core.outcome import Outcome
from seatrial.core.verdict import Verdict
from seatrial.policy.aspects import Aspect
from tests.chaos.world import QUICK, World

AVAILABLE = {"indicator": "availability", "target": "90%"}


def sail(world: World, **changes: Any) -> Record:
    """One scenario of *world*; afterwards nothing is left in force."""
    with world.untouched():
        return run(world.scenario(**changes), world)  # type: ignore[arg-type]


def verdict(record: Record, label: str = "availability") -> Verdict:
    found = judge.during(record, label)
    assert isinstance(found, tuple), found
    return found[1]


def test_a_target_that_falls_back_passes(tmp_path: Path) -> None:
    world = World(tmp_path)
    record = sail(world, during=[AVAILABLE])
    assert judge.acted(record).outcome is Outcome.PASSED
    assert verdict(record).outcome is Outcome.PASSED
    assert judge.recovered(record).outcome is Outcome.PASSED
    assert verdict(record).objective == "dies/availability"
    assert record.failover is not None


def test_a_target_that_goes_down_with_it_fails_and_comes_back(tmp_path: Path) -> None:
    record = sail(World(tmp_path, falls_back=False, slow=0.1), during=[AVAILABLE])
    assert verdict(record).outcome is Outcome.FAILED
    found = judge.recovered(record)
    assert found.outcome is Outcome.PASSED
    assert 0.1 <= found.numbers["rto_seconds"] < 2
    assert record.failover is None


SERVED = {
    "indicator": "served_rate",
    "op": "gte",
    "value": "100/s",
    "target": "50%",
    "timeSliceWindow": "20ms",
}
BURN = {"indicator": "error_budget_burn", "op": "lte", "value": 5, "target": "50%", "timeSliceWindow": "20ms"}
FAIR = {"indicator": "fairness", "target": "80%"}
SLICES = "slices of time"
TENANTS = "rounds of all tenants"


@pytest.mark.parametrize(
    ("criterion", "world", "outcome", "noun"),
    [
        (SERVED, {}, Outcome.PASSED, SLICES),
        (SERVED, {"falls_back": False}, Outcome.FAILED, SLICES),
        (BURN, {}, Outcome.PASSED, SLICES),
        (BURN, {"falls_back": False}, Outcome.FAILED, SLICES),
        (FAIR, {}, Outcome.PASSED, TENANTS),
        (FAIR, {"starved": "b"}, Outcome.FAILED, TENANTS),
        (
            FAIR,
            {"falls_back": False},
            Outcome.PASSED,
            TENANTS,
        ),  # nobody is served, and nobody less than others
    ],
)
def test_a_criterion_is_judged_by_its_kind_of_event(
    tmp_path: Path, criterion: dict[str, Any], world: dict[str, Any], outcome: Outcome, noun: str
) -> None:
    record = sail(World(tmp_path, **world), during=[criterion])
    found = verdict(record, criterion["indicator"])
    assert found.outcome is outcome, found
    assert noun in found.reason
    assert found.n < len(record.under)


def test_steadiness_is_of_single_requests(tmp_path: Path) -> None:
    """A slice of time is no request: whether one is good does not hang on it."""
    never = {**SERVED, "value": "1000000/s"}
    record = sail(World(tmp_path), during=[never])
    assert record.unsteady is None
    assert verdict(record, "served_rate").outcome is Outcome.FAILED
    assert judge.recovered(record).outcome is Outcome.PASSED


def test_every_step_is_told_in_its_order(tmp_path: Path) -> None:
    world = World(tmp_path)
    sail(world, during=[AVAILABLE])
    told = [
        (event["event"], event["phase"]) for event in world.events if event["event"] in ("fault", "scenario")
    ]
    assert told == [
        ("scenario", "steady-before"),
        ("scenario", "fault"),
        ("fault", "injected"),
        ("fault", "reverted"),
        ("scenario", "recovery"),
        ("scenario", "steady-after"),
        ("scenario", "end"),
    ]
    reverted = next(event for event in world.events if event.get("phase") == "reverted")
    assert (reverted["on"], reverted["type"], reverted["hits"] > 0) == ("primary", "down", True)
    attempts = [event for event in world.events if event["event"] == "attempts"]
    assert sum(len(event["started"]) for event in attempts) == len(world.seen)
    assert {event["proxy"] for event in attempts} == {"primary"}
    names = {event["name"] for event in world.events if event["event"] == "traffic"}
    assert names == {"steady@dies/before", "steady@dies", "steady@dies/after"}


def test_no_steady_state_before_is_never_green(tmp_path: Path) -> None:
    world = World(tmp_path, sick=True)
    record = sail(world, during=[AVAILABLE], client_behaviour=["amplification"])
    found = [judge.acted(record), judge.during(record, "availability"), judge.recovered(record)]
    found.append(judge.behaviour(record, Aspect(aspect="amplification")))
    assert {each.outcome for each in found} == {Outcome.INCONCLUSIVE}  # type: ignore[union-attr]
    assert "steady state not met before" in judge.acted(record).reason
    assert world.told == []


def test_a_fault_that_never_hit_shows_nothing(tmp_path: Path) -> None:
    record = sail(World(tmp_path, unhit=True), during=[AVAILABLE])
    assert judge.acted(record).reason.startswith("the fault never hit: down on 'primary'")
    assert verdict(record).outcome is Outcome.INCONCLUSIVE
    assert verdict(record).reason.startswith("the fault never hit")
    assert judge.recovered(record).outcome is Outcome.INCONCLUSIVE


def test_too_few_hits_are_told_apart_from_none(tmp_path: Path) -> None:
    record = sail(World(tmp_path), witness={"min_hits": 100_000})
    found = judge.acted(record)
    assert found.outcome is Outcome.INCONCLUSIVE
    assert "times, 100000 are demanded" in found.reason


def test_a_fault_that_does_not_take_is_trouble_of_ours(tmp_path: Path) -> None:
    world = World(tmp_path, refuses=True)
    record = sail(world, during=[AVAILABLE])
    with pytest.raises(HarnessError, match="did not take"):
        judge.acted(record)
    assert [event["phase"] for event in world.events if event["event"] == "fault"] == ["failed"]
    assert not record.broken
    assert world.events[-1]["outcome"] == "ERROR"


def test_a_fault_that_is_not_taken_back_breaks_the_run(tmp_path: Path) -> None:
    world = World(tmp_path, keeps=True)
    record = sail(world, during=[AVAILABLE])
    assert record.broken
    with pytest.raises(HarnessError, match="still there"):
        judge.recovered(record)
    last = [event for event in world.events if event["event"] == "fault"][-1]
    assert (last["phase"], last["error"]) == ("failed", "it is still there")


def test_a_recovery_beyond_its_objective_fails_with_the_number(tmp_path: Path) -> None:
    late = {**QUICK["recovery"], "rto": "50ms"}  # type: ignore[dict-item]
    record = sail(World(tmp_path, falls_back=False, slow=0.2), recovery=late)
    found = judge.recovered(record)
    assert found.outcome is Outcome.FAILED
    assert found.numbers["rto_seconds"] >= 0.2
    assert "50 ms are allowed" in found.reason


@pytest.mark.parametrize(("sick_after", "came_back"), [(False, True), (True, False)])
def test_answers_that_come_slowly_are_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sick_after: bool, came_back: bool
) -> None:
    """Forty of them in a row take half a second; the way back is watched for a fifth."""
    monkeypatch.setattr(scenario, "BEYOND_RTO", 0.0)
    world = World(tmp_path, takes=0.05, slow=60.0 if sick_after else 0.0)
    many = {"consecutive": 40, "rto": "100ms"}
    record = sail(world, recovery=many, steady_within="5s")
    assert record.unsteady is None
    assert (record.recoveries[0].seconds is not None) is came_back


def test_the_slowest_of_several_recoveries_counts(tmp_path: Path) -> None:
    world = World(tmp_path)
    record = sail(world, recovery={**QUICK["recovery"], "repeats": 3})  # type: ignore[dict-item]
    assert len(record.recoveries) == 3
    assert "the slowest of 3" in judge.recovered(record).reason
    assert [step for step, _ in world.told] == ["reverted"] * 3


def test_a_stop_condition_ends_it_at_once(tmp_path: Path) -> None:
    world = World(tmp_path, falls_back=False)
    stop = {"indicator": "availability", "target": "50%", "over": 10}
    record = sail(world, stopConditions=[stop], min_duration="4s")
    assert record.aborted is not None
    assert judge.acted(record).outcome is Outcome.INCONCLUSIVE
    assert "stop condition" in judge.acted(record).reason
    assert len(record.under) < 1000
    assert world.told == [("reverted", "down")]


def test_what_was_shown_before_the_stop_stays_shown(tmp_path: Path) -> None:
    stop = {"indicator": "availability", "target": "50%", "over": 300}
    record = sail(
        World(tmp_path, falls_back=False), stopConditions=[stop], min_duration="4s", during=[AVAILABLE]
    )
    assert record.aborted is not None
    assert verdict(record).outcome is Outcome.FAILED


def test_ctrl_c_takes_the_fault_back(tmp_path: Path) -> None:
    world = World(tmp_path)

    def interrupt(number: int) -> None:
        if world.active and number > 30:
            raise KeyboardInterrupt

    world.on_request = interrupt
    with world.untouched(), pytest.raises(KeyboardInterrupt):
        run(world.scenario(min_duration="4s"), world)  # type: ignore[arg-type]
    assert world.told == [("reverted", "down")]
    told = [event["phase"] for event in world.events if event["event"] == "fault"]
    assert told == ["injected", "reverted"]


def test_a_fault_in_pulses_comes_and_goes(tmp_path: Path) -> None:
    world = World(tmp_path)
    record = sail(world, pulses={"count": 3, "requests": 12}, during=[AVAILABLE])
    assert world.told == [("reverted", f"down-{number}") for number in (1, 2, 3)]
    assert verdict(record).outcome is Outcome.PASSED
    assert record.hits >= 30
    assert record.recording is not None
    assert set(record.recording.faults) == {"down-1", "down-2", "down-3"}


def test_a_fault_for_good_counts_its_recovery_from_itself(tmp_path: Path) -> None:
    world = World(tmp_path, slow=0.1)
    kill = [{"on": "gateway", "toxic": "process.kill"}]
    record = sail(world, inject=kill, witness={"min_hits": 1})
    record.faults[0].hits = 1  # the witness of a killed process is its absence
    found = judge.recovered(record)
    assert "from the fault" in found.reason
    assert record.under == []


def test_behaviour_is_judged_on_what_the_proxies_saw(tmp_path: Path) -> None:
    record = sail(World(tmp_path), client_behaviour=["amplification", "breaker-opens"], min_duration="20ms")
    assert judge.behaviour(record, Aspect(aspect="amplification")).outcome is Outcome.PASSED
    assert judge.behaviour(record, Aspect(aspect="breaker-opens")).outcome is Outcome.FAILED


def test_a_stampede_that_was_seen_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenario, "LOOK", 0.0)
    record = sail(World(tmp_path), client_behaviour=["no-stampede"], min_duration="20ms")
    assert judge.behaviour(record, Aspect(aspect="no-stampede")).outcome is Outcome.FAILED
    assert scenario.CALLS <= len(record.under) < 1000


def test_a_scenario_that_does_not_arise_is_told(tmp_path: Path) -> None:
    world = World(tmp_path)
    record = sail(world, inject=[{"role": "cache", "toxic": "down"}], during=[AVAILABLE])
    assert judge.acted(record).outcome is Outcome.NOT_APPLICABLE
    assert world.events == []
