from __future__ import annotations

import pytest

from seatrial.systems.reference.errors import ApiError
from seatrial.systems.reference.ratelimit import RateLimiter


def test_a_burst_is_let_in_then_the_rate() -> None:
    now = [0.0]
    limiter = RateLimiter(2.0, 3, lambda: now[0])
    for _ in range(3):
        limiter.admit("a")
    with pytest.raises(ApiError) as error:
        limiter.admit("a")
    assert error.value.status == 429
    assert int(error.value.headers["retry-after"]) >= 1
    limiter.admit("b")
    now[0] = 0.5
    limiter.admit("a")
    with pytest.raises(ApiError):
        limiter.admit("a")


def test_retry_after_is_long_enough() -> None:
    now = [0.0]
    limiter = RateLimiter(0.3, 1, lambda: now[0])
    limiter.admit("a")
    with pytest.raises(ApiError) as error:
        limiter.admit("a")
    now[0] = float(error.value.headers["retry-after"])
    limiter.admit("a")
