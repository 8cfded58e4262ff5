from __future__ import annotations

import pytest

from seatrial.core.exchange import ErrorKind
from tests.faults.ai.observed import ANTHROPIC, OPENAI, TEXT, observe


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    ("protocol", "asked", "told"),
    [
        (OPENAI, "length", "length"),
        (OPENAI, "content_filter", "content_filter"),
        (ANTHROPIC, "length", "max_tokens"),
        (ANTHROPIC, "content_filter", "refusal"),
        (ANTHROPIC, "odd", "odd"),
    ],
)
def test_another_reason_is_told(protocol: str, asked: str, told: str, stream: bool) -> None:
    seen = observe(("llm.finish_reason", {"reason": asked}), protocol=protocol, stream=stream)
    assert (seen.exchange.finish_reason, seen.exchange.text, seen.hits) == (told, TEXT, 1)


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("protocol", [OPENAI, ANTHROPIC])
def test_no_reason_means_that_nothing_says_it_is_whole(protocol: str, stream: bool) -> None:
    seen = observe(("llm.finish_reason", {"reason": "none"}), protocol=protocol, stream=stream)
    assert (seen.exchange.finish_reason, seen.exchange.error) == (None, ErrorKind.TRUNCATED)
