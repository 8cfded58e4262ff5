from __future__ import annotations

import pytest

from seatrial.core.exchange import ErrorKind
from tests.faults.ai.observed import ANTHROPIC, OPENAI, observe


@pytest.mark.parametrize("protocol", [OPENAI, ANTHROPIC])
@pytest.mark.parametrize(
    ("how", "error"),
    [
        ("malformed", ErrorKind.MALFORMED),
        ("empty", ErrorKind.EMPTY),
        ("wrong_type", ErrorKind.MALFORMED),
        ("html", ErrorKind.MALFORMED),
    ],
)
def test_a_body_is_no_answer_any_more(protocol: str, how: str, error: ErrorKind) -> None:
    seen = observe(("http.body", {"how": how}), stream=False, protocol=protocol)
    assert (seen.exchange.status, seen.exchange.error) == (200, error)
    assert seen.hits == 1


def test_a_body_is_huge() -> None:
    seen = observe(("http.body", {"how": "huge", "size": "3MiB"}), stream=False, target={"max_body": 1 << 20})
    assert seen.exchange.error is ErrorKind.TOO_LARGE
    seen = observe(("http.body", {"how": "huge", "size": "1MiB"}), stream=False)
    assert (seen.exchange.ok, seen.exchange.received >= 1 << 20) == (True, True)


@pytest.mark.parametrize("how", ["malformed", "wrong_type", "html"])
def test_an_event_in_the_middle_of_a_stream_is_broken(how: str) -> None:
    seen = observe(("http.body", {"how": how, "after_events": 2}))
    assert seen.exchange.error is ErrorKind.MALFORMED
    assert seen.exchange.text == "Grüße 3 € für 日本"


def test_an_event_of_a_stream_is_huge_or_missing() -> None:
    seen = observe(("http.body", {"how": "huge", "size": "1500kB", "after_events": 1}))
    assert seen.exchange.error is ErrorKind.TOO_LARGE
    seen = observe(("http.body", {"how": "empty", "after_events": 1}))
    assert (seen.exchange.ok, seen.exchange.text) == (True, "aus Kiel: 3 € für 日本")
