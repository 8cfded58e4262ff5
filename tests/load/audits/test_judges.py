"""The judges of answers alone and under load: each passes the honest and fails what it is for."""

from __future__ import annotations

import pytest

from seatrial.core.exchange import Exchange
from seatrial.core.finding import Finding
from seatrial.core.outcome import Outcome
from seatrial.load.audits.client import judge_client
from seatrial.load.audits.flow import judge_flow
from seatrial.load.audits.lengths import judge_lengths
from seatrial.load.audits.quality import agreement, judge_quality
from seatrial.load.audits.strangers import asking, canaries, judge_strangers
from seatrial.load.audits.tokens import judge_tokens
from tests.load.audits.answers import BROKEN, answer

N = 64
TEXTS = [f"Berth {number} is free on Thursday and costs {number} euros a night." for number in range(N)]
ALONE = [answer(text, tokens=(12, 14)) for text in TEXTS]


def same(**changes: object) -> list[Exchange]:
    return [exchange._replace(**changes) for exchange in ALONE]  # type: ignore[arg-type]


def cut() -> list[Exchange]:
    return [exchange._replace(text=exchange.text[:30]) for exchange in ALONE]


def worse() -> list[Exchange]:
    return [exchange._replace(text=exchange.text[::-1]) for exchange in ALONE]


def counted(factor: float) -> list[Exchange]:
    return [answer(text, tokens=(12, round(14 * factor))) for text in TEXTS]


@pytest.mark.parametrize(
    ("found", "outcome"),
    [
        (judge_lengths(ALONE, ALONE), Outcome.PASSED),
        (judge_lengths(ALONE, cut()), Outcome.FAILED),
        (judge_lengths(cut(), ALONE), Outcome.FAILED),
        (judge_lengths(ALONE, [BROKEN] * N), Outcome.INCONCLUSIVE),
        (judge_tokens(ALONE, ALONE, 64), Outcome.PASSED),
        (judge_tokens(ALONE, counted(1.5), 64), Outcome.FAILED),
        (judge_tokens(ALONE, counted(0.5), 64), Outcome.FAILED),
        (judge_tokens(ALONE, same(usage=None)), Outcome.NOT_APPLICABLE),
        (judge_tokens([BROKEN] * N, [BROKEN] * N), Outcome.INCONCLUSIVE),
        (judge_quality(ALONE, ALONE[:32], ALONE), Outcome.PASSED),
        (judge_quality(ALONE, ALONE[:32], worse()), Outcome.FAILED),
        (judge_quality(ALONE, worse()[:32], ALONE), Outcome.NOT_APPLICABLE),
        (judge_quality(ALONE, ALONE[:8], ALONE), Outcome.INCONCLUSIVE),
        (judge_quality(ALONE, ALONE[:32], [BROKEN] * N), Outcome.INCONCLUSIVE),
        (judge_flow(ALONE, ALONE), Outcome.PASSED),
        (judge_flow(ALONE, same(gaps=(0.0,) * 4)), Outcome.FAILED),
        (judge_flow(ALONE, same(gaps=())), Outcome.FAILED),
        (judge_flow(ALONE, same(gaps=(0.0,) * 4), [0.05] * 30), Outcome.INCONCLUSIVE),
        (judge_flow(ALONE, same(gaps=(0.02,) * 4)), Outcome.PASSED),
        (judge_flow(same(streamed=False), same(streamed=False)), Outcome.NOT_APPLICABLE),
        (judge_flow(same(gaps=(1e-5,) * 4), ALONE), Outcome.INCONCLUSIVE),
        (judge_client(ALONE, [0.0] * 60), Outcome.PASSED),
        (judge_client(ALONE, [0.01] * 60), Outcome.INCONCLUSIVE),
        (judge_client(ALONE, [0.0] * 5), Outcome.INCONCLUSIVE),
        (judge_client([BROKEN], [0.0] * 60), Outcome.INCONCLUSIVE),
    ],
)
def test_outcomes(found: Finding, outcome: Outcome) -> None:
    assert found.outcome is outcome, found
    assert found.reason


@pytest.mark.parametrize(
    ("lie", "told"),
    [
        (answer("Yes.", tokens=(12, 30)), "30 tokens are told for an answer of 4 bytes"),
        (answer(tokens=(12, 1)), "1 tokens are told for an answer of 5 chunks"),
        (answer("word " * 60, tokens=(12, 99)), "at most 64"),
        (answer(tokens=(13, 11)), "the same prompt counts 12 tokens alone and 13 under load"),
    ],
)
def test_a_single_impossible_count_fails(lie: Exchange, told: str) -> None:
    found = judge_tokens(ALONE, [*ALONE[:-1], lie], 64)
    assert found.outcome is Outcome.FAILED
    assert told in found.reason


def test_agreement_is_between_nothing_and_all() -> None:
    assert agreement("a b c", "a b c") == 1.0
    assert agreement("a b c", "x y z") == 0.0
    assert 0.6 < agreement("the crane is free today", "the crane is busy today") < 0.9


def test_canaries_are_unlike_and_reproducible() -> None:
    names = canaries(200, 7)
    assert len(set(names)) == 200 == len(names)
    assert names == canaries(200, 7) != canaries(200, 8)
    assert not any(one != other and one.lower() in other.lower() for one in names for other in names)
    alike = {text.replace(name, "") for name, text in zip(names, asking(names), strict=True)}
    assert len(alike) < len(names) / 3, "several differ in the name alone"


def greeted(names: list[str]) -> list[Exchange]:
    return [answer(f"{name}, the watch begins at four.") for name in names]


def test_everybody_gets_an_answer_of_their_own() -> None:
    names = canaries(96, 1)
    found = judge_strangers(names, greeted(names))
    assert found.outcome is Outcome.PASSED
    assert found.numbers == {"echoed": 96}


def test_one_answer_of_another_one_fails() -> None:
    names = canaries(96, 1)
    answers = greeted(names)
    answers[40] = answers[3]
    found = judge_strangers(names, answers)
    assert (found.outcome, found.bad) == (Outcome.FAILED, 1)
    assert f"{names[3]} was told to {names[40]}" in found.reason


def test_silence_about_canaries_proves_nothing() -> None:
    names = canaries(96, 1)
    assert judge_strangers(names, [answer()] * 96).outcome is Outcome.INCONCLUSIVE
    assert judge_strangers(names, [BROKEN] * 96).outcome is Outcome.INCONCLUSIVE
