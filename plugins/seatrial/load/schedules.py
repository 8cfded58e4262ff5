"""The schedule that a policy's ``arrivals`` describe."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from seatrial.core.errors import UsageError
from seatrial.load import arrivals
from seatrial.load.arrivals import Profile, Schedule, Trace
from seatrial.policy.arrivals import ArrivalsSpec

_COLUMNS = ("time", "timestamp", "arrival", "arrival_time", "t")


def schedule_of(
    spec: ArrivalsSpec, duration: float | None, seed: Sequence[int], trace: Path | None = None
) -> Iterable[float]:
    """Arrival times as *spec* says.

    Args:
        spec: the policy's.
        duration: seconds; None for arrivals without an end, where the kind allows.
        seed: reproduces them.
        trace: the file of recorded arrivals.

    Raises:
        UsageError: numbers that make no schedule, or a trace that cannot be read.
    """
    if spec.kind == "trace":
        assert trace is not None
        return Trace(read_trace(trace), str(trace))
    return Schedule(_profile(spec, duration), _process(spec), seed)


def _profile(spec: ArrivalsSpec, duration: float | None) -> Profile:
    given: Any = spec  # which fields are there was checked with the policy
    if spec.kind in ("constant", "poisson", "gamma"):
        return Profile.constant(given.rate, math.inf if duration is None else duration)
    if spec.kind == "steps":
        return arrivals.steps(given.rates, given.each)
    if duration is None:
        raise UsageError(f"arrivals of kind {spec.kind} need a duration", hint="name it beside arrivals")
    if spec.kind == "ramp":
        return arrivals.ramp(given.start, given.rate, duration)
    if spec.kind == "spike":
        return arrivals.spike(given.rate, given.peak, given.at, given.lasting, duration)
    return arrivals.sinusoid(given.rate, given.amplitude, given.period, duration)


def _process(spec: ArrivalsSpec) -> arrivals.Process:
    name = spec.kind if spec.kind in ("constant", "poisson", "gamma") else spec.process
    if name == "gamma":
        return arrivals.bursty(spec.cv)
    return arrivals.even if name == "constant" else arrivals.poisson


def read_trace(path: Path) -> list[float]:
    """Arrival times from a CSV with a header, or from JSON lines.

    Args:
        path: a file with a column ``time`` (or timestamp, arrival, t), in seconds.

    Raises:
        UsageError: it cannot be read, has no such column, or a value is no number.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the trace cannot be read ({error})", where=str(path)) from error
    rows: Iterable[Any]
    if text.lstrip().startswith("{"):
        rows = (
            _parsed(line, path, number) for number, line in enumerate(text.splitlines(), 1) if line.strip()
        )
    else:
        rows = csv.DictReader(text.splitlines())
    return [_time(row, path, number) for number, row in enumerate(rows, 1)]


def _parsed(line: str, path: Path, number: int) -> Any:
    try:
        return json.loads(line)
    except ValueError as error:
        raise UsageError(f"this line is not JSON ({error})", where=f"{path}:{number}") from error


def _time(row: Any, path: Path, number: int) -> float:
    named = {str(key).strip().lower(): value for key, value in row.items()} if isinstance(row, dict) else {}
    column = next((name for name in _COLUMNS if name in named), None)
    if column is None:
        raise UsageError(
            "this arrival has no time",
            where=f"{path}:{number}",
            hint=f"a column called {', '.join(_COLUMNS)}",
        )
    try:
        return float(named[column])
    except (TypeError, ValueError) as error:
        raise UsageError(f"{named[column]!r} is no time in seconds", where=f"{path}:{number}") from error
