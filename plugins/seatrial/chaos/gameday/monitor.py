"""A look at everything a few times a second: what must end the game day, and what the screen has to tell."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from seatrial.chaos.gameday.journey import Journey
from seatrial.chaos.gameday.model import StopCondition
from seatrial.core.errors import SeatrialError
from seatrial.core.units import format_duration, format_share

POLL = 0.1  # seconds between two looks
_TOLD_EVERY = 0.5  # seconds between two words about what is under way
_WORTH_TELLING = 1.0  # seconds that a request has been under way


class Monitor:
    """Runs in a thread of its own from the first step to the last.

    Args:
        journey: what is under way.
        stops: what ends the game day.
        check: raises where our own machinery broke, the traffic for example.
        each: called with every look: who else has something to tell.
    """

    def __init__(
        self,
        journey: Journey,
        stops: Sequence[StopCondition],
        check: Callable[[], None],
        each: Callable[[], None],
    ) -> None:
        self._journey = journey
        self._stops = stops
        self._check = check
        self._each = each
        self._end = threading.Event()
        self._told_at = 0.0
        self._thread = threading.Thread(target=self._watch, name="gameday-monitor", daemon=True)
        self.trouble: SeatrialError | None = None

    def __enter__(self) -> Monitor:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._end.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._end.wait(POLL):
            try:
                self._look()
            except SeatrialError as error:
                self.trouble = error
                self._journey.abort.call("the harness", error.what)
                return

    def _look(self) -> None:
        self._check()
        now = self._journey.clock()
        for stop in self._stops:
            why = stops_by(stop, self._journey, now)
            if why is not None:
                self._journey.abort.call("a stop condition", why)
        if now - self._told_at >= _TOLD_EVERY:
            self._told_at = now
            number, oldest = self._journey.pulse.waiting(now)
            if oldest >= _WORTH_TELLING:
                self._journey.record("waiting", requests=number, oldest=round(oldest, 3))
            self._each()


def stops_by(stop: StopCondition, journey: Journey, now: float) -> str | None:
    """Why a stop condition holds, None where it does not."""
    if stop.after is not None:
        return f"it took longer than {format_duration(stop.after)}" if now > stop.after else None
    if stop.signal is not None:
        state = journey.signals.state(stop.signal)
        return f"{stop.signal} is active: {state.told}" if state.at(now) else None
    assert stop.error_rate is not None
    seen = journey.pulse.recent(now - stop.over, now)
    if seen.ended < stop.least or seen.failed <= stop.error_rate * seen.ended:
        return None
    share = format_share(seen.failed / seen.ended)
    allowed = format_share(stop.error_rate)
    return f"{share} of the requests of {format_duration(stop.over)} failed, {allowed} are allowed"
