from __future__ import annotations

import pytest

from seatrial.core.exchange import ErrorKind
from tests.faults.ai.observed import ANTHROPIC, OPENAI, TEXT, observe


@pytest.mark.parametrize("protocol", [OPENAI, ANTHROPIC])
def test_a_stream_without_its_last_word_is_truncated(protocol: str) -> None:
    seen = observe(("sse.drop_done", {}), protocol=protocol)
    assert (seen.exchange.error, seen.exchange.text, seen.hits) == (ErrorKind.TRUNCATED, TEXT, 1)


def test_an_answer_that_is_no_stream_is_not_hit() -> None:
    assert observe(("sse.drop_done", {}), stream=False).hits == 0
