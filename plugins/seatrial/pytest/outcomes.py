"""`INCONCLUSIVE` and `NOT_APPLICABLE` as outcomes of a test, in the terminal and in pytest's own reports."""

from __future__ import annotations

from typing import Any, NoReturn

import pytest

NOT_PROVEN = 10
"""Exit status of a session in which nothing failed and something was not proven (pytest uses up to 6)."""


class Inconclusive(Exception):
    """Ends a test: it could not be decided. Never green."""


class NotApplicable(pytest.skip.Exception):  # type: ignore[name-defined,misc]
    """Ends a test: the question does not arise for this target."""


def inconclusive(reason: str) -> NoReturn:
    """End the running test as INCONCLUSIVE.

    Args:
        reason: why it could not be decided, a sentence for people.
    """
    __tracebackhide__ = True
    raise Inconclusive(reason)


def not_applicable(reason: str) -> NoReturn:
    """End the running test as NOT_APPLICABLE: neither green nor red.

    Args:
        reason: why the question does not arise.
    """
    __tracebackhide__ = True
    raise NotApplicable(reason)


def pytest_configure(config: pytest.Config) -> None:
    """Document our markers."""
    config.addinivalue_line(
        "markers", "trial(title): the title under which a test is told in reports; its docstring by default"
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Mark reports of inconclusive tests, and say so in one line instead of a traceback."""
    report = yield
    if call.excinfo is not None and call.excinfo.errisinstance(Inconclusive):
        report.trial_outcome = "INCONCLUSIVE"
        report.longrepr = f"INCONCLUSIVE: {call.excinfo.value}"
    elif call.excinfo is not None and call.excinfo.errisinstance(NotApplicable):
        report.trial_outcome = "NOT_APPLICABLE"
    return report


def pytest_report_teststatus(report: pytest.TestReport | pytest.CollectReport) -> Any:
    """A letter and a word of its own for each of our outcomes."""
    outcome = getattr(report, "trial_outcome", None)
    if outcome == "INCONCLUSIVE" and report.outcome == "failed":
        return "inconclusive", "?", ("INCONCLUSIVE", {"yellow": True})
    if outcome == "WARNED" and report.outcome == "passed":
        return "warned", "w", ("WARNED", {"yellow": True})
    if outcome == "NOT_APPLICABLE" and report.outcome == "skipped":
        return "not applicable", "-", ("NOT APPLICABLE", {"cyan": True})
    return None


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Tell what was not proven, and why: pytest itself lists only its own outcomes."""
    reports = terminalreporter.getreports("inconclusive")
    if not reports:
        return
    terminalreporter.section("not proven", sep="=", yellow=True)
    for report in reports:
        terminalreporter.line(f"? {report.nodeid}: {str(report.longrepr).removeprefix('INCONCLUSIVE: ')}")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """An exit status of its own where nothing failed but something was not proven."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or session.exitstatus != pytest.ExitCode.TESTS_FAILED:
        return
    stats = reporter.stats
    if stats.get("inconclusive") and not stats.get("failed") and not stats.get("error"):
        session.exitstatus = NOT_PROVEN
