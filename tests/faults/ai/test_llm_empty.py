from __future__ import annotations

import pytest

from seatrial.core.exchange import ErrorKind
from tests.faults.ai.observed import ANTHROPIC, OPENAI, observe


@pytest.mark.parametrize("content", ["empty", "null", "missing"])
@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("protocol", [OPENAI, ANTHROPIC])
def test_a_completion_without_text_is_empty(protocol: str, stream: bool, content: str) -> None:
    seen = observe(("llm.empty", {"content": content}), protocol=protocol, stream=stream)
    assert (seen.exchange.status, seen.exchange.error, seen.exchange.text) == (200, ErrorKind.EMPTY, "")
    assert seen.hits == 1


def test_a_tool_call_is_left_alone() -> None:
    seen = observe(("llm.empty", {}), tool=True)
    assert (seen.exchange.ok, seen.hits) == (True, 0)
