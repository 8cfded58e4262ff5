from __future__ import annotations

import re
from pathlib import Path

import pytest

from seatrial.bundled import bundled
from seatrial.compliance.checklist import available, find, load
from seatrial.compliance.judge import ItemResult, meets
from seatrial.core.control import EvidenceRequirement
from seatrial.core.errors import UsageError
from seatrial.core.indicator import INDICATORS
from seatrial.core.outcome import Outcome

WHOLE = """\
apiVersion: seatrial/v1alpha1
kind: Checklist
metadata: {name: ours, title: Our list}
controls:
  - control-id: our-01
    title: It answers
    objective: So that somebody is served
    group: before
    impact: 0.7
    assessment-requirements: [{id: our-01.1, text: It answers, applicability: [tier-1]}]
    evaluation-methods: [{type: Behavioral, mode: Automated, executor: suite sla}]
    proven_by: ["indicator:availability"]
    guidelines: [{reference-id: nist-ai-rmf, entries: [MEASURE 2.5]}]
  - control-id: our-02
    title: Somebody looked
    evaluation-methods: [{mode: Manual}]
    evidence-requirements: {kind: file, max_age: 30d}
"""


def written(folder: Path, text: str = WHOLE) -> Path:
    path = folder / "ours.checklist.yaml"
    path.write_text(text, "utf-8")
    return path


def test_a_checklist_is_read_whole(tmp_path: Path) -> None:
    path = written(tmp_path)
    checklist = load(path)
    first, second = checklist.controls
    assert (checklist.name, checklist.title) == ("ours", "Our list")
    assert first.automated
    assert first.impact == 0.7
    assert first.proven_by == ("indicator:availability",)
    assert first.assessment_requirements[0].applicability == ("tier-1",)
    assert first.guidelines[0].reference_id == "nist-ai-rmf"
    assert first.checklist == "ours"
    assert not second.automated
    assert second.evidence_requirements == (EvidenceRequirement("file", 30 * 86_400.0),)
    assert second.where == f"{path}:14"


def test_a_policy_may_demand_one_part(tmp_path: Path) -> None:
    checklist = load(written(tmp_path))
    assert [control.id for control in checklist.demanded("automated")] == ["our-01"]
    assert [control.id for control in checklist.demanded("manual")] == ["our-02"]
    assert len(checklist.demanded()) == 2


def test_a_manual_control_asks_for_an_attestation_by_itself(tmp_path: Path) -> None:
    text = WHOLE.replace("    evidence-requirements: {kind: file, max_age: 30d}\n", "")
    assert load(written(tmp_path, text)).controls[1].evidence_requirements == (EvidenceRequirement(),)


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("proven_by:", "proven-by:", 12, "unknown key 'proven-by', did you mean 'proven_by'?"),
        ("    title: It answers\n", "    titel: It answers\n", 6, "did you mean 'title'?"),
        ("    title: It answers\n", "", 5, "the key 'title' is missing"),
        ("control-id: our-02", "control-id: our-01", 14, "a second time (first in line 5)"),
        ("kind: Checklist", "kind: Chekclist", 2, "did you mean 'Checklist'?"),
        ("impact: 0.7", "impact: 7", 9, "7"),
        ("max_age: 30d", "max_age: 30", 17, "30"),
        ("max_age: 30d", "max_age: 30 furlongs", 17, "furlongs"),
        ("mode: Automated", "mode: automatic", 11, "did you mean 'Automated'?"),
        ('    proven_by: ["indicator:availability"]\n', "", 5, "nothing proves this automated control"),
        ('["indicator:availability"]', "[]", 5, "nothing proves this automated control"),
        ('["indicator:availability"]', '[""]', 12, "must not be empty"),
        ("mode: Manual}]", "mode: Manual}]\n    proven_by: [x]", 17, "items prove nothing"),
        ("[{mode: Manual}]", "[{mode: Manual}, {mode: Automated}]", 16, "split it into two"),
        ("[{mode: Manual}]", "[]", 16, "at least one is needed"),
        ("mode: Manual}]", "mode: Automated}]\n    proven_by: [x]", 18, "asks nobody for evidence"),
        ("control-id: our-02", "control-id: 'our 02'", 14, "is no name"),
        ("kind: file,", "kind: fil,", 17, "did you mean 'file'?"),
        ("metadata: {name", "metadata: {name: x, name", 3, "a second time"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, old: str, new: str, line: int, said: str) -> None:
    assert old in WHOLE
    path = written(tmp_path, WHOLE.replace(old, new, 1))
    with pytest.raises(UsageError) as caught:
        load(path)
    assert said in str(caught.value)
    assert f"{path}:{line}" in str(caught.value)
    assert caught.value.exit_code == 3


def test_a_checklist_and_its_file_have_one_name(tmp_path: Path) -> None:
    path = tmp_path / "theirs.checklist.yaml"
    path.write_text(WHOLE, "utf-8")
    with pytest.raises(UsageError, match=r"call the file ours.checklist.yaml"):
        load(path)


@pytest.mark.parametrize("text", ["", "[]", "hello", "controls: []", "a: [", "\0", "--- {}\n--- {}\n"])
def test_what_is_no_checklist(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError):
        load(written(tmp_path, text))


def test_a_checklist_is_found_by_name_or_path(tmp_path: Path) -> None:
    path = written(tmp_path)
    assert find("./ours.checklist.yaml", tmp_path).samefile(path)
    assert find("ours.checklist.yaml", tmp_path).samefile(path)
    assert find(str(path), Path("/")) == path
    assert find("production-readiness", tmp_path) == available()["production-readiness"]


def test_a_checklist_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="did you mean 'production-readiness'"):
        find("production-readines", tmp_path)
    with pytest.raises(UsageError, match="there is no checklist"):
        find("./none.checklist.yaml", tmp_path)


class TestProductionReadiness:
    checklist = load(available()["production-readiness"])

    def test_it_covers_before_during_and_after(self) -> None:
        groups = [control.group for control in self.checklist.controls]
        assert list(dict.fromkeys(groups)) == ["before deployment", "during deployment", "after deployment"]
        assert groups.count("before deployment") >= 7
        assert groups.count("during deployment") >= 6
        assert groups.count("after deployment") >= 6

    def test_every_control_says_what_is_demanded_and_what_for(self) -> None:
        for control in self.checklist.controls:
            assert control.objective, control.id
            assert control.assessment_requirements, control.id
            assert control.evaluation_methods, control.id
            assert all(found.id.startswith(f"{control.id}.") for found in control.assessment_requirements), (
                control.id
            )

    def test_manual_evidence_ages(self) -> None:
        for control in self.checklist.demanded("manual"):
            assert all(wanted.max_age for wanted in control.evidence_requirements), control.id
            assert all(wanted.text for wanted in control.evidence_requirements if wanted.kind == "file"), (
                control.id
            )

    def test_every_pattern_names_a_test_that_there_is(self) -> None:
        root = bundled("suites")
        known = [
            ItemResult(f"seatrial/suites/{path.relative_to(root).as_posix()}::{name}[bot]", Outcome.PASSED)
            for path in sorted(root.rglob("test_*.py"))
            for name in re.findall(r"^def (test_\w+)", path.read_text("utf-8"), re.M)
        ]
        known.append(ItemResult("indicators", Outcome.PASSED, frozenset(INDICATORS)))
        for control in self.checklist.demanded("automated"):
            for pattern in control.proven_by:
                assert any(meets(pattern, item) for item in known), f"{control.id}: {pattern}"
