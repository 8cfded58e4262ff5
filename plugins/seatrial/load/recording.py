"""Recorded traffic read from a file: when each request came, and what else is known of it.

Read are the columns of the public traces too, by their own names: TIMESTAMP, ContextTokens and
GeneratedTokens of Azure's LLM inference traces (https://github.com/Azure/AzurePublicDataset), Timestamp,
Request tokens and Response tokens of BurstGPT (https://github.com/HPMLL/BurstGPT), and timestamp,
input_length, output_length and hash_ids of Mooncake's (https://github.com/kvcache-ai/Mooncake), whose times
are milliseconds.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from seatrial.core.errors import UsageError

COLUMNS: dict[str, tuple[str, ...]] = {
    "time": ("time", "timestamp", "arrival", "arrival_time", "t"),
    "input": ("input_tokens", "prompt_tokens", "context_tokens", "request_tokens", "input_length"),
    "output": ("output_tokens", "completion_tokens", "generated_tokens", "response_tokens", "output_length"),
    "session": ("session", "session_id", "conversation", "conversation_id"),
    "turn": ("turn",),
    "hashes": ("hash_ids",),
}
"""The names that each column may have; upper case, blanks, dashes and underscores make no difference."""
_WORDS = {"time": "time", "input": "input tokens", "output": "output tokens", "turn": "turn"}
_MOST = 10_000_000  # tokens; more than any model reads
_SCALES = {"s": 1.0, "ms": 1e-3}


class _Row(NamedTuple):
    """One line of the file, by the names of our own."""

    line: int
    values: Mapping[str, Any]


@dataclass
class Recording:
    """Requests that were recorded, in the order in which they came; one entry each in every column.

    Attributes:
        file: where they come from.
        digest: ``sha256:…`` of it.
        times: seconds, ascending.
        inputs, outputs: tokens; None where the file tells none.
        sessions: the conversation that a request is part of, by a number from 0; -1 for none.
        hashes: what stands for each block of the prompt: where two prompts begin with the same ones, they
            have the same beginning. None where the file tells none.
    """

    file: Path
    digest: str
    times: array[float] = field(default_factory=lambda: array("d"))
    inputs: array[int] | None = None
    outputs: array[int] | None = None
    sessions: array[int] | None = None
    hashes: list[array[int]] | None = None

    def __len__(self) -> int:
        return len(self.times)

    @property
    def scripted(self) -> bool:
        """Whether more is known than when requests came."""
        return any(each is not None for each in (self.inputs, self.outputs, self.sessions, self.hashes))

    @property
    def conversations(self) -> int:
        """How many sessions there are."""
        return 0 if self.sessions is None else max(self.sessions, default=-1) + 1

    @property
    def rate(self) -> float | None:
        """Mean requests a second, None where they all come at once."""
        span = self.times[-1] - self.times[0]
        return (len(self) - 1) / span if span > 0 else None


def read_recording(path: Path, unit: str = "s") -> Recording:
    """Read recorded requests from a CSV with a header, or from JSON lines.

    Args:
        path: the file; `COLUMNS` says what it may hold.
        unit: ``s`` or ``ms``, of times that are numbers; a date with a time needs none.

    Raises:
        UsageError: it cannot be read, or a line is not what it should be: file and line are told.
    """
    try:
        state = path.stat()
        return _read(path, unit, state.st_mtime_ns, state.st_size)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the trace cannot be read ({error})", where=str(path)) from error


@lru_cache(4)
def _read(path: Path, unit: str, _changed: int, _size: int) -> Recording:
    """A file that has not changed is read once: its schedule and its texts are made of the same rows."""
    data = path.read_bytes()
    text = data.decode("utf-8-sig")
    rows = _json_rows(text, path) if text.lstrip().startswith("{") else _csv_rows(text, path)
    found = _Reader(path, _SCALES[unit]).read(rows, f"sha256:{hashlib.sha256(data).hexdigest()}")
    if not found.times:
        raise UsageError("a trace needs arrivals, and there is none", where=str(path))
    return found


def _plain(name: Any) -> str:
    return "".join(letter for letter in str(name).strip().lower() if letter not in " _-")


def _named(names: Iterable[Any]) -> dict[str, Any]:
    """Which of *names* is which column of ours."""
    known = {_plain(name): name for name in names}
    return {
        column: next(known[_plain(name)] for name in spelt if _plain(name) in known)
        for column, spelt in COLUMNS.items()
        if any(_plain(name) in known for name in spelt)
    }


def _csv_rows(text: str, path: Path) -> Iterator[_Row]:
    reader = csv.reader(io.StringIO(text, newline=""))
    names = next(reader, [])
    places = {column: names.index(name) for column, name in _named(names).items()}
    for cells in reader:
        if not cells:
            continue
        if len(cells) != len(names):
            what = f"this line has {len(cells)} values, the header names {len(names)}"
            raise UsageError(what, where=f"{path}:{reader.line_num}")
        yield _Row(reader.line_num, {column: cells[place].strip() for column, place in places.items()})


def _json_rows(text: str, path: Path) -> Iterator[_Row]:
    known: dict[tuple[str, ...], dict[str, Any]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise UsageError(f"this line is not JSON ({error})", where=f"{path}:{number}") from error
        if not isinstance(row, dict):
            raise UsageError("an arrival is a JSON object", where=f"{path}:{number}")
        names = known.get(tuple(row))
        if names is None:
            names = known[tuple(row)] = _named(row)
        yield _Row(number, {column: row[name] for column, name in names.items()})


class _Reader:
    """Makes columns of rows, and says what is wrong with which."""

    def __init__(self, path: Path, scale: float) -> None:
        self._path = path
        self._scale = scale
        self._names: dict[str, int] = {}  # of sessions
        self._turns: dict[str, int] = {}  # the latest of each session
        self._hashes: dict[Any, int] = {}

    def _wrong(self, row: _Row, what: str, hint: str | None = None) -> UsageError:
        return UsageError(what, where=f"{self._path}:{row.line}", hint=hint)

    def read(self, rows: Iterable[_Row], digest: str) -> Recording:
        found = Recording(self._path, digest)
        for row in rows:
            if not found.times:
                self._open(found, row)
            self._append(found, row)
        return found

    def _open(self, found: Recording, first: _Row) -> None:
        """The first row says which columns there are."""
        if "turn" in first.values and "session" not in first.values:
            raise self._wrong(first, "a turn belongs to a session, and there is no column session")
        if "hashes" in first.values and "session" in first.values:
            what = "a trace has sessions or hash ids, not both: each says what a prompt begins with"
            raise self._wrong(first, what, "leave one of the two columns out")
        found.inputs = array("l") if "input" in first.values else None
        found.outputs = array("l") if "output" in first.values else None
        found.sessions = array("l") if "session" in first.values else None
        found.hashes = [] if "hashes" in first.values else None

    def _append(self, found: Recording, row: _Row) -> None:
        found.times.append(self._time(row, found.times[-1] if found.times else -math.inf))
        if found.inputs is not None:
            found.inputs.append(self._count(row, "input"))
        if found.outputs is not None:
            found.outputs.append(self._count(row, "output"))
        if found.sessions is not None:
            found.sessions.append(self._session(row))
        if found.hashes is not None:
            found.hashes.append(self._ids(row))

    def _time(self, row: _Row, before: float) -> float:
        value = row.values.get("time")
        if value in (None, ""):
            hint = f"a column called {', '.join(COLUMNS['time'])}"
            raise self._wrong(row, "this arrival has no time", hint)
        time = self._seconds(row, value)
        if not math.isfinite(time):
            raise self._wrong(row, f"{value!r} is no time: it must be a finite number")
        if time < 0:
            raise self._wrong(row, f"this arrival has a negative time, {value!r}")
        if time < before:
            raise self._wrong(row, "this arrival is before the one above it", "sort the trace by its times")
        return time

    def _seconds(self, row: _Row, value: Any) -> float:
        try:
            return float(value) * self._scale
        except (TypeError, ValueError):
            pass
        try:
            when = datetime.fromisoformat(str(value))
        except ValueError:
            hint = "a number, or a date with a time such as 2026-11-20 14:02:33.5"
            raise self._wrong(row, f"{value!r} is no time", hint) from None
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()

    def _count(self, row: _Row, column: str) -> int:
        value, word = row.values.get(column), _WORDS[column]
        if value in (None, ""):
            raise self._wrong(row, f"this arrival has no {word}, and others have")
        try:
            number = float(value)
            count = int(number)
        except (TypeError, ValueError, OverflowError):
            raise self._wrong(row, f"{value!r} is no number of {word}") from None
        if number != count or not 0 <= count <= _MOST:
            raise self._wrong(row, f"{value!r} is no number of {word}", f"a whole one from 0 to {_MOST:,}")
        return count

    def _session(self, row: _Row) -> int:
        value = row.values.get("session")
        if value in (None, ""):
            return -1
        name = str(value)
        if "turn" in row.values:
            turn = self._count(row, "turn")
            due = self._turns.get(name, turn - 1) + 1
            if turn != due:
                what = f"turn {turn} of session {name!r} stands where turn {due} should"
                raise self._wrong(row, what, "turns of a session follow each other without a gap")
            self._turns[name] = turn
        return self._names.setdefault(name, len(self._names))

    def _ids(self, row: _Row) -> array[int]:
        value = row.values.get("hashes")
        if isinstance(value, str):  # in a CSV
            value = value.strip("[] ").replace(",", " ").split()
        if not isinstance(value, list) or not all(isinstance(each, (int, str)) for each in value):
            raise self._wrong(row, f"{value!r} is no list of hash ids", "such as [46, 47, 2353]")
        return array("l", (self._hashes.setdefault(str(each), len(self._hashes)) for each in value))
