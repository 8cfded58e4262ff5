from __future__ import annotations

import hashlib
import json
from pathlib import Path

from seatrial.systems.reference.audit import Audit


def test_a_decision_is_a_line_with_a_masked_prompt(tmp_path: Path) -> None:
    audit = Audit(tmp_path / "audit.jsonl")
    audit.record(prompt="I am ana@example.org", caller="key-1", outcome="ok")
    audit.close()
    entry = json.loads((tmp_path / "audit.jsonl").read_text())
    assert entry["prompt"] == "I am [email]"
    assert entry["prompt_sha256"] == hashlib.sha256(b"I am ana@example.org").hexdigest()
    assert (entry["caller"], entry["outcome"]) == ("key-1", "ok")


def test_it_appends(tmp_path: Path) -> None:
    for _ in range(2):
        audit = Audit(tmp_path / "audit.jsonl")
        audit.record(prompt="x")
        audit.close()
        audit.close()
    assert len((tmp_path / "audit.jsonl").read_text().splitlines()) == 2


def test_without_a_file_nothing_happens() -> None:
    audit = Audit(None)
    audit.record(prompt="x")
    audit.close()
