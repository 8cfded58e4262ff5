from __future__ import annotations

import pytest

from seatrial.core.errors import UsageError
from seatrial.core.exchange import ErrorKind
from seatrial.faults.registry import check
from tests.faults.ai.observed import TEXT, observe


def test_headers_are_set_and_missing() -> None:
    seen = observe(("http.header", {"set": {"X-Ratelimit": "0"}, "remove": ["Date"]}), stream=False)
    assert seen.exchange.ok
    assert seen.exchange.raw is not None
    assert (seen.exchange.raw.header("x-ratelimit"), seen.exchange.raw.header("date")) == ("0", None)
    assert seen.hits == 1


def test_a_wrong_content_type_makes_a_stream_unreadable() -> None:
    seen = observe(("http.header", {"set": {"content-type": "text/html"}}))
    assert seen.exchange.error is ErrorKind.MALFORMED


def test_what_is_there_already_is_no_hit() -> None:
    seen = observe(
        ("http.header", {"set": {"content-type": "application/json"}, "remove": ["x-none"]}), stream=False
    )
    assert (seen.exchange.text, seen.hits) == (TEXT, 0)


@pytest.mark.parametrize(
    "attributes",
    [
        {"set": {"x": "a\r\nb: c"}},
        {"set": {"a b": "c"}},
        {"remove": ["Content-Length"]},
        {"set": {"transfer-encoding": "x"}},
    ],
)
def test_what_would_break_the_framing_is_refused(attributes: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=r"http\.header"):
        check("http.header", attributes)
