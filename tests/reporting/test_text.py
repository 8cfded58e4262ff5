from __future__ import annotations

import unicodedata

import pytest

from seatrial.reporting.text import clean, clean_tree, cut, one_line, slug
from tests.reporting.hostile import HOSTILE


def harmful(text: str) -> list[str]:
    """Characters that no report may show as they are."""
    bad = {"Cc", "Cs", "Zl", "Zp", "Co"}
    kept = {"\n", "\t"}
    bidi = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\u200b")
    return [c for c in text if (unicodedata.category(c) in bad and c not in kept) or c in bidi]


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_harmful_is_left(name: str) -> None:
    cleaned = clean(HOSTILE[name])
    assert harmful(cleaned) == []
    assert clean(cleaned) == cleaned, "cleaning again must change nothing"


def test_the_check_itself_sees_harm() -> None:
    assert harmful("\x1b[31m") == ["\x1b"]
    assert harmful("\u202e") == ["\u202e"]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x9b31mred", "red"),
        ("a\x1b]0;title\x07b", "ab"),
        ("a\x1b]8;;http://evil.example\x1b\\b", "ab"),
        ("a\x1bP1$r\x1b\\b", "ab"),
        ("\x1b]0;unterminated stays", "0;unterminated stays"),
        ("a\rb\r\nc\u2028d", "a\nb\nc\nd"),
        ("tab\tstays", "tab\tstays"),
        ("Grüße, 日本, 👩\u200d👧", "Grüße, 日本, 👩\u200d👧"),
        ("\x1b\x1b[31m[31mx", "[31mx"),
    ],
)
def test_clean(text: str, wanted: str) -> None:
    assert clean(text) == wanted


def test_a_tower_of_marks_is_cut_and_an_accent_stays() -> None:
    assert len(clean("Z" + "\u0336" * 100)) == 4
    assert clean("e\u0301tude") == "e\u0301tude"


def test_cleaning_takes_linear_time() -> None:
    # Each of these would hang for minutes under a pattern that backtracks.
    for text in ("\x1b]" * 200_000, "\x1b[" + "0" * 400_000, "\x1b]" + "a" * 400_000):
        clean(text)


def test_cut_and_one_line() -> None:
    assert cut("abcdef", 4) == "abc…"
    assert cut("abc", 4) == "abc"
    assert one_line("  a\n\n b\tc ") == "a b c"
    assert len(one_line("x" * 999, 50)) == 50


def test_clean_tree_cleans_keys_and_values_and_leaves_numbers() -> None:
    assert clean_tree({"a\x1b[0m": ["\x07b", 1, None, {"c": 2.5}]}) == {"a": ["b", 1, None, {"c": 2.5}]}


def test_slug() -> None:
    assert slug("exchange", 'steady"><script>', 17) == "exchange-steady-script-17"
    assert slug("日本") == "x"
