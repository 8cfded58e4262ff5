"""The one way out: the first call counts, and every wait ends."""

from __future__ import annotations

import threading

import pytest

from seatrial.chaos.gameday.abort import Abort, Aborted


def test_the_first_call_counts() -> None:
    abort = Abort()
    abort.check()
    assert abort.call("the key q", "enough")
    assert not abort.call("Ctrl-C")
    assert (abort.by, abort.why) == ("the key q", "enough")
    with pytest.raises(Aborted):
        abort.check()


def test_waits_end_at_once() -> None:
    abort = Abort()
    threading.Timer(0.05, abort.call, ("the test",)).start()
    with pytest.raises(Aborted):
        abort.sleep(60)
    with pytest.raises(Aborted):
        abort.wait_for(threading.Event(), 60)


def test_waiting_for_something_else() -> None:
    abort, event = Abort(), threading.Event()
    assert not abort.wait_for(event, 0.01)
    event.set()
    assert abort.wait_for(event, 60)
    abort.sleep(-1)
