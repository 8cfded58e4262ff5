from __future__ import annotations

from pathlib import Path

import pytest

from seatrial.faults.process import cgroup
from seatrial.faults.process.cgroup import Group


def test_version_2_is_read_from_its_own_files(tmp_path: Path) -> None:
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "memory.current").write_text("4096\n")
    (tmp_path / "memory.events").write_text("low 0\nhigh 0\nmax 7\noom 1\n")
    (tmp_path / "cgroup.procs").write_text("12\n13\n")
    group = Group(tmp_path)
    assert (group.limit, group.usage, group.refusals, group.processes()) == ("max", 4096, 7, [12, 13])


def test_version_1_is_read_from_its_own_files(tmp_path: Path) -> None:
    (tmp_path / "memory.limit_in_bytes").write_text("8192\n")
    (tmp_path / "memory.usage_in_bytes").write_text("4096\n")
    (tmp_path / "memory.failcnt").write_text("3\n")
    group = Group(tmp_path)
    assert (group.limit, group.usage, group.refusals) == ("8192", 4096, 3)


def test_a_group_without_a_limit_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cgroup, "CGROUPS", tmp_path)
    tried: list[Path] = []
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert cgroup.make(tmp_path / "a" / "b", "new", tried.append) is None
    # Each is told before it is made, so that it can be armed; none is left.
    assert tried == [tmp_path / "a" / "b" / "new", tmp_path / "a" / "new", tmp_path / "new"]
    assert not any(folder.exists() for folder in tried)


def test_nothing_is_made_outside(tmp_path: Path) -> None:
    assert cgroup.make(tmp_path, "new") is None
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_is_gone_is_in_no_group() -> None:
    assert cgroup.of(2**22 + 1) is None
