from __future__ import annotations

import pytest

from suites.identity.asking import same_model


@pytest.mark.parametrize(
    ("asked", "reported"),
    [
        ("small", "small"),
        ("gpt-4o", "gpt-4o-2024-08-06"),
        ("openai/gpt-4o", "gpt-4o"),
        ("gpt-4o", "openai/gpt-4o-2024-08-06"),
        ("claude-sonnet-4-5", "claude-sonnet-4-5-20250929"),
        ("claude-3-5-sonnet-latest", "claude-3-5-sonnet-20241022"),
        ("llama3.1", "llama3.1:latest"),
        ("SmolLM2", "/models/smollm2.gguf"),
    ],
)
def test_a_model_by_another_form_of_its_name(asked: str, reported: str) -> None:
    assert same_model(asked, reported)


@pytest.mark.parametrize(
    ("asked", "reported"),
    [
        ("small", "large-preview-0"),
        ("small", "smaller"),
        ("gpt-4o", "gpt-4o-mini"),
        ("gpt-4o", "gpt-4o-mini-2024-07-18"),
        ("gpt-4o-2024-08-06", "gpt-4o-2024-11-20"),
        ("gpt-4o-2024-08-06", "gpt-4o"),
        ("gpt-4", "gpt-4o"),
        ("primary", "backup"),
    ],
)
def test_another_model(asked: str, reported: str) -> None:
    assert not same_model(asked, reported)
