from __future__ import annotations

import asyncio
from pathlib import Path
from unittest import mock

from seatrial.systems.reference.errors import ApiError
from seatrial.systems.reference.state import work
from seatrial.systems.reference.state.wal import WriteAheadLog
from tests.systems.reference.asgi import run
from tests.systems.reference.state.keeping import Keeper, a_moment, keeper


def texts(reply: dict[str, object]) -> list[str]:
    return [message["content"][0]["text"] for message in reply["output"]]  # type: ignore[attr-defined]


async def never(*_: object) -> None:
    await asyncio.Event().wait()


async def accepted(client: Keeper, number: int) -> list[str]:
    return [(await client.ask(f"Work {n}", background=True)).json["id"] for n in range(number)]


def test_accepted_work_is_queued_and_then_done(tmp_path: Path) -> None:
    async def main() -> None:
        async with keeper(tmp_path) as client:
            reply = await client.ask(background=True)
            assert (reply.status, reply.json["status"], reply.json["output"]) == (200, "queued", [])
            done = await client.done(reply.json["id"])
            assert done["status"] == "completed"
            assert len(texts(done)) == 1

    run(main)


def test_work_that_a_crash_interrupted_is_done_once_afterwards(tmp_path: Path) -> None:
    async def crash() -> list[str]:
        with mock.patch.object(work, "generate", never):
            async with keeper(tmp_path) as client:
                return await accepted(client, 6)

    async def after(names: list[str]) -> None:
        async with keeper(tmp_path) as client:
            first = [texts(await client.done(name)) for name in names]
        async with keeper(tmp_path) as client:
            assert [texts(await client.done(name)) for name in names] == first
        assert [len(found) for found in first] == [1] * 6

    names = run(crash)
    run(lambda: after(names))


def test_the_defect_answers_twice(tmp_path: Path) -> None:
    async def main() -> None:
        async with keeper(tmp_path) as client:
            name = (await accepted(client, 1))[0]
            await client.done(name)
        async with keeper(tmp_path, "answers-twice-after-restart") as client:
            for _ in range(2000):
                reply = (await client.get(f"responses/{name}")).json
                if len(reply["output"]) == 2:
                    return
                await a_moment()
        raise AssertionError("it answered once")

    run(main)


def test_work_that_fails_is_tried_again_and_then_kept_as_failed(tmp_path: Path) -> None:
    calls = []

    async def fails(*_: object) -> None:
        calls.append(1)
        raise ApiError(503, "Nobody is there.", code="no_provider")

    async def main() -> None:
        with mock.patch.object(work, "generate", fails):
            async with keeper(tmp_path) as client:
                reply = await client.done((await accepted(client, 1))[0])
        assert (reply["status"], reply["output"]) == ("failed", [])
        assert reply["error"] == {"code": "no_provider", "message": "Nobody is there."}
        assert len(calls) == work.ATTEMPTS

    run(main)


def test_work_that_can_never_succeed_is_not_tried_again(tmp_path: Path) -> None:
    calls = []

    async def refused(*_: object) -> None:
        calls.append(1)
        raise ApiError(400, "No.", code="upstream_refused")

    async def main() -> None:
        with mock.patch.object(work, "generate", refused):
            async with keeper(tmp_path) as client:
                assert (await client.done((await accepted(client, 1))[0]))["status"] == "failed"
        assert calls == [1]

    run(main)


def test_a_full_disk_does_not_stop_the_workers(tmp_path: Path) -> None:
    full = mock.patch.object(WriteAheadLog, "append", side_effect=OSError(28, "No space left on device"))

    async def main() -> None:
        async with keeper(tmp_path) as client:
            names = await accepted(client, work.WORKERS)
            with full:
                assert (await client.ask(background=True)).status == 503
                for _ in range(50):
                    await asyncio.sleep(0)
            name = (await accepted(client, 1))[0]
            assert (await client.done(name))["status"] == "completed"
        async with keeper(tmp_path) as client:
            assert {(await client.done(name))["status"] for name in names} == {"completed"}

    run(main)
