"""Table of contents of the pytest plugin: one feature a file.

Only pytest and the standard library are imported here and in the features' own modules; what a trial needs
is imported once a session asks for one, so that all other sessions pay next to nothing.
"""

from __future__ import annotations

import pytest

pytest_plugins = (
    "seatrial.pytest.outcomes",
    "seatrial.pytest.run",
    "seatrial.pytest.suites",
    "seatrial.pytest.fixtures",
    "seatrial.pytest.dependencies",
    "seatrial.pytest.recovery",
    "seatrial.pytest.remediation",
    "seatrial.pytest.checklists",
    "seatrial.pytest.experiments",
    "seatrial.pytest.terminal",
    "seatrial.pytest.junit",
)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Make our own hooks known."""
    from seatrial.pytest import hookspecs

    pluginmanager.add_hookspecs(hookspecs)
