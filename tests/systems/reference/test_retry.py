from __future__ import annotations

import random

from seatrial.systems.reference.retry import wait_before
from seatrial.systems.reference.settings import Retry

POLICY = Retry(attempts=6, base=0.1, cap=0.5)


def test_waits_grow_with_jitter_up_to_the_cap() -> None:
    rng = random.Random(0)
    for attempt, most in ((1, 0.1), (2, 0.2), (3, 0.4), (4, 0.5), (5, 0.5)):
        waits = [wait_before(attempt, POLICY, rng) or 0.0 for _ in range(300)]
        assert 0.9 * most < max(waits) <= most
        assert min(waits) < 0.1 * most


def test_attempts_are_bounded() -> None:
    assert wait_before(6, POLICY, random.Random(0)) is None


def test_a_wait_that_was_asked_for_is_kept_or_the_attempt_given_up() -> None:
    assert wait_before(1, POLICY, random.Random(0), asked=0.3) == 0.3
    assert wait_before(1, POLICY, random.Random(0), asked=30) is None
