from __future__ import annotations

import random

import pytest

from seatrial.systems.reference.defects import Defects
from seatrial.systems.reference.providers.base import Failure, ProviderError
from seatrial.systems.reference.retry import Backoff
from seatrial.systems.reference.settings import Retry

POLICY = Retry(attempts=6, base=0.1, cap=0.5)
AGAIN = (Failure.UNREACHABLE, Failure.RATE_LIMITED, Failure.SERVER)


def backoff(*defects: str, policy: Retry = POLICY) -> Backoff:
    return Backoff(policy, random.Random(0), Defects(defects))


def failed(failure: Failure = Failure.SERVER, retry_after: float | None = None) -> ProviderError:
    return ProviderError(failure, "cloud", retry_after=retry_after)


def waits(attempt: int, *defects: str) -> list[float]:
    by = backoff(*defects)
    found = [by.before_next(attempt, failed()) for _ in range(300)]
    assert None not in found
    return [wait for wait in found if wait is not None]


@pytest.mark.parametrize(("attempt", "most"), [(1, 0.1), (2, 0.2), (3, 0.4), (4, 0.5), (5, 0.5)])
def test_waits_grow_with_jitter_up_to_the_cap(attempt: int, most: float) -> None:
    found = waits(attempt)
    assert 0.9 * most < max(found) <= most
    assert min(found) < 0.1 * most


def test_attempts_are_bounded() -> None:
    assert backoff().before_next(6, failed()) is None


@pytest.mark.parametrize("failure", Failure)
def test_only_what_was_surely_not_billed_is_repeated(failure: Failure) -> None:
    assert backoff().repeatable(failed(failure)) is (failure in AGAIN)


def test_who_asked_for_patience_is_not_asked_again() -> None:
    error = failed(Failure.RATE_LIMITED, retry_after=0.3)
    assert backoff().patience(error) == 0.3
    assert backoff().before_next(1, error) is None
    assert backoff().patience(failed(Failure.RATE_LIMITED, retry_after=0.0)) is None


def test_the_defects_change_the_waits() -> None:
    assert set(waits(2, "no-jitter")) == {0.2}
    assert set(waits(2, "no-backoff")) == {0.0}
    assert [waits(attempt, "unbounded-backoff")[0] for attempt in (1, 2)] == [3.0, 9.0]


def test_the_defects_change_what_is_repeated() -> None:
    assert backoff("retry-storm").before_next(11, failed()) is not None
    assert backoff("retry-storm").before_next(12, failed()) is None
    assert backoff("retries-400").repeatable(failed(Failure.REFUSED))
    assert backoff("double-billing").repeatable(failed(Failure.CUT))
    assert backoff("double-billing").repeatable(failed(Failure.TIMEOUT))
    assert backoff("ignores-retry-after").repeatable(failed(Failure.RATE_LIMITED, retry_after=9.0))
