from __future__ import annotations

import pytest

from seatrial.core.punctuality import Punctuality
from seatrial.load.lag import Lag


def test_a_summary_of_lateness() -> None:
    lag = Lag()
    assert lag.summary() == Punctuality(0.0, 0.0, 0.0)
    for number in range(100):
        lag.departed(number / 1000)
    lag.woke(0.002)
    found = lag.summary()
    assert found.p50 == pytest.approx(0.0495)
    assert found.p99 == pytest.approx(0.098, abs=1e-3)
    assert found.loop_p99 == pytest.approx(0.002)
