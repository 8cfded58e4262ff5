from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from seatrial.core.errors import HarnessError, UsageError
from seatrial.core.journal import SCHEMA, JournalWriter, read_journal


def writer(path: Path, **options: object) -> JournalWriter:
    return JournalWriter(path, iter(range(1000)).__next__, {"run": "r1"}, **options)  # type: ignore[arg-type]


def test_events_come_back_in_order(tmp_path: Path) -> None:
    journal = writer(tmp_path / "j")
    journal.write("item", id="a", outcome="PASSED")
    journal.write("finish", outcome="PASSED")
    journal.close()
    read = read_journal(tmp_path / "j")
    assert [event["event"] for event in read.events] == ["journal", "item", "finish"]
    assert read.header["schema"] == SCHEMA
    assert read.header["run"] == "r1"
    assert read.complete
    assert (
        read.first("item") == read.last("item") == {"event": "item", "t": 1, "id": "a", "outcome": "PASSED"}
    )


def test_each_event_is_on_the_disk_at_once(tmp_path: Path) -> None:
    journal = writer(tmp_path / "j")
    journal.write("item", id="a")
    assert (tmp_path / "j").read_text().count("\n") == 2
    journal.close()


@pytest.mark.parametrize("cut", range(1, 30, 7))
def test_a_killed_run_leaves_a_readable_journal_that_is_not_complete(tmp_path: Path, cut: int) -> None:
    journal = writer(tmp_path / "j")
    journal.write("item", id="a")
    journal.write("finish", outcome="PASSED")
    journal.close()
    whole = (tmp_path / "j").read_bytes()
    (tmp_path / "j").write_bytes(whole[:-cut])
    read = read_journal(tmp_path / "j")
    assert not read.complete
    assert read.torn
    assert [event["event"] for event in read.events] == ["journal", "item"]


def test_numbers_that_json_lacks_become_null(tmp_path: Path) -> None:
    journal = writer(tmp_path / "j")
    journal.write("x", a=[float("nan"), {"b": float("inf")}], c=1.5)
    journal.close()
    assert read_journal(tmp_path / "j").events[1]["a"] == [None, {"b": None}]


def test_lone_surrogates_and_line_separators_survive(tmp_path: Path) -> None:
    journal = writer(tmp_path / "j")
    journal.write("x", text="a\nb\u2028c\ud800d")
    journal.close()
    assert read_journal(tmp_path / "j").events[1]["text"].startswith("a\nb\u2028c")


def test_redaction_is_the_last_gate(tmp_path: Path) -> None:
    journal = writer(tmp_path / "j", redact=lambda line: line.replace("canary-7f", "•••"))
    journal.write("x", text="key canary-7f")
    journal.close()
    assert "canary" not in (tmp_path / "j").read_text()


def test_two_writers_share_one_journal(tmp_path: Path) -> None:
    first, second = writer(tmp_path / "j"), writer(tmp_path / "j", worker="gw1")
    for number in range(50):
        (first if number % 2 else second).write("x", number=number)
    first.close()
    second.close()
    read = read_journal(tmp_path / "j")
    assert [event["number"] for event in read.all("x")] == list(range(50))
    assert sum(event["event"] == "journal" for event in read.events) == 1


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    journal = writer(tmp_path / "j")
    journal._fd, healthy = __import__("os").open("/dev/full", 1), journal._fd
    with pytest.raises(HarnessError, match="No space left"):
        journal.write("x")
    __import__("os").close(healthy)
    __import__("os").close(journal._fd)


def test_behind_an_event_that_was_cut_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal, write = writer(tmp_path / "j"), os.write
    journal.write("x", number=1)
    with monkeypatch.context() as full:
        full.setattr("os.write", lambda fd, data: write(fd, data[:9]))
        with pytest.raises(HarnessError, match="disk full"):
            journal.write("x", number=2)
    with pytest.raises(HarnessError, match="an event was cut"):
        journal.write("x", number=3)
    journal.close()
    read = read_journal(tmp_path / "j")
    assert [event["number"] for event in read.all("x")] == [1]
    assert read.torn


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "this is not a journal"),
        ("hello\n", "not a journal event"),
        ('{"event":"item","t":0}\n', "this is not a journal"),
        (json.dumps({"event": "journal", "schema": "seatrial.journal/99"}) + "\n", "seatrial.journal/99"),
    ],
)
def test_what_is_not_a_journal_is_refused(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "j").write_text(content)
    with pytest.raises(UsageError, match=message):
        read_journal(tmp_path / "j")


def test_a_missing_journal_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_journal(tmp_path / "j")
