from __future__ import annotations

import numpy as np
import pytest

from seatrial.core.block import NO_TOKENS, Block, Collector, exchange_of
from seatrial.core.exchange import ErrorKind, Exchange, Usage
from seatrial.core.log import Log


def exchange(index: int) -> Exchange:
    """One of several kinds: streamed, unstreamed, without an answer."""
    at = 0.1 * index
    if index % 3 == 2:
        return Exchange(index, at, at, at + 0.3, error=ErrorKind.CONNECT, received=7)
    gaps = tuple(0.001 * (step + 1) for step in range(index % 4))
    return Exchange(
        index,
        at,
        at + 0.01,
        at + 0.5,
        first_chunk=at + 0.2,
        gaps=gaps,
        status=200 + index,
        usage=Usage(9, index),
    )


def collected(indices: list[int]) -> Block:
    collector = Collector()
    for index in indices:
        collector.add(exchange(index), late=0.001)
    return Block.from_bytes(collector.take())


def columns(log: Log) -> list[np.ndarray[tuple[int], np.dtype[np.float64]]]:
    gaps = log.mean_gap()
    return [log.intended(), log.lag(), log.duration(), log.ttfc(), gaps, log.status() * 1.0, *log.tokens()]


def test_a_log_of_blocks_is_the_log_of_their_exchanges() -> None:
    one, many = Log(), Log()
    for index in range(60):
        one.append(exchange(index))
    many.extend(collected(list(range(40))))
    many.extend(collected(list(range(40, 60))))
    assert one.errors() == many.errors()
    assert one.chunks().tolist() == many.chunks().tolist()
    for mine, theirs in zip(columns(one), columns(many), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-6)
    assert one.nbytes == many.nbytes


def test_sorting_takes_the_gaps_along() -> None:
    mixed = Block.joined([collected([7, 1, 5]), collected([3, 2])]).sorted("number")
    straight = collected([1, 2, 3, 5, 7])
    assert mixed.rows["number"].tolist() == [1, 2, 3, 5, 7]
    np.testing.assert_allclose(mixed.gaps, straight.gaps)
    head, tail = mixed.split(2)
    assert (len(head), len(tail)) == (2, 3)
    np.testing.assert_allclose(np.concatenate((head.gaps, tail.gaps)), mixed.gaps)
    assert mixed.sorted("number") is mixed


def test_an_empty_block_is_one_too() -> None:
    assert len(Block.joined([])) == 0
    assert len(Block.from_bytes(Collector().take())) == 0


def test_a_block_that_was_cut_is_not_read() -> None:
    collector = Collector()
    collector.add(exchange(3))
    data = collector.take()
    with pytest.raises(ValueError, match=r"buffer is smaller|cut"):
        Block.from_bytes(data[:-4])
    with pytest.raises(ValueError, match=r"buffer is smaller|cut"):
        Block.from_bytes(data[:20])


def test_what_a_target_may_invent_fits() -> None:
    collector = Collector()
    odd = Exchange(0, 0.0, 0.0, 1.0, status=99_999, usage=Usage(-5, 2**40), received=2**40)
    collector.add(odd)
    (row,) = Block.from_bytes(collector.take()).rows
    assert (row["status"], row["input"], row["output"]) == (0, NO_TOKENS, NO_TOKENS)


def test_a_row_gives_its_exchange_back_without_texts() -> None:
    block = collected([5, 3])
    seen = exchange_of(block.rows[1], block.gaps)
    whole = exchange(3)
    assert (seen.index, seen.status, seen.error) == (3, whole.status, None)
    assert seen.duration == pytest.approx(whole.duration, abs=1e-6)
