"""What all readers share: texts that are safe to show, and pages that follow no protocol."""

from __future__ import annotations

from typing import Any

import pytest

from seatrial.core.exchange import ErrorKind, Usage
from seatrial.targets.config import TargetConfig
from seatrial.targets.reader import PlainReader, error_message, excerpt, looks_like_html, phrase, usage_of


def plain(status: int, *parts: bytes) -> Any:
    reader = PlainReader(False, TargetConfig(uri="http://h"))
    reader.head(status, [(b"content-type", b"text/plain")])
    for part in parts:
        reader.feed(part, 1.0)
    return reader.finish(2.0)


def test_a_plain_page_is_text_whatever_it_holds() -> None:
    assert plain(200, b"up 1\n", b"ok \xff").text == "up 1\nok �"
    assert plain(200).error is None
    assert plain(204).error is None
    assert plain(503, b"loading").error is ErrorKind.HTTP_STATUS
    assert plain(503, b"loading").text == "loading"


def test_an_excerpt_is_one_safe_line() -> None:
    assert excerpt("a\n\tb\x1b[31m\u202ec") == "a b [31m c"
    assert excerpt("x" * 500) == "x" * 159 + "…"
    assert excerpt("x" * 10_000_000, 10) == "x" * 9 + "…"


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"error": "no"}, "no"),
        ({"error": {"type": "t", "code": 5, "message": "no"}}, "t: 5: no"),
        ({"detail": "no"}, "no"),
        ({"message": "no"}, "no"),
        ({"detail": [{"loc": ["body"], "msg": "field required"}]}, "field required"),
        ([1], "[1]"),
    ],
)
def test_what_an_error_body_says(value: Any, says: str) -> None:
    assert says in error_message(value)


@pytest.mark.parametrize(
    ("text", "html"), [("\ufeff <!DOCTYPE html>", True), ("<HTML lang=x>", True), ('"<html>"', False)]
)
def test_html_is_recognised(text: str, html: bool) -> None:
    assert looks_like_html(text) is html


def test_names_and_counts() -> None:
    assert (phrase(404), phrase(799)) == ("Not Found", "")
    assert usage_of({"i": 1, "o": 2}, "i", "o") == Usage(1, 2)
    assert usage_of({"i": True, "o": 2}, "i", "o") is None
