"""What a trial shows at the end of a plain pytest session."""

from __future__ import annotations

from typing import Any

import pytest

from seatrial.pytest.run import trial_of


def pytest_report_header(config: pytest.Config) -> str | None:
    """Policy, target and seed, before anything runs."""
    trial = trial_of(config)
    return None if trial is None else trial.headline


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """A line a verdict, and where the files are."""
    trial = trial_of(config)
    if trial is None or not trial.lines:
        return
    terminalreporter.section("sea trial")
    for line in trial.lines:
        terminalreporter.line(line)
    terminalreporter.line(f"journal: {trial.journal_path}")
