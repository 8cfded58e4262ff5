"""Hooks by which a package outside adds to seatrial: implement one in a conftest.py or a pytest plugin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from seatrial.core.indicator import Indicator


@pytest.hookspec
def pytest_seatrial_indicators() -> list[Indicator]:  # type: ignore[empty-body]
    """Indicators to add to those that a policy may name."""


@pytest.hookspec
def pytest_seatrial_protocols() -> dict[str, Callable[..., Any]]:  # type: ignore[empty-body]
    """Wire protocols to add: name in a policy → factory of a `seatrial.targets.wire.Protocol`."""


@pytest.hookspec
def pytest_seatrial_suites() -> dict[str, Path]:  # type: ignore[empty-body]
    """Suites to add: name for ``--trial-suite`` → folder with its tests."""


@pytest.hookspec
def pytest_seatrial_event(event: str, fields: dict[str, Any]) -> None:
    """Called with every event after it was written to the journal; must not change *fields*."""
