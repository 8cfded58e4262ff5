from __future__ import annotations

from seatrial.faults.actions import Pause
from seatrial.faults.ai.sse_slow_chunks import Attributes, SseSlowChunks
from seatrial.faults.message import Request
from tests.faults.ai.observed import TEXT, observe


def test_every_gap_is_long() -> None:
    seen = observe(("sse.slow_chunks", {"delay": "30ms"}))
    assert (seen.exchange.text, seen.exchange.ok, seen.hits) == (TEXT, True, 1)
    assert len(seen.exchange.gaps) == 3
    assert min(seen.exchange.gaps) > 0.015


def test_jitter_is_drawn_from_the_seed() -> None:
    def waits(number: int) -> list[float]:
        fault = SseSlowChunks(
            Attributes.model_validate({"delay": "100ms", "jitter": "100ms", "after_events": 1}),
            Request(number, "POST", "/", ()),
            (7, "p", number),
        )
        found = []
        for _ in range(5):
            items = list(fault.on_event(b"data: x\n\n") or [])
            found += [item.seconds for item in items if isinstance(item, Pause)]
            fault.events += 1
        return found

    assert len(waits(1)) == 4
    assert all(0.1 <= wait <= 0.2 for wait in waits(1))
    assert waits(1) == waits(1) != waits(2)
