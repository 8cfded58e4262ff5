"""When requests should leave: arrival times drawn in advance from a seed.

Every schedule is a profile (how the rate changes) and a process (how arrivals scatter around it). A renewal
process of rate 1 (exponential gaps: Poisson; equal gaps: constant; gamma gaps: bursty) is stretched by the
inverse of the profile's cumulative rate (time rescaling: Cox & Isham 1980, Point Processes, 4.2), so that any
process can follow any profile, and the same seed gives the same arrivals.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seatrial.core.errors import UsageError

Floats = NDArray[np.float64]
_GRID = 4096  # points on which a profile's cumulative rate is tabulated, linear between them
_CHUNK = 8192  # arrivals drawn at a time


@dataclass(frozen=True)
class Profile:
    """How the rate changes over time.

    Attributes:
        duration: seconds; infinity for a profile without an end.
        times, cumulative: arrivals expected up to each time, on a grid, linear in between; a profile
            without an end has one rate.
    """

    duration: float
    times: Floats
    cumulative: Floats

    @classmethod
    def of(cls, rate: Callable[[Floats], Floats], duration: float) -> Profile:
        """The profile of a rate function (per second), integrated by the trapezium rule.

        Raises:
            UsageError: the rate is negative or not finite somewhere, or zero everywhere.
        """
        times = np.linspace(0.0, duration, _GRID)
        rates = np.asarray(rate(times), dtype=np.float64)
        if not np.isfinite(rates).all() or (rates < 0).any() or not (rates > 0).any():
            raise UsageError("a rate of arrivals must be finite, never negative, and somewhere above zero")
        steps = np.diff(times) * (rates[1:] + rates[:-1]) / 2
        return cls(duration, times, np.concatenate(([0.0], np.cumsum(steps))))

    @classmethod
    def constant(cls, rate: float, duration: float = math.inf) -> Profile:
        """*rate* per second throughout.

        Raises:
            UsageError: the rate is not above zero.
        """
        if not 0 < rate < math.inf:
            raise UsageError(f"a rate of arrivals must be above zero, not {rate!r}")
        last = 1.0 if math.isinf(duration) else duration
        return cls(duration, np.array([0.0, last]), np.array([0.0, rate * last]))

    @property
    def expected(self) -> float:
        """Arrivals expected in all."""
        return math.inf if math.isinf(self.duration) else float(self.at(np.array([self.duration]))[0])

    def at(self, times: Floats) -> Floats:
        """Arrivals expected up to each of *times*."""
        if math.isinf(self.duration):
            return np.asarray(times * self.cumulative[-1] / self.times[-1])
        return np.interp(times, self.times, self.cumulative)

    def when(self, counts: Floats) -> Floats:
        """The times at which so many arrivals are expected; infinity where there are never so many."""
        if math.isinf(self.duration):
            return np.asarray(counts * self.times[-1] / self.cumulative[-1])
        # Where the rate is zero the cumulative rate stands still: interp then takes the end of the silence.
        return np.interp(counts, self.cumulative, self.times, right=math.inf)


def ramp(start: float, end: float, duration: float) -> Profile:
    """From *start* to *end* per second, evenly over *duration* seconds."""
    return Profile.of(lambda t: start + (end - start) * t / duration, duration)


def steps(rates: Sequence[float], each: float) -> Profile:
    """One rate after the other, *each* seconds long."""
    if not rates or any(not 0 <= rate < math.inf for rate in rates) or not any(rates):
        raise UsageError("steps need rates that are finite, never negative, and somewhere above zero")
    times = each * np.arange(len(rates) + 1, dtype=np.float64)
    return Profile(float(times[-1]), times, np.concatenate(([0.0], np.cumsum(np.asarray(rates) * each))))


def spike(base: float, peak: float, at: float, lasting: float, duration: float) -> Profile:
    """*base* per second, and *peak* per second from *at* for *lasting* seconds."""
    if not 0 <= at < at + lasting <= duration:
        raise UsageError("a spike must begin and end within the duration of its traffic")
    times = np.array([0.0, at, at + lasting, duration])
    rates = np.array([base, peak, base])
    cumulative = np.concatenate(([0.0], np.cumsum(np.diff(times) * rates)))
    kept = np.concatenate(([True], np.diff(times) > 0))
    return Profile(duration, times[kept], cumulative[kept])


def sinusoid(mean: float, amplitude: float, period: float, duration: float) -> Profile:
    """*mean* per second, swinging by *amplitude* with *period* seconds: a day in short."""
    if amplitude > mean:
        raise UsageError("the amplitude of a sinusoid cannot exceed its mean: a rate is never negative")
    return Profile.of(lambda t: mean + amplitude * np.sin(2 * np.pi * t / period), duration)


Process = Callable[[np.random.Generator, int], Floats]


def poisson(random: np.random.Generator, size: int) -> Floats:
    """Gaps of a Poisson process of rate 1: arrivals that know nothing of each other."""
    return random.standard_exponential(size)


def even(random: np.random.Generator, size: int) -> Floats:
    """Equal gaps of 1."""
    return np.ones(size)


def bursty(cv: float) -> Process:
    """Gamma gaps of mean 1 with coefficient of variation *cv*; above 1 arrivals come in bursts.

    Raises:
        UsageError: *cv* is not above zero.
    """
    if not 0 < cv < math.inf:
        raise UsageError(f"a coefficient of variation must be above zero, not {cv!r}")
    shape = 1.0 / cv**2
    return lambda random, size: random.gamma(shape, 1.0 / shape, size)


class Schedule:
    """Arrival times, in order; drawn in chunks, so that a schedule without an end costs no memory.

    Args:
        profile: how the rate changes.
        process: how arrivals scatter.
        seed: reproduces them.
    """

    def __init__(self, profile: Profile, process: Process, seed: Sequence[int]) -> None:
        self.profile = profile
        self._process = process
        self._seed = list(seed)

    def __iter__(self) -> Iterator[float]:
        """Seconds since the start, one arrival after the other."""
        random = np.random.default_rng(self._seed)
        count = 0.0
        while True:
            counts = count + np.cumsum(self._process(random, _CHUNK))
            count = float(counts[-1])
            for time in self.profile.when(counts).tolist():
                if time >= self.profile.duration:
                    return
                yield time


class Trace:
    """Arrivals that were recorded: given times instead of drawn ones.

    Args:
        times: seconds, ascending; the first becomes 0.
        where: the file they come from, for errors.
        duration: seconds after which no more of them are replayed.

    Raises:
        UsageError: no times, times that are not finite or negative, or going backwards.
    """

    def __init__(
        self, times: Sequence[float], where: str | None = None, duration: float | None = None
    ) -> None:
        array = np.asarray(times, dtype=np.float64)
        if array.size == 0 or not np.isfinite(array).all():
            raise UsageError("a trace needs arrival times that are finite numbers", where=where)
        if (array < 0).any():
            line = int(np.argmax(array < 0)) + 1
            raise UsageError(f"arrival {line} of the trace has a negative time", where=where)
        if (np.diff(array) < 0).any():
            line = int(np.argmax(np.diff(array) < 0)) + 2
            raise UsageError(f"arrival {line} of the trace is before the one above it", where=where)
        array = array - array[0]
        self._times = array if duration is None else array[array < duration]

    def __iter__(self) -> Iterator[float]:
        """Seconds since the first arrival."""
        return iter(self._times.tolist())
