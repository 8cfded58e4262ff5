from __future__ import annotations

import os

import pytest

from seatrial.core.errors import UsageError
from seatrial.faults.process.small_disk import SmallDisk


@pytest.mark.skipif(bool(SmallDisk.lacking()), reason=SmallDisk.lacking() or "")
def test_it_is_as_small_as_asked_for_and_gone_afterwards() -> None:
    with SmallDisk(1 << 20) as disk:
        assert os.path.ismount(disk.folder)
        with pytest.raises(OSError, match="No space left"):
            (disk.folder / "file").write_bytes(b"x" * (2 << 20))
    assert not disk.folder.exists()


def test_without_rights_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(UsageError, match="cannot be made here"), SmallDisk():
        pass
