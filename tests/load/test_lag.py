from __future__ import annotations

import pytest

from seatrial.load.lag import Lag, Punctuality


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


@pytest.mark.parametrize(
    ("found", "limit", "behind"),
    [
        (Punctuality(0, 0.049, 0), 1.0, False),
        (Punctuality(0, 0.051, 0), 1.0, True),
        (Punctuality(0, 0, 0.051), 1.0, True),
        (Punctuality(0, 0.0009, 0), 0.001, False),
        (Punctuality(0, 9, 9), None, False),
    ],
)
def test_a_twentieth_of_the_limit_is_too_late(found: Punctuality, limit: float | None, behind: bool) -> None:
    told = found.behind(limit)
    assert bool(told) is behind
    assert told is None or "fell behind" in told
