"""Exchanges as Parquet, read back as a notebook would."""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seatrial.core.errors import HarnessError, UsageError
from seatrial.core.exchange import ErrorKind, Exchange, Usage
from seatrial.core.log import Log
from seatrial.core.tenants import Tenants
from seatrial.load.ledger import Ledger
from seatrial.load.parquet import ParquetFile, keeper_of
from seatrial.policy.traffic import TrafficSpec

pq: Any = pytest.importorskip("pyarrow.parquet")


def filled(count: int) -> Log:
    log = Log()
    for index in range(count):
        bad = index % 3 == 1
        log.append(
            Exchange(
                index,
                1.0 * index,
                1.0 * index + 0.001,
                1.0 * index + 0.5,
                first_chunk=float("nan") if bad else 1.0 * index + 0.2,
                gaps=() if bad else (0.01, 0.02),
                status=0 if bad else 200,
                error=ErrorKind.RESET if bad else None,
                usage=None if bad else Usage(9, 4),
            )
        )
    return log


def test_a_row_holds_what_was_seen_of_an_exchange(tmp_path: Path) -> None:
    log = filled(4)
    file = ParquetFile(tmp_path / "exchanges-steady.parquet")
    log.tenants = Tenants(["blue", "red"], [1, 1], "steady")
    file.add(log, 0, 3, 0, [5, -1, 0])
    file.add(log, 3, 4, 1, [2])
    assert not file.path.exists(), "it gets its name when it is whole"
    file.close()
    file.close()
    rows = pq.read_table(file.path).to_pylist()
    assert [row["index"] for row in rows] == [0, 1, 2, 3]
    assert [row["segment"] for row in rows] == [0, 0, 0, 1]
    good, bad = rows[0], rows[1]
    assert good["status"] == 200
    assert good["error"] is None
    assert good["duration"] == pytest.approx(0.5)
    assert good["gaps"] == pytest.approx([0.01, 0.02])
    assert (good["input_tokens"], good["output_tokens"]) == (9, 4)
    assert (bad["error"], bad["ttfc"], bad["input_tokens"], bad["gaps"]) == ("reset", None, None, [])
    assert [row["prompt"] for row in rows] == [5, None, 0, 2]
    who = [("blue", "red")[tenant] for tenant in log.tenants.of(0, 4)]
    assert [row["tenant"] for row in rows] == who


def test_memory_stays_bounded_by_row_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seatrial.load.parquet.GROUP", 10)
    log = filled(35)
    file = ParquetFile(tmp_path / "x.parquet")
    for start in range(0, 35, 5):
        file.add(log, start, start + 5, 0, [0] * 5)
        assert file._count < 10
    file.close()
    found = pq.ParquetFile(file.path)
    assert found.num_row_groups == 4
    np.testing.assert_allclose(found.read()["intended"].to_numpy(), log.intended())
    assert file.rows == 35


def test_the_ledger_keeps_all_that_it_tells(tmp_path: Path) -> None:
    events: list[dict[str, Any]] = []
    keep = ParquetFile(tmp_path / "x.parquet")
    ledger = Ledger("steady", lambda event, **fields: events.append(fields), keep=keep)
    log = filled(7)
    for index in range(7):
        ledger.took(Exchange(index, 1.0 * index, 1.0 * index, 1.0 * index + 1, prompt=index % 3))
    ledger.flush(log, 1)
    ledger.close()
    rows = pq.read_table(keep.path)
    assert rows.num_rows == sum(len(event["intended"]) for event in events) == 7
    assert rows["prompt"].to_pylist() == events[0]["prompt"] == [0, 1, 2, 0, 1, 2, 0]
    assert rows["tenant"].to_pylist() == [None] * 7
    assert "tenant" not in events[0]


def test_a_policy_asks_for_it(tmp_path: Path) -> None:
    asked = TrafficSpec.model_validate({"name": "steady", "parquet": True})
    keep = keeper_of(asked, "steady", tmp_path)
    assert keep is not None
    keep.close()
    assert (tmp_path / "exchanges-steady.parquet").exists()
    assert keeper_of(asked, "steady", None) is None
    assert keeper_of(TrafficSpec.model_validate({"name": "steady"}), "steady", tmp_path) is None


def test_without_pyarrow_the_way_to_get_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError) as found:
        ParquetFile(tmp_path / "x.parquet")
    assert "pip install 'seatrial[load]'" in (found.value.hint or "")


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="cannot be written"):
        ParquetFile(tmp_path / "no" / "x.parquet")


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """No file can grow beyond *size* bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_is_told_and_no_file_claims_to_be_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seatrial.load.parquet.GROUP", 100)
    log = filled(1000)
    file = ParquetFile(tmp_path / "x.parquet")

    def fill() -> None:
        for start in range(0, 1000, 100):
            file.add(log, start, start + 100, 0, [0] * 100)

    with full_disk(2_000), pytest.raises(HarnessError, match="cannot be written") as found:
        fill()
    assert "--out" in (found.value.hint or "")
    file.close()
    assert not file.path.exists()
