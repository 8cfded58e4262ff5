from __future__ import annotations

from seatrial.core.exchange import ErrorKind
from tests.faults.ai.observed import observe


def test_a_piece_of_text_comes_twice() -> None:
    seen = observe(("sse.duplicate", {"after_events": 2}))
    assert seen.exchange.text == "Grüße aus Kiel: aus Kiel: 3 € für 日本"
    assert seen.hits == 1


def test_several_pieces_come_several_times() -> None:
    seen = observe(("sse.duplicate", {"after_events": 1, "events": 2, "copies": 2}))
    assert seen.exchange.text == "Grüße " * 3 + "aus Kiel: " * 3 + "3 € für 日本"


def test_the_end_that_comes_twice_is_told() -> None:
    assert observe(("sse.duplicate", {"after_events": 7})).exchange.error is ErrorKind.MALFORMED
