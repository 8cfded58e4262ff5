from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from itertools import count

import pytest

from seatrial.load.lag import Lag
from seatrial.load.open_loop import OpenLoop
from seatrial.load.pacer import Pacer, ThreadPacer, TimerfdPacer, make_pacer
from seatrial.targets.client import clock
from seatrial.targets.target import new_event_loop


class Asked:
    """Answers every request after a while, however many wait; stops after *most*."""

    def __init__(self, most: int = 10**9, takes: float = 0.0) -> None:
        self.most, self.takes = most, takes
        self.intended: list[float] = []
        self.at: list[float] = []
        self.answered = 0

    def going(self) -> bool:
        return len(self.intended) < self.most

    def ask(self, intended: float | None, then: Callable[[], None]) -> None:
        assert intended is not None
        self.intended.append(intended)
        self.at.append(clock())

        def answer() -> None:
            self.answered += 1
            then()

        asyncio.get_running_loop().call_later(self.takes, answer)


def run(loop: OpenLoop, *sources: Asked) -> None:
    async def both() -> None:
        for source in sources:
            await loop.run(source)

    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(both())


def test_requests_leave_on_schedule_however_slow_the_answers() -> None:
    lag = Lag()
    schedule = [0.002 * number for number in range(50)]
    source = Asked(takes=0.3)
    run(OpenLoop(schedule, lag.departed), source)
    assert source.answered == 50
    gaps = [later - sooner for sooner, later in zip(source.intended, source.intended[1:], strict=False)]
    assert gaps == pytest.approx([0.002] * 49)
    assert source.at[-1] - source.at[0] < 0.3, "none waited for an answer"
    assert all(at >= intended for at, intended in zip(source.at, source.intended, strict=True))
    assert lag.summary().p50 > 0


def test_the_schedule_stands_still_between_segments() -> None:
    loop = OpenLoop(0.01 * number for number in range(10))
    first, second = Asked(most=4), Asked()
    run(loop, first, second)
    assert (len(first.intended), len(second.intended)) == (4, 6)
    assert loop.exhausted


def test_an_endless_schedule_ends_with_its_source() -> None:
    loop = OpenLoop(0.001 * number for number in count())
    source = Asked(most=25)
    run(loop, source)
    assert source.answered == 25
    assert not loop.exhausted


def test_an_empty_schedule_is_over_at_once() -> None:
    source = Asked()
    run(OpenLoop([]), source)
    assert source.answered == 0


def test_a_source_that_stops_in_a_silence_is_noticed() -> None:
    class Tired(Asked):
        def going(self) -> bool:
            return clock() - began < 0.1

    began = clock()
    source = Tired()
    run(OpenLoop([0.0, 3600.0]), source)
    assert source.answered == 1


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(
            TimerfdPacer, marks=pytest.mark.skipif(sys.platform != "linux", reason="timerfd is Linux's own")
        ),
        ThreadPacer,
        make_pacer,
    ],
)
def test_a_pacer_calls_back_in_time_and_never_early(make: Callable[..., Pacer]) -> None:
    async def paced() -> list[tuple[float, float]]:
        seen: list[tuple[float, float]] = []
        over = asyncio.get_running_loop().create_future()
        wanted = [clock() + 0.003 * (number + 1) for number in range(10)]

        def due() -> None:
            seen.append((wanted[len(seen)], clock()))
            if len(seen) == len(wanted):
                over.set_result(None)
            else:
                pacer.arm(wanted[len(seen)])

        pacer = make(asyncio.get_running_loop(), due)
        pacer.arm(wanted[0])
        await over
        pacer.close()
        pacer.close()
        return seen

    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        seen = runner.run(paced())
    assert len(seen) == 10
    assert all(at >= when - 1e-6 for when, at in seen)
