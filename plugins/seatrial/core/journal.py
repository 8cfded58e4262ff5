"""The journal: everything that happened in a run, one JSON object a line, flushed event by event.

The first line carries the schema version. A run that was killed leaves a journal without its ``finish``
event: readable to the last whole line, and certifying nothing. Several processes (pytest-xdist workers)
may append to one journal: each event is one `write` to a file opened with O_APPEND.

Time is told by the caller's clock, so that this room keeps none of its own.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seatrial.core.errors import HarnessError, UsageError

SCHEMA = "seatrial.journal/1"

Event = dict[str, Any]


class JournalWriter:
    """Appends events to a journal.

    Args:
        path: the file; made with its header line where it does not exist yet.
        clock: seconds since the start of the run.
        header: fields of the first line beside the schema (run id, time of creation, version).
        redact: applied to each line before it is written: the last gate before the disk for secrets.
        worker: the pytest-xdist worker that writes, where there is one.

    Raises:
        HarnessError: the file cannot be written (disk full, no permission).
    """

    def __init__(
        self,
        path: Path,
        clock: Callable[[], float],
        header: Event | None = None,
        *,
        redact: Callable[[str], str] = lambda line: line,
        worker: str | None = None,
    ) -> None:
        self.path = path
        self._clock = clock
        self._redact = redact
        self._worker = worker
        self._cut = ""
        try:
            self._fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
            fresh = os.fstat(self._fd).st_size == 0
        except OSError as error:
            raise _unwritable(path, error) from error
        if fresh:
            self.write("journal", schema=SCHEMA, **(header or {}))

    def write(self, event: str, /, **fields: Any) -> None:
        """Write one event whole, or raise; non-finite numbers become null.

        Raises:
            HarnessError: the disk is full or gone. What was written before stays readable: behind an event
                that was cut nothing is written any more, also where there is room again.
        """
        if self._cut:
            raise _unwritable(self.path, OSError(f"an event was cut before: {self._cut}"))
        record: Event = {"event": event, "t": round(self._clock(), 6)}
        if self._worker:
            record["worker"] = self._worker
        record.update(fields)
        try:
            line = json.dumps(record, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        except ValueError:
            line = json.dumps(finite(record), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        data = (self._redact(line) + "\n").encode("utf-8", "backslashreplace")
        try:
            written = os.write(self._fd, data)
        except OSError as error:
            raise _unwritable(self.path, error) from error
        if written != len(data):
            self._cut = self._rest(data[written:])
        if self._cut:
            raise _unwritable(self.path, OSError(f"{self._cut}: the last event was cut"))

    def _rest(self, data: bytes) -> str:
        """Write the rest of an event that was cut; why that cannot be, nothing where it can."""
        try:
            return "" if os.write(self._fd, data) == len(data) else "disk full"
        except OSError as error:
            return error.strerror or str(error)

    def close(self) -> None:
        """Flush to the disk and close; further writes raise."""
        if self._fd >= 0:
            try:
                os.fsync(self._fd)
            finally:
                os.close(self._fd)
                self._fd = -1


@dataclass(frozen=True)
class Journal:
    """A journal that was read.

    Attributes:
        events: all whole events, in order.
        complete: whether the run came to its end; only then can it certify anything.
        torn: whether the last line was cut (the run was killed, or the disk was full).
    """

    path: Path
    events: tuple[Event, ...]
    torn: bool

    @property
    def header(self) -> Event:
        return self.events[0]

    @property
    def complete(self) -> bool:
        return not self.torn and self.events[-1]["event"] == "finish"

    def all(self, event: str) -> Iterator[Event]:
        """Every event of one kind, in order."""
        return (item for item in self.events if item["event"] == event)

    def first(self, event: str) -> Event | None:
        """The first event of one kind, or None."""
        return next(self.all(event), None)

    def last(self, event: str) -> Event | None:
        """The last event of one kind, or None."""
        return next((item for item in reversed(self.events) if item["event"] == event), None)


def read_journal(path: Path) -> Journal:
    """Read a journal, whole or cut.

    Raises:
        UsageError: no such file, not a journal, or one of a schema this version does not know.
    """
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise UsageError(
            f"the journal cannot be read ({error.strerror})",
            where=str(path),
            hint="name a journal.ndjson, or the folder of a run",
        ) from error
    events: list[Event] = []
    torn = bool(text) and not text.endswith("\n")
    lines = text.split("\n")[:-1]
    for number, line in enumerate(lines, 1):
        event = parse_event(line)
        if event is None:
            raise UsageError(
                "this line is not a journal event",
                where=f"{path}:{number}",
                hint="the journal was damaged since it was written: a killed run cuts its last line only",
            )
        events.append(event)
    if not events or events[0].get("event") != "journal":
        raise UsageError(
            "this is not a journal", where=str(path), hint="a journal begins with its schema line"
        )
    if events[0].get("schema") != SCHEMA:
        raise UsageError(
            f"the journal has schema {events[0].get('schema')!r}, this version reads {SCHEMA!r}",
            where=f"{path}:1",
            hint="use the seatrial that wrote it",
        )
    return Journal(path, tuple(events), torn)


def parse_event(line: str) -> Event | None:
    """One line of a journal as an event, or None where it is not one."""
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) and isinstance(event.get("event"), str) else None


def finite(value: Any) -> Any:
    """*value* with every non-finite number replaced by None, since JSON has none."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(item) for item in value]
    return value


def _unwritable(path: Path, error: OSError) -> HarnessError:
    return HarnessError(
        f"the journal cannot be written ({error.strerror or error})",
        where=str(path),
        hint="free some space or choose another folder with --out",
    )
