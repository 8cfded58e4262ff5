"""The folder of a run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from seatrial.cli.run_folder import new_run
from seatrial.core.errors import HarnessError, UsageError


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_runs_are_named_by_time_and_latest_points_to_the_last(here: Path) -> None:
    first, second = new_run(), new_run()
    assert re.fullmatch(r"\d{8}-\d{6}-[0-9a-f]{4}", first.id)
    assert first.path == here / "runs" / first.id
    assert first.path.is_dir()
    assert (here / "runs" / "latest").resolve() == second.path.resolve()
    assert sorted(file.name for file in (here / "runs").iterdir()) == sorted([first.id, second.id, "latest"])


def test_a_named_folder_is_used_as_it_is(here: Path) -> None:
    run = new_run(here / "deep" / "out")
    assert run.path == here / "deep" / "out"
    assert not (here / "runs").exists()


def test_an_earlier_run_in_the_folder_is_moved_aside(here: Path) -> None:
    out = here / "out"
    out.mkdir()
    (out / "journal.ndjson").write_text("old", "utf-8")
    (out / "unrelated.txt").write_text("mine", "utf-8")
    run = new_run(out)
    assert not run.journal.exists()
    moved = next(out.glob("earlier-*"))
    assert run.moved == moved
    assert (moved / "journal.ndjson").read_text("utf-8") == "old"
    assert (out / "unrelated.txt").exists()


def test_a_run_that_came_to_nothing_leaves_everything_as_it_was(here: Path) -> None:
    first = new_run()
    first.journal.write_text("evidence", "utf-8")
    second = new_run()
    second.log.write_text("no suite is called so", "utf-8")
    second.undo()
    assert not second.path.exists()
    assert (here / "runs" / "latest").resolve() == first.path.resolve()
    again = new_run(first.path)
    assert not again.journal.exists()
    again.undo()
    assert first.journal.read_text("utf-8") == "evidence"
    assert [file.name for file in first.path.iterdir()] == ["journal.ndjson"]


def test_the_first_of_all_runs_can_come_to_nothing_too(here: Path) -> None:
    new_run().undo()
    assert list((here / "runs").iterdir()) == []


def test_a_file_is_no_folder(here: Path) -> None:
    (here / "file").write_text("", "utf-8")
    with pytest.raises(UsageError, match="a run needs a folder"):
        new_run(here / "file")


def test_a_folder_that_cannot_be_made_is_harness_trouble(here: Path) -> None:
    (here / "file").write_text("", "utf-8")
    with pytest.raises(HarnessError, match="cannot be made"):
        new_run(here / "file" / "below")


def test_a_real_folder_called_latest_stays(here: Path) -> None:
    (here / "runs" / "latest").mkdir(parents=True)
    (here / "runs" / "latest" / "x").write_text("mine", "utf-8")
    new_run()
    assert (here / "runs" / "latest" / "x").read_text("utf-8") == "mine"
    assert not list((here / "runs").glob(".latest*"))
