from __future__ import annotations

from seatrial.chaos.known_attempts import KnownAttempts
from seatrial.faults.recorder import OK, OPEN, Attempt


def attempt(number: int, outcome: str = OK) -> Attempt:
    return Attempt(
        "primary", number, float(number), 0.1, "POST", "/", None, None, None, "00", 1, 200, 1, 0, (), outcome
    )


class Recorder:
    """A flight recorder that remembers how much of it was read."""

    def __init__(self) -> None:
        self.has: list[Attempt] = []
        self.read = 0

    def attempts(self, since: int) -> list[Attempt]:
        found = [each for each in self.has if each.number > since]
        self.read += len(found)
        return found


def numbers(found: list[Attempt]) -> list[int]:
    return [each.number for each in found]


def test_what_is_over_is_read_once() -> None:
    recorder = Recorder()
    known = KnownAttempts(recorder.attempts)
    recorder.has = [attempt(number) for number in range(1, 101)]
    assert numbers(known.above(0)) == list(range(1, 101))
    recorder.has.append(attempt(101))
    assert numbers(known.above(98)) == [99, 100, 101]
    assert numbers(known.above(0)) == list(range(1, 102))
    assert recorder.read == 101


def test_what_was_under_way_is_read_again() -> None:
    recorder = Recorder()
    known = KnownAttempts(recorder.attempts)
    recorder.has = [attempt(1), attempt(2, OPEN), attempt(3)]
    assert [each.outcome for each in known.above(0)] == [OK, OPEN, OK]
    recorder.has = [attempt(1), attempt(2), attempt(3), attempt(4, OPEN)]
    assert [each.outcome for each in known.above(0)] == [OK, OK, OK, OPEN]
    assert [each.outcome for each in known.above(0)] == [OK, OK, OK, OPEN]
    assert recorder.read == 3 + 3 + 1


def test_a_recorder_that_has_nothing() -> None:
    recorder = Recorder()
    known = KnownAttempts(recorder.attempts)
    assert known.above(0) == []
    recorder.has = [attempt(8)]
    assert numbers(known.above(0)) == [8]
    recorder.has = []  # it was cleared; numbers go on
    assert numbers(known.above(8)) == []
