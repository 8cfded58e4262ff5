from __future__ import annotations

import math

import numpy as np
import pytest

from seatrial.core.block import Block, Collector
from seatrial.core.exchange import ErrorKind, Exchange, Usage
from seatrial.core.log import Log


def answered(index: int, *, gaps: tuple[float, ...] = (0.01, 0.03), **changes: object) -> Exchange:
    exchange = Exchange(
        index,
        1.0 + index,
        1.001 + index,
        1.5 + index,
        first_chunk=1.2 + index,
        gaps=gaps,
        status=200,
        usage=Usage(9, 4),
    )
    return exchange._replace(**changes)  # type: ignore[arg-type]


def test_columns_give_back_what_was_put_in() -> None:
    log = Log()
    log.append(answered(0))
    log.append(Exchange(1, 2.0, 2.0, 2.25, error=ErrorKind.RESET))
    log.append(answered(2, status=503, error=ErrorKind.HTTP_STATUS, gaps=()))
    assert len(log) == 3
    np.testing.assert_allclose(log.intended(), [1, 2, 3])
    np.testing.assert_allclose(log.lag(), [0.001, 0, 0.001], atol=1e-6)
    np.testing.assert_allclose(log.duration(), [0.5, 0.25, 0.5], atol=1e-6)
    np.testing.assert_allclose(log.ttfc(), [0.2, math.nan, 0.2], atol=1e-6)
    assert log.status().tolist() == [200, 0, 503]
    assert log.errors() == [None, ErrorKind.RESET, ErrorKind.HTTP_STATUS]
    assert log.ok().tolist() == [True, False, False]
    assert log.chunks().tolist() == [3, 0, 1]
    np.testing.assert_allclose(log.mean_gap(), [0.02, math.nan, math.nan], atol=1e-6)
    np.testing.assert_allclose(log.tokens(0, 1), [[9], [4]])


def test_slices_agree_with_the_whole() -> None:
    log = Log()
    for index in range(20):
        log.append(answered(index, gaps=tuple(0.001 * (index + step) for step in range(index))))
    np.testing.assert_allclose(log.mean_gap(5, 15), log.mean_gap()[5:15])
    np.testing.assert_allclose(log.duration(5, 15), log.duration()[5:15])
    assert log.ok(5, 15).tolist() == log.ok()[5:15].tolist()


def test_an_exchange_takes_24_bytes_and_a_gap_4() -> None:
    log = Log()
    for index in range(1000):
        log.append(answered(index))
    assert log.nbytes <= 1000 * (24 + 2 * 4)


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("block", [False, True])
def test_counts_of_tokens_that_two_bytes_cannot_hold(number: int, block: bool) -> None:
    log, many = Log(), Collector()
    counts = [9, 65_535, 65_536, 1_000_000, -3, 2**70, 7]
    for index, count in enumerate(counts):
        exchange = answered(index, usage=Usage(*((count, 4) if number == 0 else (4, count))))
        many.add(exchange)
        log.append(exchange)
    if block:
        log = Log()
        log.extend(Block.from_bytes(many.take()))
    assert log.tokens()[number].tolist() == [9, 65_535, 65_536, 1_000_000, 0, 0, 7]
    assert set(log.tokens()[1 - number].tolist()) <= {0, 4}


def test_more_kinds_of_status_than_the_column_has_room_for() -> None:
    log = Log()
    for status in range(400):
        log.append(answered(status, status=status))
    assert log.status(0, 256).tolist() == list(range(256))
    assert set(log.status(256).tolist()) == {0}


def test_a_log_can_grow_while_a_column_is_looked_at() -> None:
    log = Log()
    log.append(answered(0))
    column = log.duration()
    log.append(answered(1))
    assert len(column) == 1
