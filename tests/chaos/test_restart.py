from __future__ import annotations

from pathlib import Path

import pytest

from seatrial.chaos.keeping import Keeper, Kept, Written
from seatrial.chaos.record import Record, Recovery
from seatrial.chaos.restart import STANDARD, Restart, came_back, components, goes_on, survived
from seatrial.core.outcome import Outcome
from seatrial.policy.resilience import ComponentSpec
from tests.chaos.world import POLICY, World, policy

CRASH = 100.0
DONE = Kept(200, "a", "completed", ("hello",))


def component(kind: str, **more: object) -> ComponentSpec:
    return ComponentSpec.model_validate({"name": kind, "kind": kind, **more})


def restart(
    folder: Path, *written: Written, beside: str | None = None, recovery: float | None = 2.0
) -> Restart:
    record = Record(World(folder).scenario(), recoveries=[Recovery(recovery, 30.0)])
    keeper = Keeper(None)  # type: ignore[arg-type]  # it has done all its asking
    keeper.beside = beside
    keeper.written = list(written)
    return Restart(record, keeper, CRASH, pages={"models": 3.0, "/prompts": None}, watched=20.0)


def kept(
    now: Kept, acked: float = CRASH - 5, back: float | None = CRASH + 2, *, work: bool = False
) -> Written:
    return Written(work, acked, DONE, now, back)


LOST = Kept(404)


@pytest.mark.parametrize(
    ("rto", "seconds", "outcome"),
    [
        ("5s", 2.0, Outcome.PASSED),
        ("1s", 2.0, Outcome.FAILED),
        ("5s", None, Outcome.FAILED),
        ("1h", None, Outcome.INCONCLUSIVE),
    ],
)
def test_the_service_is_back_in_time(
    tmp_path: Path, rto: str, seconds: float | None, outcome: Outcome
) -> None:
    found = came_back(restart(tmp_path, recovery=seconds), component("service", rto=rto))
    assert found.outcome is outcome, found.reason


@pytest.mark.parametrize(
    ("part", "outcome"),
    [
        (component("models", rto="5s"), Outcome.PASSED),
        (component("models", rto="1s"), Outcome.FAILED),
        (component("page", page="/prompts", rto="5s"), Outcome.FAILED),
        (component("page", page="/prompts", rto="30min"), Outcome.INCONCLUSIVE),
    ],
)
def test_pages_are_back_in_time(tmp_path: Path, part: ComponentSpec, outcome: Outcome) -> None:
    assert came_back(restart(tmp_path), part).outcome is outcome


def test_state_is_back_when_all_of_it_is(tmp_path: Path) -> None:
    quick, slow = kept(DONE), kept(DONE, back=CRASH + 8)
    part = component("conversations", rto="5s")
    assert came_back(restart(tmp_path, quick), part).outcome is Outcome.PASSED
    assert came_back(restart(tmp_path, quick, slow), part).numbers["seconds"] == 8.0
    assert came_back(restart(tmp_path, quick, slow), part).outcome is Outcome.FAILED
    assert came_back(restart(tmp_path, quick, kept(LOST, back=None)), part).outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("written", "rpo", "outcome"),
    [
        ([kept(DONE), kept(DONE)], "0s", Outcome.PASSED),
        ([kept(DONE), kept(LOST)], "0s", Outcome.FAILED),
        ([kept(DONE), kept(LOST, CRASH - 5)], "10s", Outcome.PASSED),
        ([kept(DONE), kept(LOST, CRASH - 50)], "10s", Outcome.FAILED),
        ([kept(LOST), kept(LOST)], "1h", Outcome.FAILED),  # nothing bounds it
        ([kept(DONE), kept(DONE._replace(texts=("other",)))], "1h", Outcome.FAILED),
        ([kept(DONE), kept(DONE._replace(texts=("a", "a")))], "1h", Outcome.FAILED),
        ([], "1h", Outcome.INCONCLUSIVE),
    ],
)
@pytest.mark.parametrize("kind", ["conversations", "work"])
def test_no_more_is_lost_than_allowed(
    tmp_path: Path, kind: str, written: list[Written], rpo: str, outcome: Outcome
) -> None:
    own = [Written(kind == "work", each.acked, each.was, each.now, each.back) for each in written]
    found = survived(restart(tmp_path, *own), component(kind, rpo=rpo))
    assert found.outcome is outcome, found.reason


def test_a_target_that_keeps_nothing_has_nothing_to_lose(tmp_path: Path) -> None:
    found = restart(tmp_path, beside="the policy says so")
    part = component("conversations", rto="5s")
    assert {came_back(found, part).outcome, survived(found, part).outcome, goes_on(found).outcome} == {
        Outcome.NOT_APPLICABLE
    }


@pytest.mark.parametrize(
    ("onward", "outcome"), [(DONE, Outcome.PASSED), (Kept(404), Outcome.FAILED), (None, Outcome.FAILED)]
)
def test_a_conversation_goes_on(tmp_path: Path, onward: Kept | None, outcome: Outcome) -> None:
    found = restart(tmp_path, kept(DONE))
    found.keeper.onward = onward
    assert goes_on(found).outcome is outcome


def test_the_policys_components_come_before_the_standard_ones(tmp_path: Path) -> None:
    assert components(policy(tmp_path)) == list(STANDARD)
    own = POLICY + "  recovery: {components: [{name: prompts, page: /prompts, rto: 30min, rpo: 1h}]}\n"
    (found,) = components(policy(tmp_path, own))
    assert (found.kind, found.page, found.rto, found.rpo) == ("page", "/prompts", 1800, 3600)
