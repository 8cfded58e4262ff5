"""Recorded exchanges from a file: a seatrial journal, or JSON lines from anywhere.

A line of JSON holds one exchange: ``duration`` in seconds, and where known ``ttfc`` (seconds to the first
chunk), ``sent`` (seconds since the start), ``status``, ``error``, ``input_tokens``, ``output_tokens`` and
``gaps`` (seconds between chunks).
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from seatrial.core.errors import UsageError
from seatrial.core.exchange import NAN, ErrorKind, Exchange, Usage
from seatrial.core.journal import Journal, read_journal
from seatrial.core.log import Log

_KEYS = frozenset({"duration", "ttfc", "sent", "status", "error", "input_tokens", "output_tokens", "gaps"})


def load_dataset(path: Path) -> Log:
    """The exchanges in *path*, in their order.

    Raises:
        UsageError: it cannot be read, or a line is not an exchange.
    """
    try:
        with path.open(encoding="utf-8") as file:
            first = file.readline()
            rest = file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the recorded exchanges cannot be read ({error})", where=str(path)) from error
    log = Log()
    if '"event":"journal"' in first.replace(" ", ""):
        exchanges = journalled(read_journal(path))
    else:
        exchanges = _of_lines((first + rest).splitlines(), path)
    for exchange in exchanges:
        log.append(exchange)
    return log


def journalled(journal: Journal, traffic: str | None = None) -> Iterator[Exchange]:
    """The exchanges in a journal, of one traffic or of all, without their texts."""
    index = 0
    for event in journal.all("exchanges"):
        if traffic not in (None, event.get("traffic")):
            continue
        for row in range(len(event["intended"])):
            cell = _Cell(event, row)
            yield _exchange(index, cell("intended", 0.0), cell, cell("tokens"))
            index += 1


class _Cell:
    """One row of a journal's columns."""

    def __init__(self, event: dict[str, Any], row: int) -> None:
        self._event, self._row = event, row

    def __call__(self, name: str, default: Any = None) -> Any:
        column = self._event.get(name)
        value = column[self._row] if column else None
        return default if value is None else value


def _of_lines(lines: list[str], path: Path) -> Iterator[Exchange]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        try:
            fields = json.loads(line)
        except ValueError as error:
            raise UsageError(f"this line is not JSON ({error})", where=where) from error
        if not isinstance(fields, dict) or not set(fields) <= _KEYS or "duration" not in fields:
            raise UsageError(
                "this is not a recorded exchange",
                where=where,
                hint=f"an object with duration, of {sorted(_KEYS)}",
            )
        tokens = (fields.get("input_tokens") or 0, fields.get("output_tokens") or 0)
        try:
            yield _exchange(number - 1, fields.get("sent") or 0.0, _Field(fields), tokens)
        except (TypeError, ValueError) as error:
            raise UsageError(f"this is not a recorded exchange ({error})", where=where) from error


class _Field:
    """One line of JSON."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self._fields = fields

    def __call__(self, name: str, default: Any = None) -> Any:
        value = self._fields.get(name)
        return default if value is None else value


def _exchange(index: int, sent: float, cell: Callable[..., Any], tokens: Any) -> Exchange:
    duration = float(cell("duration", NAN))
    if not duration >= 0 and not math.isnan(duration):
        raise ValueError("a duration below zero")
    error, gap = cell("error"), cell("gap")
    gaps = cell("gaps", ()) if gap is None else [gap] * (cell("chunks", 1) - 1)
    return Exchange(
        index,
        float(sent),
        float(sent) + float(cell("lag", 0.0)),
        float(sent) + duration,
        first_chunk=float(sent) + float(cell("ttfc", NAN)),
        gaps=tuple(map(float, gaps)),
        status=int(cell("status", 0 if error else 200)),
        error=ErrorKind(error) if error else None,
        usage=Usage(int(tokens[0]), int(tokens[1])) if tokens else None,
        prompt=int(cell("prompt", -1)),
    )
