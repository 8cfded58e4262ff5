"""Server-sent events to the letter of the standard, wherever the reads cut them."""

from __future__ import annotations

import pytest

from seatrial.targets.sse import EventTooLarge, SSEParser


def parse(*reads: bytes) -> list[tuple[str, str]]:
    parser = SSEParser()
    return [event for read in reads for event in parser.feed(read)]


def cut_everywhere(stream: bytes) -> list[tuple[str, str]]:
    """The stream's events, checked to be the same whichever byte the reads are cut at."""
    whole = parse(stream)
    assert parse(*(stream[at : at + 1] for at in range(len(stream)))) == whole
    for at in range(len(stream) + 1):
        assert parse(stream[:at], stream[at:]) == whole, at
    return whole


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b"data: x\n\n", [("message", "x")]),
        (b"data:x\n\n", [("message", "x")]),
        (b"data:  x\n\n", [("message", " x")]),
        (b"data: a\ndata: b\n\n", [("message", "a\nb")]),
        (b"data: a\r\ndata: b\r\n\r\n", [("message", "a\nb")]),
        (b"data: a\rdata: b\r\r", [("message", "a\nb")]),
        (b"data: a\n\ndata: b\r\n\r\ndata: c\r\rdata: d\n\n", [("message", each) for each in "abcd"]),
        (b"data: a\r\r\ndata: b\n\n", [("message", "a"), ("message", "b")]),
        (b"data\n\n", [("message", "")]),
        (b"data:\n\n", [("message", "")]),
        (b"data\ndata\n\n", [("message", "\n")]),
        (b"\n\n\ndata: x\n\n\n\n", [("message", "x")]),
        (b": a comment\n\ndata: x\n\n", [("message", "x")]),
        (b": keep-alive\ndata: x\n: another\ndata: y\n\n", [("message", "x\ny")]),
        (b"event: error\ndata: x\n\ndata: y\n\n", [("error", "x"), ("message", "y")]),
        (b"event: lost\n\ndata: y\n\n", [("message", "y")]),
        (b"data: y\nevent: late\n\n", [("late", "y")]),
        (b"Data: no\ndatax: no\nunknown: no\n\n", []),
        (b" data: no\n\n", []),
        (b"data: cut off", []),
        (b"data: cut off\n", []),
        (b"\xef\xbb\xbfdata: x\n\n", [("message", "x")]),
        (b"\xef\xbb\xbf\xef\xbb\xbfdata: x\n\ndata: y\n\n", [("message", "y")]),
        ("data: ünï→🙂\n\n".encode(), [("message", "ünï→🙂")]),
        (b"data: bad \xff byte\n\n", [("message", "bad � byte")]),
        (b"data: a:b: c\n\n", [("message", "a:b: c")]),
        (b"", []),
    ],
)
def test_every_cut_gives_the_same_events(stream: bytes, events: list[tuple[str, str]]) -> None:
    assert cut_everywhere(stream) == events


def test_a_crlf_cut_in_two_is_one_line_end() -> None:
    assert parse(b"data: a\r", b"\ndata: b\r", b"\n\r", b"\n") == [("message", "a\nb")]


def test_an_event_ended_by_cr_is_there_at_once() -> None:
    assert SSEParser().feed(b"data: a\r\r") == [("message", "a")]


def test_the_id_stays_and_one_with_nul_is_passed_over() -> None:
    parser = SSEParser()
    parser.feed(b"id: 7\ndata: a\n\nid: 8\x009\ndata: b\n\n")
    assert parser.last_event_id == "7"
    parser.feed(b"id\n\n")
    assert parser.last_event_id == ""


@pytest.mark.parametrize(
    ("value", "retry"), [(b"1500", 1500), (b"15s", None), (b"-1", None), ("٣".encode(), None)]
)
def test_retry_takes_ascii_digits_only(value: bytes, retry: int | None) -> None:
    parser = SSEParser()
    parser.feed(b"retry: " + value + b"\n\n")
    assert parser.retry == retry


def test_partial_tells_whether_something_would_be_lost() -> None:
    parser = SSEParser()
    parser.feed(b"data: x\n\n")
    assert not parser.partial
    parser.feed(b"data: y\n")
    assert parser.partial


@pytest.mark.parametrize("read", [b"x" * 100, b"data: 89012345678901\n" * 5, b"data: \xc3\xa4" * 14])
def test_an_event_without_end_is_refused(read: bytes) -> None:
    parser = SSEParser(max_event=1000)
    while parser._held + parser._size <= 1000 - len(read):
        parser.feed(read)
    with pytest.raises(EventTooLarge, match="1000 characters"):
        parser.feed(read * 2)


def test_many_events_and_comments_are_no_large_event() -> None:
    parser = SSEParser(max_event=1000)
    total = sum(len(parser.feed(b"data: 0123456789\n\n: a comment between\n\n")) for _ in range(1000))
    assert total == 1000


def test_a_long_event_in_small_reads_is_whole() -> None:
    """Each read is looked at once: quadratic work here would take minutes."""
    parser = SSEParser()
    events = [event for _ in range(60_000) for event in parser.feed(b"0123456789")]
    assert events == []
    assert parser.feed(b"\n\n") == []
    parser = SSEParser()
    parser.feed(b"data: ")
    for _ in range(60_000):
        parser.feed(b"0123456789")
    assert parser.feed(b"\n\n") == [("message", "0123456789" * 60_000)]


def test_many_lines_in_one_event_are_read_in_one_pass() -> None:
    parser = SSEParser()
    parser.feed(b"data: first\n")
    (event,) = parser.feed(b"data: x\n" * 100_000 + b"\n")
    assert event[1].count("x") == 100_000
