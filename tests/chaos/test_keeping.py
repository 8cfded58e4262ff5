from __future__ import annotations

import pytest

import seatrial.chaos.keeping as module
from seatrial.chaos.keeping import EARLY, LATE, Keeper, Kept, Written
from seatrial.targets.config import TargetConfig
from seatrial.targets.target import Target
from tests.chaos.pages import Keeping, keeping

DONE = Kept(200, "a", "completed", ("hello",))


def written(was: Kept, now: Kept, *, work: bool = False) -> Written:
    return Written(work, 1.0, was, now)


@pytest.mark.parametrize(
    ("was", "now", "told"),
    [
        (DONE, DONE, {"whole"}),
        (DONE, Kept(404), {"lost", "settled"}),
        (DONE, Kept(503), set()),
        (DONE, DONE._replace(texts=("other",)), {"altered", "settled"}),
        (DONE, DONE._replace(texts=("hello", "hello")), {"twice", "settled"}),
        (Kept(200, "a", "queued"), DONE, {"whole"}),
        (Kept(200, "a", "queued"), Kept(200, "a", "in_progress"), set()),
        (DONE, DONE._replace(texts=()), {"altered", "settled"}),
    ],
)
def test_what_became_of_it(was: Kept, now: Kept, told: set[str]) -> None:
    each = written(was, now)
    assert {name for name in ("whole", "lost", "altered", "twice", "settled") if getattr(each, name)} == told


@pytest.fixture(autouse=True)
def _brief(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE", 0.01)
    monkeypatch.setattr(module, "AGAIN", 0.01)


@pytest.mark.parametrize(
    ("how", "whole", "goes_on"),
    [
        ("nothing", 16, True),
        ("forgets", 0, False),
        ("mixes", 0, False),
        ("repeats", 0, False),
        ("forgets-late", 8, True),
    ],
)
def test_what_is_written_before_a_crash_is_read_after_it(how: str, whole: int, goes_on: bool) -> None:
    target = Keeping()
    with keeping(target) as root, Target(TargetConfig(uri=f"{root}/v1", model="chat")) as client:
        keeper = Keeper(client)
        keeper.fill()
        keeper.hurry()
        assert len(keeper.of(work=True)) == len(keeper.of(work=False)) == EARLY + LATE
        target.crash(how)
        keeper.look(0.2)
    assert sum(each.whole and not each.twice for each in keeper.written) == whole
    assert (keeper.onward is not None and bool(keeper.onward.texts)) is goes_on


def test_a_target_that_keeps_nothing_is_asked_once() -> None:
    target = Keeping(responses=False)
    with keeping(target) as root, Target(TargetConfig(uri=f"{root}/v1", model="chat")) as client:
        keeper = Keeper(client)
        keeper.fill()
        keeper.hurry()
        keeper.look(0.1)
        assert client.count == 1
    assert keeper.beside == "the target keeps no conversations and no work: 404 for POST responses"
    assert keeper.written == []
