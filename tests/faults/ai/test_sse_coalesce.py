from __future__ import annotations

from tests.faults.ai.observed import TEXT, Seen, observe


def arrivals(seen: Seen) -> int:
    """At how many different times events came."""
    assert seen.exchange.raw is not None
    return len({at for at, _ in seen.exchange.raw.events})


def drip(**attributes: object) -> Seen:
    """A stream with a pause before each event, buffered."""
    slow = ("sse.slow_chunks", {"delay": "5ms"})
    return observe(slow, ("sse.coalesce", attributes))


def test_all_comes_at_once_at_the_end() -> None:
    seen = drip()
    assert (seen.exchange.text, seen.exchange.ok, arrivals(seen)) == (TEXT, True, 1)
    assert [toxic.witness.hits for toxic in seen.toxics] == [1, 1]


def test_it_comes_in_lumps_of_some_events_or_bytes() -> None:
    assert arrivals(drip(events=4)) == 2
    assert arrivals(drip(size="1B")) == 8


def test_without_it_each_comes_alone() -> None:
    assert arrivals(observe(("sse.slow_chunks", {"delay": "5ms"}))) == 8
