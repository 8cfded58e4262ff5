"""Reads what a system holds: memory and open files of its process, and figures that it tells about itself."""

from __future__ import annotations

import math
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from seatrial.core.errors import UsageError
from seatrial.faults.process.proc import Process, tree
from seatrial.faults.process.watchdog import started

_SAMPLE = re.compile(r"^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+\S+)?$")
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')


class Reading(NamedTuple):
    """What was read at one moment.

    Attributes:
        figures: by name; NaN where it could not be read.
        process: the process by its id and its start, None where none is known.
    """

    figures: dict[str, float]
    process: str | None = None


class ProcessWatch:
    """Memory and open files of a process and all below it.

    Args:
        pid: the process, or the file that tells it; the file is read anew each time.

    Raises:
        UsageError: not on Linux, no such process, or its files may not be looked at.
    """

    names: tuple[str, ...] = ("memory", "files")

    def __init__(self, pid: int | Path) -> None:
        if not sys.platform.startswith("linux"):
            raise UsageError("a process can be watched on Linux only", hint="name gauges instead")
        self._pid = pid
        reading = self.read()
        if reading.process is None:
            raise UsageError(
                f"there is no process {pid} to watch", hint="name the one that serves, by pid or pidfile"
            )
        if math.isnan(reading.figures["files"]):
            raise UsageError(f"the open files of process {pid} may not be looked at", hint="run as its user")

    def read(self) -> Reading:
        """What it holds now."""
        pid = self._current()
        start = started(pid) if pid else None
        if pid is None or start is None:
            return Reading({"memory": math.nan, "files": math.nan})
        family = tree(pid)
        memory = float(sum(process.resident for process in family))
        return Reading({"memory": memory or math.nan, "files": _files(family)}, f"{pid}/{start}")

    def _current(self) -> int | None:
        if isinstance(self._pid, int):
            return self._pid
        try:
            return int(self._pid.read_text("utf-8").strip())
        except (OSError, ValueError):
            return None


def _files(family: Sequence[Process]) -> float:
    count = 0
    for process in family:
        with suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
            try:
                count += len(os.listdir(f"/proc/{process.pid}/fd"))
            except PermissionError:
                return math.nan
    return float(count)


class PageWatch:
    """Figures on a page in Prometheus' text format.

    Args:
        fetch: the page's text, None where it cannot be had.
        wanted: for each figure its metric and the labels that a sample must have.
    """

    def __init__(
        self, fetch: Callable[[], str | None], wanted: Mapping[str, tuple[str, Mapping[str, str]]]
    ) -> None:
        self._fetch = fetch
        self._wanted = dict(wanted)
        self.names = tuple(wanted)

    def read(self) -> Reading:
        """What the page tells now."""
        page = self._fetch()
        if page is None:
            return Reading(dict.fromkeys(self.names, math.nan))
        return Reading({name: sample_of(page, *wanted) for name, wanted in self._wanted.items()})


def sample_of(page: str, metric: str, labels: Mapping[str, str]) -> float:
    """The sum of the samples of *metric* that have *labels*; NaN where there is none.

    Args:
        page: Prometheus' text exposition format.
    """
    found = []
    for line in page.splitlines():
        match = _SAMPLE.match(line)
        if match is None or match[1] != metric:
            continue
        told = dict(_LABEL.findall(match[2] or ""))
        if all(told.get(name) == value for name, value in labels.items()):
            with suppress(ValueError):
                found.append(float(match[3]))
    return math.fsum(found) if found else math.nan
