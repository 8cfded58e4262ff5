"""The guide of faults cannot lie: its examples run, and it knows every fault."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from seatrial.faults import registry
from seatrial.faults.process.registry import process_kinds
from seatrial.faults.registry import kinds
from seatrial.policy.marked import read_document
from seatrial.policy.resilience import ScenarioSpec
from tests.repo import PROJECT

GUIDE = (PROJECT / "docs" / "faults.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)


def test_every_example_runs() -> None:
    names: dict[str, Any] = {"__name__": "docs.faults"}
    examples = blocks("python")
    assert len(examples) >= 6
    assert "noop" in examples[0]
    try:
        for example in examples:
            exec(compile(example, "docs/faults.md", "exec", dont_inherit=True), names)
    finally:
        registry._KINDS.pop("example.shout", None)
        for name in ("dependencies", "system"):
            if name in names:
                names[name].stop()


def test_what_is_shown_of_a_policy_is_one(tmp_path: Path) -> None:
    assert blocks("yaml")
    for block in blocks("yaml"):
        (tmp_path / "policy.yaml").write_text(block, "utf-8")
        for scenario in read_document(tmp_path / "policy.yaml").plain()["resilience"]:
            spec = ScenarioSpec.model_validate(scenario)
            for inject in spec.inject:
                registry.check(inject.toxic, inject.attributes)


def test_every_fault_has_its_part() -> None:
    headings = re.findall(r"^## (\S+\.?\S*)$", GUIDE, re.MULTILINE)
    assert {*kinds(), *process_kinds()} - {"example.shout"} <= set(headings)
