from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest

from seatrial.reporting.junit import render_junit
from seatrial.reporting.model import Report
from tests.reporting import synthetic
from tests.reporting.test_text import harmful

# The grammar of xunit2 (Jenkins' junit-10.xsd), as far as elements and attributes go:
# element -> (attributes that must be there, that may be there, children).
XUNIT2: dict[str, tuple[set[str], set[str], set[str]]] = {
    "testsuites": (set(), {"name", "time", "tests", "failures", "disabled", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors"},
        {
            "group",
            "time",
            "skipped",
            "timestamp",
            "hostname",
            "id",
            "package",
            "file",
            "log",
            "url",
            "version",
        },
        {"properties", "testcase", "system-out", "system-err"},
    ),
    "properties": (set(), set(), {"property"}),
    "property": ({"name", "value"}, set(), set()),
    "testcase": (
        {"name"},
        {"classname", "time", "group"},
        {"skipped", "error", "failure", "system-out", "system-err"},
    ),
    "failure": (set(), {"type", "message"}, set()),
    "error": (set(), {"type", "message"}, set()),
    "skipped": (set(), {"type", "message"}, set()),
    "system-out": (set(), set(), set()),
}


def invalid(element: ET.Element) -> list[str]:
    """What breaks the grammar."""
    if element.tag not in XUNIT2:
        return [f"<{element.tag}>"]
    must, may, children = XUNIT2[element.tag]
    found = [f"<{element.tag}> lacks {name}" for name in must - set(element.attrib)]
    found += [f"<{element.tag}> has {name}" for name in set(element.attrib) - must - may]
    found += [f"<{element.tag}> holds <{child.tag}>" for child in element if child.tag not in children]
    return found + [problem for child in element for problem in invalid(child)]


@pytest.mark.parametrize("name", ["healthy", "rejected", "inconclusive", "killed", "poisoned"])
def test_valid_xunit2(name: str, request: pytest.FixtureRequest) -> None:
    text = render_junit(request.getfixturevalue(name))
    root = ET.fromstring(text)
    assert invalid(root) == []
    assert harmful(text) == []
    for suite in root:
        cases = suite.findall("testcase")
        assert int(suite.get("tests", "")) == len(cases)
        assert int(suite.get("failures", "")) == len(suite.findall("testcase/failure"))
        assert int(suite.get("errors", "")) == len(suite.findall("testcase/error"))


def test_the_check_itself_sees_what_is_invalid() -> None:
    bad = (
        '<testsuites><testsuite name="x"><testcase name="y"><properties/></testcase></testsuite></testsuites>'
    )
    assert len(invalid(ET.fromstring(bad))) == 4


def test_each_outcome_has_its_element(rejected: Report, inconclusive: Report) -> None:
    root = ET.fromstring(render_junit(rejected))
    assert [suite.get("name") for suite in root] == ["sla", "contract", "identity"]
    assert {found.get("type") for found in root.iter("failure")} == {"failed"}
    assert {found.get("type") for found in root.iter("skipped")} == {"not-applicable"}
    root = ET.fromstring(render_junit(inconclusive))
    assert {found.get("type") for found in root.iter("error")} == {"inconclusive"}


def test_facts_of_the_run_are_properties_of_the_suites(healthy: Report) -> None:
    root = ET.fromstring(render_junit(healthy))
    facts = {found.get("name"): found.get("value") for found in root[0].iter("property")}
    assert facts["seatrial.policy.digest"] == synthetic.POLICY_DIGEST
    assert facts["seatrial.seed"] == "20261120"
    assert facts["seatrial.target.bot.digest"] == synthetic.DIGEST
    assert next(root.iter("testcase")).find("properties") is None


def test_the_numbers_of_a_verdict_are_in_its_output(healthy: Report) -> None:
    case = next(case for case in ET.fromstring(render_junit(healthy)).iter("testcase"))
    said = case.findtext("system-out") or ""
    assert "interval: " in said
    assert "deff 9" in said
    assert "bursts of at most 5" in said


@pytest.mark.parametrize(
    "scene", [synthetic.healthy(trouble=True), synthetic.healthy(target_changed=True), synthetic.healthy()]
)
def test_a_run_is_never_greener_than_its_outcome(
    scene: synthetic.Scene, make_report: Callable[..., Report]
) -> None:
    report = make_report(scene)
    root = ET.fromstring(render_junit(report))
    red = int(root.get("failures", "0")) + int(root.get("errors", "0"))
    assert (red == 0) is report.certified


def test_a_run_that_was_cut_is_an_error(killed: Report) -> None:
    run = ET.fromstring(render_junit(killed)).find("testsuite[@name='run']")
    assert run is not None
    error = run.find("testcase/error")
    assert error is not None
    assert error.get("type") == "harness"
    assert "certifies nothing" in (error.text or "")
