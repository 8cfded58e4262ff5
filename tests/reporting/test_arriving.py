"""How requests arrived, in words."""

from __future__ import annotations

from typing import Any

import pytest

from seatrial.reporting import arriving


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({"concurrency": 8, "arrivals": None, "connections": 8}, "8 at a time"),
        (
            {
                "concurrency": None,
                "connections": 32,
                "arrivals": {"kind": "server", "told": "MLPerf's server"},
            },
            "MLPerf's server over 32 connections",
        ),
        (
            {"concurrency": 3, "connections": 3, "arrivals": {"kind": "closed", "told": "3 users who think"}},
            "3 users who think",
        ),
        (
            {
                "arrivals": {"kind": "trace", "told": "arrivals of the trace a.csv"},
                "trace": {"sessions": 2, "input_tokens": 1200.5, "output_tokens": 44},
            },
            "arrivals of the trace a.csv (2 sessions, 1,200 input tokens on average, estimated, "
            "44 output tokens asked for)",
        ),
        ({"arrivals": {"kind": "trace", "told": "a trace"}, "trace": {"sessions": 0}}, "a trace"),
        ({"arrivals": {"kind": "trace"}, "trace": "strange", "connections": "many"}, "trace arrivals"),
        ({}, ""),
    ],
)
def test_about(event: dict[str, Any], words: str) -> None:
    assert arriving.about(event) == words


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (None, ""),
        ({"turns": 0}, ""),
        ({"turns": "strange"}, ""),
        ({"turns": 9, "waited": 0}, ", none of 9 turns had to wait"),
        (
            {"turns": 9, "waited": 2, "waited_longest": 1.5, "unanswered": 1, "crowded": 3},
            ", 2 of 9 turns waited for the answer before, up to 1.5 s (their latency counts from the trace), "
            "1 went on without the answer before, which failed, 3 longer than recorded, as answers were",
        ),
    ],
)
def test_waited(event: dict[str, Any] | None, words: str) -> None:
    assert arriving.waited(event) == words
