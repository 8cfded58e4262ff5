from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from seatrial.core.errors import HarnessError, UsageError
from seatrial.faults.process.disk import free
from seatrial.faults.process.registry import inject
from seatrial.faults.process.small_disk import SmallDisk

pytestmark = pytest.mark.skipif(bool(SmallDisk.lacking()), reason=SmallDisk.lacking() or "")


@pytest.fixture
def disk() -> Iterator[Path]:
    with SmallDisk(8 << 20) as small:
        yield small.folder


def victim() -> int:
    """Any process will do where the folder is named: here, one that does nothing."""
    return _SLEEPER[0]


_SLEEPER: list[int] = []


@pytest.fixture(autouse=True)
def _sleeper() -> Iterator[None]:
    from tests.faults.process.victims import script

    with script("import time; time.sleep(600)") as sleeper:
        _SLEEPER[:] = [sleeper.pid]
        yield


def test_nothing_can_be_written_until_it_ends(disk: Path) -> None:
    before = free(disk)
    with inject(victim(), "process.disk", {"folder": str(disk)}) as fault:
        with pytest.raises(OSError, match="No space left on device"):
            (disk / "file").write_bytes(b"x" * (1 << 20))
        assert fault.witness.hits == 1
    (disk / "file").unlink()
    assert free(disk) == before
    assert os.listdir(disk) == []


def test_what_shall_be_left_is_left(disk: Path) -> None:
    with inject(victim(), "process.disk", {"folder": str(disk), "leave": "4MiB"}):
        (disk / "file").write_bytes(b"x" * (3 << 20))
        with pytest.raises(OSError, match="No space left"):
            (disk / "file").write_bytes(b"x" * (5 << 20))


def test_more_than_at_most_is_refused(disk: Path) -> None:
    with (
        pytest.raises(UsageError, match=r"8 MiB would have to be written .* more than at_most"),
        inject(victim(), "process.disk", {"folder": str(disk), "at_most": "1MiB"}),
    ):
        pass
    assert os.listdir(disk) == []


def test_the_disk_that_the_harness_writes_to_is_refused(disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(disk)
    with (
        pytest.raises(UsageError, match="the harness writes to the file system"),
        inject(victim(), "process.disk", {"folder": str(disk)}),
    ):
        pass


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(UsageError, match="needs a folder"),
        inject(victim(), "process.disk", {"folder": str(tmp_path / "nowhere")}),
    ):
        pass


def test_a_file_that_somebody_removed_is_told(disk: Path) -> None:
    with (
        pytest.raises(HarnessError, match="was removed by somebody else"),
        inject(victim(), "process.disk", {"folder": str(disk)}),
    ):
        next(disk.iterdir()).unlink()
