"""Tests of cutting streams of events apart as bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.faults.events import EventCounter, EventSplitter

STREAMS = [
    (b"data: a\n\ndata: b\n\n", [b"data: a\n\n", b"data: b\n\n"], b""),
    (b"data: a\r\n\r\ndata: b\r\n\r\n", [b"data: a\r\n\r\n", b"data: b\r\n\r\n"], b""),
    (b"data: a\r\rdata: b\r\rx", [b"data: a\r\r", b"data: b\r\r"], b"x"),
    (b"data: a\ndata: b\n\nrest", [b"data: a\ndata: b\n\n"], b"rest"),
    (b": ping\n\n", [b": ping\n\n"], b""),
    (b"", [], b""),
]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 1000])
@pytest.mark.parametrize(("stream", "events", "rest"), STREAMS)
def test_events_are_found_however_they_come(
    stream: bytes, events: list[bytes], rest: bytes, size: int
) -> None:
    splitter, counter = EventSplitter(), EventCounter()
    found = []
    for start in range(0, len(stream), size):
        piece = stream[start : start + size]
        found += splitter.feed(piece)
        counter.feed(piece)
    assert found == events
    assert splitter.rest == rest
    assert counter.count == len(events)


@given(st.lists(st.sampled_from([b"data: x", b"\n", b"\n\n", b"y"]), max_size=20), st.integers(1, 7))
def test_no_byte_is_lost_and_the_counter_agrees(parts: list[bytes], size: int) -> None:
    stream = b"".join(parts)
    splitter, counter = EventSplitter(), EventCounter()
    whole = EventSplitter()
    expected = whole.feed(stream)
    found = []
    for start in range(0, len(stream), size):
        found += splitter.feed(stream[start : start + size])
        counter.feed(stream[start : start + size])
    assert b"".join(found) + splitter.rest == stream
    assert (found, splitter.rest) == (expected, whole.rest)
    assert counter.count == len(found)
