"""Exponential backoff with full jitter."""

from __future__ import annotations

import random

from seatrial.systems.reference.settings import Retry


def wait_before(
    attempt: int, policy: Retry, rng: random.Random, *, asked: float | None = None
) -> float | None:
    """Seconds to wait before another attempt; None where there shall be none.

    Args:
        attempt: attempts made so far, from 1.
        asked: what the provider asked for (Retry-After); longer than the cap means: do not wait here.
    """
    if attempt >= policy.attempts:
        return None
    if asked is not None:
        return asked if asked <= policy.cap else None
    return float(rng.uniform(0, min(policy.cap, policy.base * 2 ** (attempt - 1))))
