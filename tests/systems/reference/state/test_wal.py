from __future__ import annotations

import asyncio
import os
from pathlib import Path
from unittest import mock

import pytest

from seatrial.systems.reference.state.wal import Record, WriteAheadLog


def records(path: Path) -> list[Record]:
    async def main() -> list[Record]:
        log = WriteAheadLog(path)
        await log.close()
        return log.records

    return asyncio.run(main())


def append(path: Path, *new: Record) -> None:
    async def main() -> None:
        log = WriteAheadLog(path)
        await asyncio.gather(*map(log.append, new))
        await log.close()

    asyncio.run(main())


def test_what_was_appended_is_there_again_in_order(tmp_path: Path) -> None:
    append(tmp_path / "log", {"n": 1}, {"n": "é"})
    append(tmp_path / "log", {"n": 3})
    assert records(tmp_path / "log") == [{"n": 1}, {"n": "é"}, {"n": 3}]


def test_whether_there_was_a_log_is_told(tmp_path: Path) -> None:
    assert not WriteAheadLog(tmp_path / "log").resumed
    assert WriteAheadLog(tmp_path / "log").resumed


def test_a_record_is_on_disk_before_it_is_acknowledged(tmp_path: Path) -> None:
    synced: list[bytes] = []
    sync = os.fsync

    def fsync(file: int) -> None:
        sync(file)
        synced.append((tmp_path / "log").read_bytes())

    async def main() -> None:
        log = WriteAheadLog(tmp_path / "log")
        with mock.patch("os.fsync", fsync):
            await log.append({"n": 1})
            assert synced == [b'{"n":1}\n']
            await asyncio.gather(*(log.append({"n": n}) for n in range(50)))
        assert len(synced) == 2  # those that come together share one
        await log.close()

    asyncio.run(main())


@pytest.mark.parametrize("tail", [b'{"n":', b'{"n":2}', b"\x00\x00\n", b"[1]\n", b"7"])
def test_a_record_that_a_crash_cut_short_is_taken_off(tmp_path: Path, tail: bytes) -> None:
    path = tmp_path / "log"
    path.write_bytes(b'{"n":1}\n' + tail)
    append(path, {"n": 3})
    assert records(path) == [{"n": 1}, {"n": 3}]


def test_a_full_disk_is_told_and_leaves_no_half_record(tmp_path: Path) -> None:
    async def main() -> None:
        log = WriteAheadLog(tmp_path / "log")
        await log.append({"n": 1})
        full = mock.patch("os.fsync", side_effect=OSError(28, "No space left on device"))
        with full, pytest.raises(OSError, match="No space"):
            await log.append({"n": 2})
        await log.append({"n": 3})
        await log.close()

    asyncio.run(main())
    assert records(tmp_path / "log") == [{"n": 1}, {"n": 3}]
