"""`seatrial capacity` against a real language model: what it cannot carry breaks, what it can holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from seatrial.systems.runner import System
from tests.cli.conftest import Seatrial

pytestmark = pytest.mark.llama

# One token for a word: some ten answers a second on one thread, far from both rates.
POLICY = """\
apiVersion: seatrial/v1alpha1
kind: ReleasePolicy
metadata: {{name: llama}}
spec:
  targets: [{{name: llm, uri: "{uri}", model: smollm2}}]
  traffic: [{{name: steady, prompts: prompts.jsonl, stream: true, max_tokens: 1, budget: {{duration: 30s}}}}]
  risk: {{confidence: 0.9, power: 0.9, dependence: independent}}
  objectives:
    - {{name: ttfc, traffic: steady, indicator: time_to_first_chunk, op: lte, value: 5s, target: 60%}}
  capacity: {{precision: 100%, level: {{duration: 25s, warmup: 0s, least: 1s, pause: 0s}}}}
"""


@pytest.fixture(scope="module")
def llama() -> Iterator[System]:
    with System("llama-smollm2") as system:
        yield system


@pytest.mark.parametrize(
    ("rate", "code", "told"),
    [("8/s", 0, "✓ passed: capacity 8/s … –"), ("400/s", 1, "✕ failed: capacity – … 400/s")],
)
def test_a_real_server_holds_what_it_can(
    llama: System, seatrial: Seatrial, home: Path, rate: str, code: int, told: str
) -> None:
    (home / "prompts.jsonl").write_text('{"prompt": "Hi"}\n', "utf-8")
    (home / "policy.yaml").write_text(POLICY.format(uri=llama.uri), "utf-8")
    done = seatrial("capacity", "--policy", "policy.yaml", "--from", rate, "--to", rate, "--seed", 3)
    assert told in done.output
    assert done.exit_code == code
