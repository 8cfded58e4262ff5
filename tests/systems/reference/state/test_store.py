from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from seatrial.systems.reference.defects import Defects
from seatrial.systems.reference.errors import ApiError
from seatrial.systems.reference.state.store import COMPLETED, FAILED, QUEUED, Kept, Store


def kept(name: str, *, background: bool = False, previous: str | None = None, **more: str) -> Kept:
    turns = [["user", f"question of {name}"]]
    return Kept(name, "a", 1, turns, {"model": "small"}, background=background, previous=previous, **more)  # type: ignore[arg-type]


def with_store(folder: Path, scenario: Callable[[Store], Awaitable[None]], *defects: str) -> None:
    async def main() -> None:
        store = Store(folder / "state", Defects(defects))
        try:
            await scenario(store)
        finally:
            await store.close()

    asyncio.run(main())


async def answered(store: Store, item: Kept, text: str = "yes") -> None:
    await store.finish(await store.accept(item), COMPLETED, text, [3, 4])


async def fill(store: Store) -> None:
    """Responses, one that goes on from another; work, done and not; and a conversation."""
    await answered(store, kept("r1"), "one")
    await answered(store, kept("r2"), "two")
    await answered(store, kept("r3", previous="r1"), "three")
    await answered(store, kept("w1", background=True), "work")
    await store.accept(kept("w2", background=True), key="k")
    conversation = await store.begin("a", {"topic": "lamps"}, [["user", "hello"]])
    await store.add(conversation, [["user", "again"]])
    await answered(store, kept("r4", conversation=conversation.id), "four")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with_store(tmp_path, fill)
    return tmp_path


def test_everything_is_there_after_a_crash(folder: Path) -> None:
    async def look(store: Store) -> None:
        assert store.resumed
        found = store.response("r1", "a")
        assert (found.status, found.outputs, found.usage) == (COMPLETED, ["one"], [3, 4])
        work = store.response("w2", "a")
        assert (work.status, work.outputs) == (QUEUED, [])
        assert store.unfinished == [work]
        assert store.asked_before("a", "k") is work
        assert store.asked_before("b", "k") is store.asked_before("a", None) is None

    with_store(folder, look)


def test_what_goes_on_knows_what_was_before(folder: Path) -> None:
    async def look(store: Store) -> None:
        before = store.before(kept("new", previous="r3"))
        assert before == [
            ["user", "question of r1"],
            ["assistant", "one"],
            ["user", "question of r3"],
            ["assistant", "three"],
        ]
        assert store.before(kept("new")) == []
        name = store.response("r4", "a").conversation
        assert store.before(kept("new", conversation=str(name))) == [
            ["user", "hello"],
            ["user", "again"],
            ["user", "question of r4"],
            ["assistant", "four"],
        ]

    with_store(folder, look)


def test_nobody_reads_what_is_another_caller_s(folder: Path) -> None:
    async def look(store: Store) -> None:
        name = store.response("r4", "a").conversation
        for read in (lambda: store.response("r1", "b"), lambda: store.conversation(str(name), "b")):
            with pytest.raises(ApiError) as error:
                read()
            assert error.value.status == 404
        assert store.conversation(str(name), "a").metadata == {"topic": "lamps"}

    with_store(folder, look)


def test_what_is_done_is_done_once(folder: Path) -> None:
    async def again(store: Store) -> None:
        await store.finish(store.response("w1", "a"), COMPLETED, "a second time")
        await store.finish(store.response("w2", "a"), FAILED, error={"code": "x", "message": "y"})
        await store.finish(store.response("w2", "a"), COMPLETED, "too late")

    async def look(store: Store) -> None:
        assert store.response("w1", "a").outputs == ["work"]
        assert store.response("w2", "a").status == FAILED
        assert store.unfinished == []

    with_store(folder, again)
    with_store(folder, look)


@pytest.mark.parametrize(
    ("defect", "lost", "there"),
    [("state-lost-on-crash", ["r1", "r3"], ["w1", "w2"]), ("jobs-lost-on-crash", ["w1", "w2"], ["r1", "r3"])],
)
def test_the_defects_lose_one_kind_and_keep_the_other(
    tmp_path: Path, defect: str, lost: list[str], there: list[str]
) -> None:
    async def filled(store: Store) -> None:
        await fill(store)
        for name in lost + there:
            store.response(name, "a")  # nobody notices before the crash

    async def look(store: Store) -> None:
        for name in there:
            store.response(name, "a")
        for name in lost:
            with pytest.raises(ApiError):
                store.response(name, "a")

    with_store(tmp_path, filled, defect)
    with_store(tmp_path, look)


def test_the_defect_mixes_answers_up(folder: Path) -> None:
    async def look(store: Store) -> None:
        texts = [store.response(name, "a").outputs for name in ("r1", "r2", "r3", "w1", "r4")]
        assert texts == [["two"], ["three"], ["work"], ["four"], ["one"]]

    with_store(folder, look, "conversations-mixed-up")


def test_the_defect_does_finished_work_again(folder: Path) -> None:
    async def look(store: Store) -> None:
        assert [work.id for work in store.unfinished] == ["w1", "w2"]
        await store.finish(store.response("w1", "a"), COMPLETED, "again")
        assert store.response("w1", "a").outputs == ["work", "again"]

    with_store(folder, look, "answers-twice-after-restart")
