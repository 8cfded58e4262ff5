"""Repeated prompts: as slow as fresh ones, faster, faster by chance, and caches that say so."""

from __future__ import annotations

import numpy as np
import pytest

from seatrial.core.exchange import Exchange
from seatrial.core.outcome import Outcome
from seatrial.load.audits.repeats import Faster, first_chunks, judge_repeats, told_hits, whole_answers
from tests.load.audits.answers import BROKEN, answer


def pairs(fresh: Exchange, repeated: Exchange, count: int = 32) -> list[tuple[Exchange, Exchange]]:
    return [(fresh, repeated)] * count


def test_the_same_time_passes() -> None:
    found = judge_repeats(whole_answers(pairs(answer(), answer())), "than fresh ones")
    assert found.outcome is Outcome.PASSED
    assert found.numbers["upper"] < 0.25


def test_answers_from_memory_fail() -> None:
    cached = answer(seconds=0.001, first=0.001, gaps=(0.0,) * 4)
    found = judge_repeats(whole_answers(pairs(answer(), cached)), "than fresh ones")
    assert found.outcome is Outcome.FAILED
    assert "32 of 32" in found.reason


def test_a_shorter_answer_is_no_cache() -> None:
    short = answer(seconds=0.008, gaps=(), tokens=(12, 3))
    assert whole_answers(pairs(answer(), short)).repeated == 0


def test_a_prompt_that_was_read_before_is_no_answer_from_memory() -> None:
    read = answer(seconds=0.009, first=0.0001)
    assert whole_answers(pairs(answer(), read)).repeated == 0
    assert first_chunks(pairs(answer(), read)).repeated == 32


def test_an_answer_in_one_piece_is_measured_whole() -> None:
    fresh, cached = (answer(seconds=seconds, gaps=())._replace(streamed=False) for seconds in (0.02, 0.001))
    assert whole_answers(pairs(fresh, cached)) == (32, 0, 32)


def test_lengths_that_differ_both_ways_prove_nothing() -> None:
    found = judge_repeats(Faster(14, 12, 32), "than fresh ones")
    assert found.outcome is Outcome.INCONCLUSIVE
    assert "the other way" in found.reason


def test_times_of_one_distribution_never_fail() -> None:
    rng = np.random.default_rng(3)
    outcomes = []
    for _ in range(200):
        drawn = [
            (answer(seconds=one, gaps=(one / 5,)), answer(seconds=two, gaps=(two / 5,)))
            for one, two in rng.lognormal(-4, 0.8, (32, 2))
        ]
        outcomes.append(judge_repeats(whole_answers(drawn), "than fresh ones").outcome)
    assert outcomes.count(Outcome.FAILED) <= 10


def test_a_part_of_the_answers_from_memory_fails_too() -> None:
    assert judge_repeats(Faster(16, 0, 32), "than fresh ones").outcome is Outcome.FAILED


def test_failures_are_left_out_and_too_few_prove_nothing() -> None:
    assert whole_answers([(answer(), BROKEN)] * 20 + pairs(answer(), answer(), 15)) == (0, 0, 15)
    assert judge_repeats(Faster(15, 0, 15), "").outcome is Outcome.INCONCLUSIVE


def test_first_chunks_are_looked_at_alone() -> None:
    early = answer(first=0.001)
    assert first_chunks(pairs(answer(), early)) == (32, 0, 32)
    assert whole_answers(pairs(answer(), early)).repeated == 0
    assert first_chunks([(answer(first=float("nan"), gaps=()), early)]).pairs == 0


@pytest.mark.parametrize(
    ("header", "hit"),
    [
        (("x-cache", "HIT"), True),
        (("cf-cache-status", "hit"), True),
        (("x-litellm-cache-hit", "True"), True),
        (("age", "12"), True),
        (("age", "0"), False),
        (("x-cache", "miss"), False),
        (None, False),
    ],
)
def test_headers_of_caches(header: tuple[str, str] | None, hit: bool) -> None:
    hits, told = told_hits([answer(header=header)] * 32)
    found = judge_repeats(whole_answers(pairs(answer(), answer())), "", hits=hits, header=told)
    assert (found.outcome is Outcome.FAILED) == hit
    if header and hit:
        assert f"{header[0]}: {header[1]}" in found.reason
