"""The schedule that a policy's ``arrivals`` describe."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from seatrial.core.errors import UsageError
from seatrial.load import arrivals
from seatrial.load.arrivals import Profile, Schedule, Trace
from seatrial.load.recording import read_recording
from seatrial.policy.arrivals import ArrivalsSpec

UNBOUNDED = ("constant", "poisson", "gamma", "server")
"""Kinds of one rate throughout: they need no end. MLPerf's server is Poisson arrivals by another name."""


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
        UsageError: numbers that make no schedule, a kind without one, or a trace that cannot be read.
    """
    if not spec.scheduled:
        raise UsageError(
            f"arrivals of kind {spec.kind} keep no schedule: requests leave when others were answered",
            hint="name a traffic with arrivals on schedule, such as poisson, or with none",
        )
    if spec.kind == "trace":
        assert trace is not None
        return Trace(read_recording(trace, spec.unit or "s").times, str(trace), duration)
    return Schedule(_profile(spec, duration), process_of(spec), seed)


def endless(
    spec: ArrivalsSpec, duration: float | None, seed: Sequence[int], trace: Path | None = None
) -> Iterable[float]:
    """Arrivals as `schedule_of` has them that never end: of one rate, or the schedule over and over.

    Raises:
        UsageError: as `schedule_of`.
    """
    if spec.kind in UNBOUNDED:
        return schedule_of(spec, None, seed)
    found = schedule_of(spec, duration, seed, trace)
    length = found.profile.duration if isinstance(found, Schedule) else _length(list(found))
    return _again(found, length)


def _again(schedule: Iterable[float], length: float) -> Iterator[float]:
    for turn in count():
        empty = True
        for time in schedule:
            empty = False
            yield turn * length + time
        if empty:
            return


def _length(times: Sequence[float]) -> float:
    """How long a trace lasts: to its last arrival and a mean gap beyond."""
    return times[-1] * len(times) / (len(times) - 1) if times[-1] > 0 else 1.0


def _profile(spec: ArrivalsSpec, duration: float | None) -> Profile:
    given: Any = spec  # which fields are there was checked with the policy
    if spec.kind in UNBOUNDED:
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


def process_of(spec: ArrivalsSpec) -> arrivals.Process:
    """How arrivals scatter, or think times around their mean."""
    name = spec.kind if spec.kind in UNBOUNDED else spec.process
    if name == "gamma":
        return arrivals.bursty(spec.cv)
    return arrivals.even if name == "constant" else arrivals.poisson
