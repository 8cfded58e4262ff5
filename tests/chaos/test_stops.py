from __future__ import annotations

import pytest

from seatrial.chaos.plan import Stop
from seatrial.chaos.stops import stopped_by
from seatrial.core.exchange import ErrorKind, Exchange
from seatrial.core.log import Log
from seatrial.core.objective import Objective

STOP = Stop(Objective(indicator="availability", target="50%"), 10)


@pytest.mark.parametrize(
    ("outcomes", "stops"),
    [("1" * 10, False), ("0" * 9, False), ("1" * 90 + "0" * 6, True), ("01" * 5, False)],
)
def test_the_latest_requests_decide(outcomes: str, stops: bool) -> None:
    log = Log()
    for outcome in outcomes:
        error = None if outcome == "1" else ErrorKind.RESET
        log.append(Exchange(len(log), 0.0, 0.0, 0.1, status=200, error=error))
    told = stopped_by([STOP], log)
    assert (told is not None) is stops
    if stops:
        assert told is not None
        assert told.startswith("stop condition: 40 % of the last 10 requests were good")
