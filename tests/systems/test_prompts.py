"""The bundled prompts: what they promise about themselves."""

from __future__ import annotations

import json
from typing import Any

import pytest

from seatrial.bundled import bundled
from tests.systems.recount_prompts import messages_of, reference_tokens


def rows(name: str) -> list[dict[str, Any]]:
    text = (bundled("fixtures") / "prompts" / f"{name}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize(
    ("name", "least", "shortest", "longest"), [("chat-short", 200, 20, 80), ("chat-long", 10, 450, 1500)]
)
def test_prompts_are_many_different_and_of_the_promised_length(
    name: str, least: int, shortest: int, longest: int
) -> None:
    found = rows(name)
    assert len(found) >= least
    assert len({row["id"] for row in found}) == len(found)
    assert len({json.dumps(messages_of(row)) for row in found}) == len(found)
    lengths = [row["tokens"]["smollm2"] for row in found]
    assert shortest <= min(lengths)
    assert max(lengths) <= longest


@pytest.mark.parametrize("name", ["chat-short", "chat-long"])
def test_the_reference_counts_are_true(name: str) -> None:
    for row in rows(name):
        assert row["tokens"]["reference"] == reference_tokens(row), row["id"]
        assert row["max_tokens"] >= 40


def test_short_prompts_come_in_many_scripts_and_forms() -> None:
    found = rows("chat-short")
    text = "".join(message["content"] for row in found for message in messages_of(row))
    for letter in "äéñçęşиόكम海我":
        assert letter in text, letter
    assert sum("messages" in row for row in found) >= 10
