"""Exponential backoff with full jitter, for failures after which the same provider may be asked again."""

from __future__ import annotations

import random

from seatrial.systems.reference.defects import HEALTHY, Defects
from seatrial.systems.reference.providers.base import Failure, ProviderError
from seatrial.systems.reference.settings import Retry

SAFE = frozenset((Failure.UNREACHABLE, Failure.RATE_LIMITED, Failure.SERVER))
"""The provider surely did not generate (and bill): it said no, or was never reached."""
STORM = 12
"""Attempts of the defect retry-storm."""
UNBOUNDED = 3.0
"""First wait, and the factor from one to the next, of the defect unbounded-backoff."""


class Backoff:
    """Whether and when the same provider is asked again.

    Args:
        policy: attempts, base and cap.
        rng: draws the jitter.
    """

    def __init__(self, policy: Retry, rng: random.Random, defects: Defects = HEALTHY) -> None:
        self._policy = policy
        self._rng = rng
        self._defects = defects

    def before_next(self, attempt: int, error: ProviderError) -> float | None:
        """Seconds to wait before another attempt at the same provider; None where there shall be none.

        Args:
            attempt: attempts made so far, from 1.
            error: how the last one failed.
        """
        most = STORM if self._defects.on("retry-storm") else self._policy.attempts
        if attempt >= most or not self.repeatable(error):
            return None
        return self._wait(attempt)

    def patience(self, error: ProviderError) -> float | None:
        """Seconds for which the provider asked to be left alone by everybody, None where it did not."""
        return None if self._defects.on("ignores-retry-after") else error.retry_after or None

    def repeatable(self, error: ProviderError) -> bool:
        """Whether the same provider may be asked again.

        What may have been generated is not repeated: it would be billed twice. Nor is a provider bothered
        that asked for patience.
        """
        if self.patience(error) is not None:
            return False
        if error.failure is Failure.REFUSED:
            return self._defects.on("retries-400")
        if error.failure in (Failure.CUT, Failure.TIMEOUT) and self._defects.on("double-billing"):
            return True
        return error.failure in SAFE

    def _wait(self, attempt: int) -> float:
        if self._defects.on("no-backoff"):
            return 0.0
        if self._defects.on("unbounded-backoff"):
            return UNBOUNDED**attempt
        most = min(self._policy.cap, self._policy.base * 2 ** (attempt - 1))
        return most if self._defects.on("no-jitter") else float(self._rng.uniform(0, most))
