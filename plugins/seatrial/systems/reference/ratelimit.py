"""A token bucket for each caller."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from math import ceil

from seatrial.systems.reference.errors import ApiError

MAX_CALLERS = 10_000


class RateLimiter:
    """Lets each caller send `burst` requests at once and `rate` a second after that.

    Args:
        rate: requests a second.
        burst: requests at once.
        clock: monotonic seconds.
    """

    def __init__(self, rate: float, burst: int, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._burst = float(burst)
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def admit(self, caller: str) -> None:
        """Count one request.

        Raises:
            ApiError: 429 with Retry-After, when the bucket is empty.
        """
        now = self._clock()
        level, since = self._buckets.get(caller, (self._burst, now))
        level = min(self._burst, level + (now - since) * self._rate)
        if level < 1:
            wait = (1 - level) / self._rate
            raise ApiError(
                429,
                "Rate limit reached. Please try again later.",
                kind="requests",
                code="rate_limit_exceeded",
                headers={"retry-after": str(max(1, ceil(wait)))},
            )
        self._buckets[caller] = (level - 1, now)
        self._buckets.move_to_end(caller)
        if len(self._buckets) > MAX_CALLERS:
            self._buckets.popitem(last=False)
