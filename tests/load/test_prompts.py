from __future__ import annotations

from pathlib import Path

import pytest

from seatrial.core.errors import UsageError
from seatrial.load.prompts import load_prompts
from seatrial.policy.parts import prompts_file


def test_a_users_own_file(tmp_path: Path) -> None:
    (tmp_path / "mine.jsonl").write_text(
        '{"prompt": "Hello", "tokens": {"x": 1}}\n\n{"messages": [{"role": "user", "content": "Hé"}]}\n'
    )
    prompts = load_prompts(tmp_path / "mine.jsonl", "mine.jsonl")
    assert [prompt.text for prompt in prompts] == ["Hello", "Hé"]
    assert prompts.tokens == ({"x": 1}, {})
    assert prompts.digest.startswith("sha256:")
    assert prompts.with_params(7, {"seed": 1})[1].max_tokens == 7
    assert prompts.with_params(None, {}) is prompts


def test_a_bundled_set_has_known_lengths() -> None:
    prompts = load_prompts(prompts_file("bundled/chat-short", None), "bundled/chat-short")
    assert len(prompts) >= 100
    assert all(set(tokens) >= {"reference", "smollm2"} for tokens in prompts.tokens)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "are empty"),
        ('{"prompt": "a"}\nnonsense\n', r"p.jsonl:2: this line is not JSON"),
        ('["a"]\n', "a prompt is a JSON object"),
        ('{"question": "a"}\n', "needs `messages`"),
        ("\udcff", "not UTF-8"),
    ],
)
def test_what_is_no_prompt_set_is_refused(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "p.jsonl").write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(UsageError, match=message):
        load_prompts(tmp_path / "p.jsonl", "p.jsonl")


def test_a_missing_set_is_told_with_the_line_of_the_policy(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"policy.yaml:9: the prompts 'nowhere.jsonl' cannot be read"):
        load_prompts(tmp_path / "nowhere.jsonl", "nowhere.jsonl", "policy.yaml:9")
