from __future__ import annotations

import pytest

from tests.faults.ai.observed import ANTHROPIC, OPENAI, TEXT, observe


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("protocol", [OPENAI, ANTHROPIC])
def test_another_model_is_named(protocol: str, stream: bool) -> None:
    seen = observe(("llm.wrong_model", {"served": "tiny"}), protocol=protocol, stream=stream)
    assert (seen.exchange.model, seen.exchange.text, seen.exchange.ok) == ("tiny", TEXT, True)
    assert seen.hits == 1


def test_the_model_that_was_asked_is_no_hit() -> None:
    assert observe(("llm.wrong_model", {"served": "small"})).hits == 0
