from __future__ import annotations

import pytest

from seatrial.core.exchange import ErrorKind
from seatrial.targets.config import Timeouts
from tests.faults.ai.observed import TEXT, observe


@pytest.mark.parametrize("before", ["event", "head"])
def test_the_first_chunk_is_late_and_the_rest_is_not(before: str) -> None:
    seen = observe(("sse.slow_first_chunk", {"delay": "300ms", "before": before}))
    exchange = seen.exchange
    assert (exchange.text, exchange.ok, seen.hits) == (TEXT, True, 1)
    assert exchange.time_to_first_chunk >= 0.3
    assert (exchange.first_byte - exchange.sent >= 0.3) == (before == "head")


@pytest.mark.parametrize(
    ("before", "error"), [("event", ErrorKind.TIMEOUT_IDLE), ("head", ErrorKind.TIMEOUT_FIRST_BYTE)]
)
def test_who_does_not_wait_so_long_says_what_it_waited_for(before: str, error: ErrorKind) -> None:
    seen = observe(
        ("sse.slow_first_chunk", {"delay": "30s", "before": before}), timeouts=Timeouts(2, 0.15, 0.15, 5)
    )
    assert seen.exchange.error is error


def test_an_answer_that_is_no_stream_is_not_hit() -> None:
    assert observe(("sse.slow_first_chunk", {"delay": "30s", "before": "head"}), stream=False).hits == 0
