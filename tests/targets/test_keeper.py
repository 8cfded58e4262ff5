"""The wire view of an answer, for the checks that ask for it."""

from __future__ import annotations

from seatrial.targets.keeper import Keeper

SSE = [(b"Content-Type", b"text/event-stream"), (b"Set-Cookie", b"a"), (b"set-cookie", b"b")]


def test_bytes_headers_and_event_times_are_kept() -> None:
    keeper = Keeper(1000)
    keeper.feed(b"data: a\n\ndata: b\n", 11.0)
    keeper.feed(b"\n", 12.5)
    raw = keeper.raw(SSE, 10.0)
    assert raw.headers == (("content-type", "text/event-stream"), ("set-cookie", "a"), ("set-cookie", "b"))
    assert raw.header("Set-Cookie") == "a"
    assert raw.body == b"data: a\n\ndata: b\n\n"
    assert raw.events == ((1.0, "a"), (2.5, "b"))


def test_only_a_stream_of_events_has_events() -> None:
    keeper = Keeper(1000)
    keeper.feed(b"data: a\n\n", 11.0)
    assert keeper.raw([(b"content-type", b"text/plain")], 10.0).events == ()


def test_an_event_too_large_ends_the_events_and_not_the_bytes() -> None:
    keeper = Keeper(10)
    keeper.feed(b"data: a\n\n" + b"x" * 50, 1.0)
    keeper.feed(b"\n\ndata: b\n\n", 2.0)
    assert len(keeper.raw(SSE, 0.0).body) == 70
