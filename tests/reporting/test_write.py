from __future__ import annotations

import time
from pathlib import Path

import pytest

from seatrial.core.errors import HarnessError, UsageError
from seatrial.reporting.write import write_reports
from tests.reporting import synthetic


def test_three_files(tmp_path: Path) -> None:
    journal = synthetic.write(tmp_path / "journal.ndjson", synthetic.rejected())
    written = write_reports(journal, tmp_path / "out")
    assert [path.name for path in written] == ["report.html", "summary.md", "junit.xml"]
    assert all(path.stat().st_size > 1000 for path in written)


def test_a_report_is_a_function_of_the_journal(tmp_path: Path) -> None:
    journal = synthetic.write(tmp_path / "journal.ndjson", synthetic.rejected())
    first = [path.read_bytes() for path in write_reports(journal, tmp_path / "a")]
    assert first == [path.read_bytes() for path in write_reports(journal, tmp_path / "b")]


@pytest.mark.parametrize("keep", [0.1, 0.5])
def test_a_killed_run_is_reported(tmp_path: Path, keep: float) -> None:
    journal = synthetic.write(tmp_path / "journal.ndjson", synthetic.healthy(), keep=keep, torn=True)
    html, summary, junit = write_reports(journal, tmp_path)
    for path in (html, summary, junit):
        assert "certifies nothing" in path.read_text("utf-8")


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    journal = synthetic.write(tmp_path / "journal.ndjson", synthetic.healthy(n=300))
    (tmp_path / "file").write_text("")
    with pytest.raises(HarnessError, match="a report cannot be written"):
        write_reports(journal, tmp_path / "file")


def test_no_journal(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        write_reports(tmp_path / "none", tmp_path)


def test_a_hundred_thousand_exchanges_stay_small(tmp_path: Path) -> None:
    journal = synthetic.write(tmp_path / "journal.ndjson", synthetic.rejected(n=100_000))
    began = time.process_time()
    html, *_ = write_reports(journal, tmp_path)
    assert html.stat().st_size < 3_000_000
    assert time.process_time() - began < 5.0, "CPU seconds"
