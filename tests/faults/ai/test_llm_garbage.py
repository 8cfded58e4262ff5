from __future__ import annotations

import pytest

from tests.faults.ai.observed import ANTHROPIC, OPENAI, TEXT, observe


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("protocol", [OPENAI, ANTHROPIC])
def test_the_text_is_the_same_over_and_over_and_as_long_as_before(protocol: str, stream: bool) -> None:
    seen = observe(("llm.garbage", {}), protocol=protocol, stream=stream)
    assert (seen.exchange.text, seen.exchange.ok, seen.hits) == ("!" * len(TEXT), True, 1)


def test_it_begins_after_good_text() -> None:
    seen = observe(("llm.garbage", {"after_chars": 9, "token": "ab"}))
    assert seen.exchange.text[:12] == TEXT[:9] + "aba"
    assert len(seen.exchange.text) == len(TEXT)


def test_random_letters_come_from_the_seed() -> None:
    one, two = (observe(("llm.garbage", {"how": "random"}), requests=2).texts for _ in range(2))
    assert one == two
    assert one[0] != one[1]
    assert len(one[0]) == len(TEXT)
