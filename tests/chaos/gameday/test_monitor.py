"""What ends a game day by itself: each stop condition, both ways, and trouble of our own."""

from __future__ import annotations

import pytest

from seatrial.chaos.gameday.abort import Aborted
from seatrial.chaos.gameday.model import StopCondition
from seatrial.chaos.gameday.monitor import Monitor, stops_by
from seatrial.core.errors import HarnessError
from tests.chaos.gameday.acting import Drill
from tests.chaos.gameday.test_pulse import beat
from tests.chaos.signals.test_webhook import post

WAIT = "  signals: [{name: pager, webhook: {}}]\n  steps: [{wait: 1h}]\n"


def stop(**given: object) -> StopCondition:
    return StopCondition.model_validate(given)


def test_a_share_of_failures_needs_enough_requests_of_the_last_while() -> None:
    drill = Drill(WAIT)
    for second in range(30):
        beat(drill.journey.pulse, float(second), good=second < 20)
    condition = stop(error_rate="50%", over="10s", least=8)
    assert stops_by(condition, drill.journey, 15.0) is None
    told = stops_by(condition, drill.journey, 30.0)
    assert told == "100 % of the requests of 10 s failed, 50 % are allowed"
    assert stops_by(stop(error_rate="50%", over="10s", least=20), drill.journey, 30.0) is None
    assert stops_by(stop(error_rate="50%", over="30s", least=8), drill.journey, 30.0) is None
    drill.signals.close()


def test_time_and_signals() -> None:
    with Drill(WAIT) as drill:
        assert stops_by(stop(after="1m"), drill.journey, 59.0) is None
        assert stops_by(stop(after="1m"), drill.journey, 61.0) == "it took longer than 1 min"
        assert stops_by(stop(signal="pager"), drill.journey, 1e9) is None
        post(drill.signals.addresses["pager"], {"alert": "Down"})
        assert stops_by(stop(signal="pager"), drill.journey, 1e9) == "pager is active: Down firing"


def test_a_condition_that_holds_calls_it_off() -> None:
    with Drill(WAIT) as drill:
        monitor = Monitor(drill.journey, [stop(after="100ms")], lambda: None, lambda: None)
        with monitor, pytest.raises(Aborted):
            drill.runner.run()
        assert drill.abort.by == "a stop condition"


def test_trouble_of_our_own_calls_it_off() -> None:
    def broken() -> None:
        raise HarnessError("the traffic broke off")

    with Drill(WAIT) as drill:
        with Monitor(drill.journey, [], broken, lambda: None) as monitor, pytest.raises(Aborted):
            drill.runner.run()
        assert (drill.abort.by, drill.abort.why) == ("the harness", "the traffic broke off")
        assert monitor.trouble is not None


def test_what_hangs_is_told() -> None:
    drill = Drill(WAIT)
    drill.journey.pulse.sent(-5.0)
    told: list[str] = []
    monitor = Monitor(drill.journey, [], lambda: None, lambda: told.append("each"))
    monitor._told_at = -1.0
    monitor._look()
    assert drill.all("waiting")[0]["requests"] == 1
    assert drill.all("waiting")[0]["oldest"] >= 5.0
    assert told == ["each"]
    drill.signals.close()
