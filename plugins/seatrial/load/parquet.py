"""Exchanges as rows of a Parquet file beside the journal, for a notebook.

``pandas.read_parquet("runs/latest/exchanges-steady.parquet")``. Rows are written in groups, so that memory
stays bounded however long a run lasts; the file gets its name when it is whole.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seatrial.core.block import KINDS
from seatrial.core.errors import HarnessError, UsageError
from seatrial.core.log import Log

if TYPE_CHECKING:
    from seatrial.policy.traffic import TrafficSpec

GROUP = 65_536
"""Rows in a group: about 2 MB in memory."""


def keeper_of(spec: TrafficSpec, name: str, folder: Path | None) -> ParquetFile | None:
    """The file for a traffic's exchanges, None where its policy asks for none or there is no folder.

    Raises:
        UsageError: pyarrow is not installed.
    """
    if not spec.parquet or folder is None:
        return None
    return ParquetFile(folder / f"exchanges-{name}.parquet")


class ParquetFile:
    """Takes exchanges of a log (`seatrial.load.ledger.Keep`).

    Args:
        path: the file; until `close` it is called ``….parquet.part``.

    Raises:
        UsageError: pyarrow is not installed.
        HarnessError: the file cannot be written (disk full, no permission).
    """

    def __init__(self, path: Path) -> None:
        try:
            import pyarrow
            import pyarrow.parquet
        except ImportError as error:
            raise UsageError(
                "exchanges are kept as Parquet by pyarrow, which is not installed",
                hint="pip install 'seatrial[load]'",
            ) from error
        self.path = path
        self.rows = 0
        self._arrow: Any = pyarrow
        self._part = path.with_name(f"{path.name}.part")
        self._held: list[Any] = []
        self._count = 0
        self._schema = _schema(pyarrow)
        try:
            self._writer: Any = pyarrow.parquet.ParquetWriter(
                self._part, self._schema, compression="zstd", use_dictionary=["error", "tenant"]
            )
        except OSError as error:
            raise self._unwritable(error) from error

    def add(self, log: Log, start: int, stop: int, segment: int, prompts: Sequence[int]) -> None:
        """Exchanges *start* to *stop* of *log*, sent in the stretch *segment*, counted from 0.

        Args:
            prompts: what each asked, -1 where it was none of the set.

        Raises:
            HarnessError: the file cannot be written.
        """
        self._held.append(self._batch(log, start, stop, segment, np.asarray(prompts, np.int32)))
        self._count += stop - start
        if self._count >= GROUP:
            self._flush()

    def close(self) -> None:
        """Write the rest and the end, and give the file its name; a second call does nothing.

        Raises:
            HarnessError: the file cannot be written.
        """
        writer = self._writer
        if writer is None:
            return
        self._flush()
        self._writer = None
        try:
            writer.close()
            os.replace(self._part, self.path)
        except OSError as error:
            raise self._unwritable(error) from error

    def _flush(self) -> None:
        held, self._held, self._count = self._held, [], 0
        if not held or self._writer is None:
            return
        table = self._arrow.Table.from_batches(held, self._schema)
        try:
            self._writer.write_table(table, row_group_size=GROUP)
        except OSError as error:
            writer, self._writer = self._writer, None
            _drop(writer)
            raise self._unwritable(error) from error
        self.rows += table.num_rows

    def _batch(self, log: Log, start: int, stop: int, segment: int, prompts: NDArray[np.int32]) -> Any:
        arrow, count = self._arrow, stop - start
        given, made = log.tokens(start, stop)
        told = (given > 0) | (made > 0)
        error = arrow.DictionaryArray.from_arrays(
            arrow.array(np.asarray(log.error_codes(start, stop), np.int8) - 1, mask=log.ok(start, stop)),
            [str(kind) for kind in KINDS[1:]],
        )
        columns = {
            "index": np.arange(start, stop, dtype=np.int64),
            "segment": np.full(count, segment, np.int32),
            "intended": log.intended(start, stop),
            "lag": log.lag(start, stop).astype(np.float32),
            "duration": log.duration(start, stop).astype(np.float32),
            "ttfc": _nullable(arrow, log.ttfc(start, stop).astype(np.float32)),
            "chunks": log.chunks(start, stop).astype(np.uint16),
            "status": log.status(start, stop).astype(np.uint16),
            "error": error,
            "input_tokens": arrow.array(np.nan_to_num(given).astype(np.uint32), mask=~told),
            "output_tokens": arrow.array(np.nan_to_num(made).astype(np.uint32), mask=~told),
            "gaps": self._gaps(log, start, stop),
            "prompt": arrow.array(prompts, mask=prompts < 0),
            "tenant": self._tenants(log, start, stop),
        }
        return arrow.record_batch(list(columns.values()), schema=self._schema)

    def _gaps(self, log: Log, start: int, stop: int) -> Any:
        counts = np.maximum(log.chunks(start, stop) - 1, 0)
        offsets = np.concatenate(([0], np.cumsum(counts))).astype(np.int32)
        return self._arrow.ListArray.from_arrays(offsets, log.gaps(start, stop))

    def _tenants(self, log: Log, start: int, stop: int) -> Any:
        """By their names; null where there is only one caller."""
        arrow, tenants = self._arrow, log.tenants
        if tenants is None:
            return arrow.nulls(stop - start, self._schema.field("tenant").type)
        who = arrow.array(tenants.of(start, stop).astype(np.int32))
        return arrow.DictionaryArray.from_arrays(who, list(tenants.names))

    def _unwritable(self, error: OSError) -> HarnessError:
        return HarnessError(
            f"the exchanges cannot be written ({error.strerror or error})",
            where=str(self._part),
            hint="free some space, or choose another folder with --out",
        )


def _schema(arrow: Any) -> Any:
    return arrow.schema(
        [
            ("index", arrow.int64()),
            ("segment", arrow.int32()),
            ("intended", arrow.float64()),
            ("lag", arrow.float32()),
            ("duration", arrow.float32()),
            ("ttfc", arrow.float32()),
            ("chunks", arrow.uint16()),
            ("status", arrow.uint16()),
            ("error", arrow.dictionary(arrow.int8(), arrow.string())),
            ("input_tokens", arrow.uint32()),
            ("output_tokens", arrow.uint32()),
            ("gaps", arrow.list_(arrow.float32())),
            ("prompt", arrow.int32()),
            ("tenant", arrow.dictionary(arrow.int32(), arrow.string())),
        ],
        metadata={"seatrial": "exchanges/1; times in seconds since the start of the traffic"},
    )


def _nullable(arrow: Any, column: Any) -> Any:
    return arrow.array(column, mask=np.isnan(column))


def _drop(writer: Any) -> None:
    """Close a file that could not be written; what it says now was said before."""
    try:
        writer.close()
    except OSError:
        return
