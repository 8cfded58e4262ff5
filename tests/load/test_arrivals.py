from __future__ import annotations

import math
from itertools import islice

import numpy as np
import pytest

from seatrial.core.errors import UsageError
from seatrial.load import arrivals
from seatrial.load.arrivals import Profile, Schedule, Trace

PROCESSES = {"poisson": arrivals.poisson, "constant": arrivals.even, "gamma": arrivals.bursty(3.0)}
PROFILES = {
    "constant": Profile.constant(50, 40),
    "ramp": arrivals.ramp(0, 100, 40),
    "steps": arrivals.steps([20, 0, 100], 13),
    "spike": arrivals.spike(20, 200, 10, 5, 40),
    "sinusoid": arrivals.sinusoid(50, 50, 20, 40),
}


def drawn(profile: Profile, process: arrivals.Process, seed: int = 1) -> np.ndarray:
    return np.fromiter(Schedule(profile, process, [seed]), float)


@pytest.mark.parametrize("process", PROCESSES.values(), ids=PROCESSES.keys())
@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES.keys())
def test_any_process_follows_any_profile(profile: Profile, process: arrivals.Process) -> None:
    times = [drawn(profile, process, seed) for seed in range(20)]
    every = np.concatenate(times)
    assert all((np.diff(one) >= 0).all() for one in times)
    assert every.min() >= 0
    assert every.max() < profile.duration
    assert len(every) / 20 == pytest.approx(profile.expected, rel=0.05)
    for edge in (profile.duration / 3, profile.duration * 2 / 3):
        here = float(profile.at(np.array([edge]))[0])
        assert (every < edge).sum() / 20 == pytest.approx(here, rel=0.1, abs=10)


@pytest.mark.parametrize(("process", "cv"), [("poisson", 1.0), ("constant", 0.0), ("gamma", 3.0)])
def test_the_scatter_is_the_processs_own(process: str, cv: float) -> None:
    gaps = np.diff(drawn(Profile.constant(100, 400), PROCESSES[process]))
    assert gaps.std() / gaps.mean() == pytest.approx(cv, rel=0.05, abs=1e-9)


def test_a_seed_reproduces_a_schedule() -> None:
    first, again, other = (drawn(PROFILES["ramp"], arrivals.poisson, seed) for seed in (1, 1, 2))
    assert (first == again).all()
    assert len(first) != len(other) or (first != other).any()


def test_a_schedule_may_be_without_an_end() -> None:
    times = list(islice(Schedule(Profile.constant(10), arrivals.even, [1]), 20_000))
    assert times[-1] == pytest.approx(2000)
    assert math.isinf(Profile.constant(10).expected)


def test_nothing_arrives_in_a_silence() -> None:
    times = drawn(PROFILES["steps"], arrivals.poisson)
    assert not ((times > 13) & (times < 26)).any()


@pytest.mark.parametrize(
    "make",
    [
        lambda: Profile.constant(0),
        lambda: Profile.constant(math.inf),
        lambda: arrivals.ramp(-5, 5, 10),
        lambda: arrivals.steps([], 1),
        lambda: arrivals.steps([0, 0], 1),
        lambda: arrivals.spike(1, 2, 8, 5, 10),
        lambda: arrivals.sinusoid(1, 2, 1, 10),
        lambda: arrivals.bursty(0),
        lambda: Trace([]),
        lambda: Trace([0.0, math.nan]),
    ],
)
def test_what_is_no_schedule_is_refused(make: object) -> None:
    with pytest.raises(UsageError):
        make()  # type: ignore[operator]


def test_a_trace_starts_at_its_first_arrival_and_never_goes_back() -> None:
    assert list(Trace([5.0, 5.5, 7.0])) == [0.0, 0.5, 2.0]
    with pytest.raises(UsageError, match=r"trace.csv: arrival 2 of the trace has a negative time"):
        Trace([0.0, -1.0, 2.0], "trace.csv")
    with pytest.raises(UsageError, match=r"trace.csv: arrival 3 of the trace is before"):
        Trace([1.0, 3.0, 2.0], "trace.csv")
