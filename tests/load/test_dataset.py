from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from seatrial.core.errors import UsageError
from seatrial.core.exchange import ErrorKind
from seatrial.core.journal import JournalWriter
from seatrial.load.dataset import load_dataset


def test_json_lines_from_anywhere(tmp_path: Path) -> None:
    lines = [
        {"duration": 0.5, "ttfc": 0.1, "gaps": [0.1, 0.3], "input_tokens": 9, "output_tokens": 3},
        {"duration": 0.25, "error": "reset", "sent": 3.0},
    ]
    (tmp_path / "x.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n")
    log = load_dataset(tmp_path / "x.jsonl")
    np.testing.assert_allclose(log.duration(), [0.5, 0.25], atol=1e-6)
    np.testing.assert_allclose(log.mean_gap(), [0.2, np.nan], atol=1e-6)
    assert log.errors() == [None, ErrorKind.RESET]
    assert log.tokens()[0].tolist() == [9, 0]
    assert log.status().tolist() == [200, 0]


def test_the_journal_of_an_earlier_run(tmp_path: Path) -> None:
    journal = JournalWriter(tmp_path / "j", lambda: 0.0)
    columns = {"intended": [0.0, 1.0], "duration": [0.5, None], "ttfc": [0.1, None], "status": [200, 0]}
    journal.write("exchanges", **columns, error=[None, "connect"], tokens=[[3, 4], None], lag=[0.0, 0.0])
    journal.close()
    log = load_dataset(tmp_path / "j")
    assert len(log) == 2
    assert log.errors() == [None, ErrorKind.CONNECT]
    assert log.tokens()[1].tolist() == [4, 0]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("nonsense", "x.jsonl:2: this line is not JSON"),
        ('{"latency": 3}', "not a recorded exchange"),
        ('{"duration": -1}', "below zero"),
        ('{"duration": 1, "error": "tired"}', "tired"),
        ('{"duration": "long"}', "long"),
    ],
)
def test_a_line_that_is_no_exchange_is_named(tmp_path: Path, line: str, message: str) -> None:
    (tmp_path / "x.jsonl").write_text(f'{{"duration": 1}}\n{line}\n')
    with pytest.raises(UsageError, match=message):
        load_dataset(tmp_path / "x.jsonl")


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        load_dataset(tmp_path / "x.jsonl")
