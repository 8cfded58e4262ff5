from __future__ import annotations

import pytest

from seatrial.core.exchange import ErrorKind
from tests.faults.ai.observed import ANTHROPIC, OPENAI, observe


@pytest.mark.parametrize("then", ["end", "close", "continue"])
@pytest.mark.parametrize(("protocol", "after"), [(OPENAI, 3), (ANTHROPIC, 4)])
def test_an_error_comes_after_good_text(protocol: str, after: int, then: str) -> None:
    fault = ("sse.error_event", {"after_events": after, "message": "we are full", "then": then})
    seen = observe(fault, protocol=protocol)
    assert (seen.exchange.status, seen.exchange.error) == (200, ErrorKind.STREAM_ERROR)
    assert "we are full" in seen.exchange.detail
    assert seen.exchange.text.startswith("Grüße aus Kiel: ")
    assert seen.hits == 1


def test_its_type_is_that_of_the_status() -> None:
    seen = observe(("sse.error_event", {"status": 529}), protocol=ANTHROPIC)
    assert seen.exchange.raw is not None
    assert b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error"' in seen.exchange.raw.body


def test_a_stream_that_is_over_before_is_not_hit() -> None:
    assert observe(("sse.error_event", {"after_events": 99})).hits == 0
