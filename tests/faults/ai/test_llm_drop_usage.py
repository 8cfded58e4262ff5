from __future__ import annotations

import pytest

from seatrial.core.exchange import Usage
from tests.faults.ai.observed import ANTHROPIC, OPENAI, TEXT, observe


@pytest.mark.parametrize(("how", "usage"), [("missing", None), ("null", None), ("zero", Usage(0, 0))])
@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("protocol", [OPENAI, ANTHROPIC])
def test_tokens_are_not_told_and_all_else_is(
    protocol: str, stream: bool, how: str, usage: Usage | None
) -> None:
    seen = observe(("llm.drop_usage", {"how": how}), protocol=protocol, stream=stream)
    assert (seen.exchange.text, seen.exchange.ok, seen.exchange.usage) == (TEXT, True, usage)
    assert seen.hits == 1
