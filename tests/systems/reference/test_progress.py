from __future__ import annotations

from seatrial.systems.reference.progress import Progress


def test_work_that_stands_still_is_stuck_and_idle_time_is_not() -> None:
    now = [0.0]
    progress = Progress(3.0, lambda: now[0])
    now[0] = 100.0
    assert progress.stuck is False
    progress.begin()
    assert progress.stuck is False
    now[0] = 102.0
    progress.moved()
    now[0] = 104.9
    assert progress.stuck is False
    now[0] = 105.1
    assert progress.stuck is True
    progress.end()
    assert progress.stuck is False
