"""A write-ahead log: a record is on disk before whoever hands it in goes on."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

Record = dict[str, Any]


class WriteAheadLog:
    """JSON records, one a line, appended with fsync; those that come together share one.

    Args:
        path: the file; it is made where there is none.

    Attributes:
        records: what stood there, in order. A last line that a crash cut short was never acknowledged: it is
            left out, and taken off the file.
        resumed: whether the file was there before.
    """

    def __init__(self, path: Path) -> None:
        self.resumed = path.exists()
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self.records, whole = _read(self._file)
        os.ftruncate(self._file, whole)
        _sync_folder(path.parent)
        self._waiting: list[tuple[bytes, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def append(self, record: Record) -> None:
        """Write *record*; returns when it is on disk.

        Raises:
            OSError: it cannot be kept, for example because the disk is full.
        """
        line = json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((line, written))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_all())
        await asyncio.shield(written)

    async def close(self) -> None:
        """Write what waits and close the file."""
        if self._writing is not None:
            await self._writing
        os.close(self._file)

    async def _write_all(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                await self._write(batch)
        finally:
            self._writing = None

    async def _write(self, batch: list[tuple[bytes, asyncio.Future[None]]]) -> None:
        trouble: OSError | None = None
        try:
            await asyncio.to_thread(self._to_disk, b"".join(line for line, _ in batch))
        except OSError as error:
            trouble = error
        for _, written in batch:
            if written.cancelled():
                continue
            if trouble is None:
                written.set_result(None)
            else:
                written.set_exception(trouble)

    def _to_disk(self, data: bytes) -> None:
        before = os.fstat(self._file).st_size
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(self._file, rest) :]
            os.fsync(self._file)
        except OSError:
            os.ftruncate(self._file, before)  # no half of a record may stay before the next one
            raise


def _read(file: int) -> tuple[list[Record], int]:
    """The records, and the bytes that they take."""
    with os.fdopen(os.dup(file), "rb") as lines:
        lines.seek(0)
        records: list[Record] = []
        whole = 0
        for line in lines:
            record = _record(line)
            if record is None:
                break
            records.append(record)
            whole += len(line)
    return records, whole


def _record(line: bytes) -> Record | None:
    if not line.endswith(b"\n"):
        return None
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None


def _sync_folder(folder: Path) -> None:
    """Make the file's name outlive a crash, too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
