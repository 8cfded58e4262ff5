from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.systems.reference import tokenizer


@given(st.text())
def test_pieces_are_the_text_again(text: str) -> None:
    assert "".join(tokenizer.pieces(text)) == text
    assert tokenizer.count(text) == len(tokenizer.pieces(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("Hello world", ["Hello", " world"]),
        ("harbourmaster's", ["harbourm", "aster", "'", "s"]),
        ("42 €, please", ["42", " €", ",", " please"]),
        ("a  b", ["a", "  ", "b"]),
        ("À bientôt!", ["À", " bientôt", "!"]),
    ],
)
def test_tokens_are_what_is_documented(text: str, expected: list[str]) -> None:
    assert tokenizer.pieces(text) == expected


def test_a_prompt_costs_its_messages_and_what_holds_them() -> None:
    assert tokenizer.count_prompt(["Hello world", "yes"]) == 3 + (3 + 2) + (3 + 1)
