from __future__ import annotations

import json
from pathlib import Path

import pytest

from seatrial.bundled import bundled
from seatrial.systems.llama_server import bundled_weights, main
from seatrial.systems.runner import System
from tests.systems.recount_prompts import messages_of, post, smollm2_tokens


def test_missing_weights_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--port", "1", "--weights", str(tmp_path / "none.gguf")]) == 3
    assert "none.gguf" in capsys.readouterr().err


@pytest.mark.llama
def test_the_real_model_generates_and_counts_as_the_bundled_prompts_say() -> None:
    weights = bundled_weights()
    assert weights is not None
    assert weights.stat().st_size > 50_000_000
    file = bundled("fixtures") / "prompts" / "chat-short.jsonl"
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    with System("llama-smollm2") as system:
        server = system.uri.removesuffix("/v1")
        for row in rows[::25]:
            assert smollm2_tokens(row, server) == row["tokens"]["smollm2"]
        body = {"model": system.model, "messages": messages_of(rows[0]), "max_tokens": 12, "temperature": 0}
        answer = post(f"{system.uri}/chat/completions", body)
        assert answer["usage"]["prompt_tokens"] == rows[0]["tokens"]["smollm2"]
        assert answer["usage"]["completion_tokens"] == 12
        assert answer["choices"][0]["finish_reason"] == "length"
        text = answer["choices"][0]["message"]["content"]
        assert len(text.split()) > 4
        assert post(f"{system.uri}/chat/completions", body)["choices"][0]["message"]["content"] == text
