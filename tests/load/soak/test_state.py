"""The checkpoint: whole at any moment, refused where it is none or another's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from seatrial.core.errors import HarnessError, UsageError
from seatrial.load.soak.state import State, Terms, path_in
from seatrial.load.soak.windows import Window

TERMS = Terms("sha256:1", "steady", "bot", "http://127.0.0.1/v1", 60.0, 2.0, 40, 7)


def test_there_and_back(tmp_path: Path) -> None:
    path = path_in(tmp_path, "steady")
    state = State(TERMS, "sha256:2", 2, [Window(0, 1.5, 3, 1)], 4)
    state.save(path)
    assert State.load(path) == state
    assert state.elapsed == 1.5
    assert [file.name for file in tmp_path.iterdir()] == ["soak-steady.json"]


def test_none_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no checkpoint to go on from"):
        State.load(tmp_path / "soak-steady.json")


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"schema": "other/1"}', '{"schema": "seatrial.soak/1"}']
)
def test_something_else(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(UsageError, match="not a checkpoint"):
        State.load(tmp_path / "x.json")


def test_no_room(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="cannot be written"):
        State(TERMS).save(tmp_path / "missing" / "x.json")


def test_another_soak_is_not_continued() -> None:
    state = State(TERMS)
    state.goes_on_with(replace(TERMS, seed=9), "here")
    with pytest.raises(UsageError, match="another soak: the interrupted one had policy sha256:1"):
        state.goes_on_with(replace(TERMS, policy="sha256:9"), "here")
    with pytest.raises(UsageError, match=r"duration 60.0, rate 2.0"):
        state.goes_on_with(replace(TERMS, duration=1.0, rate=1.0), "here")
