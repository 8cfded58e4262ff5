"""JUnit XML that stays valid xunit2: one suite of items a test suite, facts of the run as suite properties.

A verdict that could not be proven is an error (type ``inconclusive``), so that no CI system shows it green.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable

from seatrial.core.outcome import Outcome
from seatrial.reporting import story
from seatrial.reporting.model import ItemView, ObjectiveView, Report, SuiteView
from seatrial.reporting.text import clean

_RUN = "run"


def render_junit(report: Report) -> str:
    """The XML as text."""
    objectives = {view.name: view for view in report.objectives}
    root = ET.Element("testsuites", name="seatrial")
    suites = [_suite(suite, report, objectives) for suite in report.suites]
    run = _run_suite(report)
    suites += [run] if run is not None else []
    for key in ("tests", "failures", "errors"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in suites)))
    root.set("time", f"{report.run.seconds:.3f}")
    root.extend(suites)
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(suite: SuiteView, report: Report, objectives: dict[str, ObjectiveView]) -> ET.Element:
    element = _suite_element(suite.name, report)
    for item in suite.items:
        element.append(_case(item, objectives.get(item.objective or "")))
    return _counted(element, sum(item.seconds or 0.0 for item in suite.items))


def _suite_element(name: str, report: Report) -> ET.Element:
    element = ET.Element("testsuite", name=clean(name), timestamp=report.run.created.removesuffix("Z"))
    properties = ET.SubElement(element, "properties")
    for key, value in _facts(report):
        ET.SubElement(properties, "property", name=key, value=clean(value))
    return element


def _facts(report: Report) -> Iterable[tuple[str, str]]:
    """Facts of the run; a test's own properties would not be valid xunit2."""
    run = report.run
    yield "seatrial.run", run.id
    yield "seatrial.version", run.version
    yield "seatrial.outcome", report.outcome.value
    yield "seatrial.finished", str(report.finished).lower()
    yield "seatrial.certified", str(report.certified).lower()
    yield "seatrial.policy", run.policy
    yield "seatrial.policy.digest", run.policy_digest
    yield "seatrial.seed", run.seed
    yield "seatrial.requests", str(run.requests)
    for view in report.fingerprints:
        yield f"seatrial.target.{view.target}", view.uri
        yield f"seatrial.target.{view.target}.digest", view.after or view.before or ""


def _case(item: ItemView, objective: ObjectiveView | None) -> ET.Element:
    module, _, name = item.id.partition("::")
    classname = module.removesuffix(".py").replace("/", ".")
    case = ET.Element(
        "testcase", classname=clean(classname), name=clean(name or item.id), time=f"{item.seconds or 0.0:.3f}"
    )
    said = item.reason or item.outcome.label
    _result(case, item.outcome, said)
    lines = [item.title, f"outcome: {item.outcome.value}", f"reason: {said}"]
    if objective is not None and objective.verdict is not None:
        lines += _numbers(objective)
    ET.SubElement(case, "system-out").text = clean("\n".join(lines))
    return case


def _result(case: ET.Element, outcome: Outcome, said: str) -> None:
    message = clean(said)
    if outcome is Outcome.FAILED:
        ET.SubElement(case, "failure", type="failed", message=message).text = message
    elif outcome is Outcome.INCONCLUSIVE:
        ET.SubElement(case, "error", type="inconclusive", message=message).text = message
    elif outcome is Outcome.ERROR:
        ET.SubElement(case, "error", type="harness", message=message).text = message
    elif outcome is Outcome.NOT_APPLICABLE:
        ET.SubElement(case, "skipped", type="not-applicable", message=message)


def _numbers(objective: ObjectiveView) -> list[str]:
    verdict = objective.verdict
    if verdict is None:
        return []
    return [
        f"objective: {objective.name} {objective.statement}",
        f"observed: {story.observed(objective)}",
        f"interval: {story.interval(objective)}",
        f"method: {verdict.method}",
        f"confidence {verdict.confidence:g}, power {verdict.power:g}, deff {verdict.deff:g}",
        f"dependence: {verdict.dependence}",
    ]


def _run_suite(report: Report) -> ET.Element | None:
    """What no item shows: a run that was cut, harness trouble, a target that changed, nothing measured."""
    shown = {item.outcome for suite in report.suites for item in suite.items}
    told = any(not outcome.green and outcome is not Outcome.NOT_APPLICABLE for outcome in shown)
    if report.outcome.green or (told and report.finished and not report.errors):
        return None
    element = _suite_element(_RUN, report)
    outcome = report.outcome if report.finished else Outcome.ERROR
    case = ET.SubElement(element, "testcase", classname="seatrial", name="certification", time="0.000")
    said = [f"{report.headline.lead} {report.headline.why}", *report.reasons]
    said += [f"{error.where}: {error.what}. {error.hint}" for error in report.errors]
    _result(case, outcome, "\n".join(said))
    return _counted(element, 0.0)


def _counted(element: ET.Element, seconds: float) -> ET.Element:
    cases = element.findall("testcase")
    element.set("tests", str(len(cases)))
    for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        element.set(key, str(sum(case.find(tag) is not None for case in cases)))
    element.set("time", f"{seconds:.3f}")
    return element
