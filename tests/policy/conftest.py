# ruff: noqa: E501 - texts stand as people read them
"""Policies written into a folder of their own, and what is said about them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from seatrial.policy.loader import LoadedPolicy, load_policy
from seatrial.policy.problems import PolicyError

SAMPLE = """\
apiVersion: seatrial/v1alpha1
kind: ReleasePolicy
metadata: {name: support-bot}
spec:
  targets:
    - {name: bot, protocol: openai-chat, uri: "http://127.0.0.1:8000/v1", model: small}   # apiKey: "${env:BOT_KEY}"
  traffic:
    - {name: steady, prompts: bundled/chat-short, concurrency: 8, stream: true, budget: {requests: 8000, duration: 90s}}
  risk: {confidence: 0.95, power: 0.9}
  objectives:
    - {name: availability, traffic: steady, indicator: availability, target: 99%}
    - {name: latency-p95, traffic: steady, indicator: operation.duration, op: lte, value: 1s, target: 95%}
    - {name: ttfc-p95, traffic: steady, indicator: time_to_first_chunk, op: lte, value: 500ms, target: 95%}
"""

Write = Callable[..., str]
Load = Callable[..., LoadedPolicy]
Refused = Callable[..., list[str]]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def sample() -> str:
    """The policy of the first issue."""
    return SAMPLE


@pytest.fixture
def write() -> Write:
    """Write a policy, by default the sample, with texts replaced; gives its name."""

    def write(*changes: tuple[str, str], text: str = SAMPLE, name: str = "policy.yaml") -> str:
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text, encoding="utf-8")
        return name

    return write


@pytest.fixture
def load(write: Write) -> Load:
    """Load a policy as `write` writes it."""

    def load(*changes: tuple[str, str], text: str = SAMPLE, **options: object) -> LoadedPolicy:
        return load_policy(write(*changes, text=text), **{"environ": {}, **options})  # type: ignore[arg-type]

    return load


@pytest.fixture
def refused(load: Load) -> Refused:
    """Every problem of a policy, as people read it."""

    def refused(*changes: tuple[str, str], text: str = SAMPLE, **options: object) -> list[str]:
        with pytest.raises(PolicyError) as caught:
            load(*changes, text=text, **options)
        assert caught.value.exit_code == 3
        return [str(problem) for problem in caught.value.problems]

    return refused
