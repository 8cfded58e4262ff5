from __future__ import annotations

import pytest

from seatrial.systems.reference.masking import masked


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("write to ana.silva+x@mail.example.org now", "write to [email] now"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer [key]"),
        ("my key is sk-0123456789abcdef", "my key is [key]"),
        ("card 4111 1111 1111 1111.", "card [card]."),
        ("IBAN DE89 3704 0044 0532 0130 00 please", "IBAN [iban] please"),
        ("CPF 529.982.247-25", "CPF [cpf]"),
        ("call +49 (0)431 123 45 67", "call [phone]"),
    ],
)
def test_keys_and_personal_data_are_masked(text: str, clean: str) -> None:
    assert masked(text) == clean


@pytest.mark.parametrize("text", ["room 42, floor 3", "in 2026 we sold 12 lamps", "v1.2.3", "12:30 to 14"])
def test_ordinary_numbers_stay(text: str) -> None:
    assert masked(text) == text
