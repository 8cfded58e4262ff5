"""Journals and reports that several tests read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from seatrial.core.journal import Journal
from seatrial.reporting.build import build_report
from seatrial.reporting.model import Report
from tests.reporting import hostile, synthetic
from tests.reporting.synthetic_parts import item


def report_of(scene: synthetic.Scene, *, keep: float = 1.0, **more: bool | None) -> Report:
    """The report of a scene, without a file in between."""
    events = synthetic.events(scene)
    kept = tuple(events[: max(2, int(len(events) * keep))])
    return build_report(Journal(Path("journal.ndjson"), kept, torn=False), **more)


@pytest.fixture(scope="session")
def healthy() -> Report:
    return report_of(synthetic.healthy())


@pytest.fixture(scope="session")
def rejected() -> Report:
    return report_of(synthetic.rejected())


@pytest.fixture(scope="session")
def inconclusive() -> Report:
    return report_of(synthetic.inconclusive())


@pytest.fixture(scope="session")
def killed() -> Report:
    return report_of(synthetic.rejected(), keep=0.45)


@pytest.fixture(scope="session")
def poisoned() -> Report:
    """A rejected run in which the target put everything hostile wherever it has a say."""
    return report_of(hostile_scene())


def hostile_scene() -> synthetic.Scene:
    items = [
        item(f"contract/test_hostile.py::test_{number}", "contract", f"Check {name}", "FAILED")
        | {"reason": text}
        for number, (name, text) in enumerate(hostile.HOSTILE.items())
    ]
    return synthetic.rejected(
        text=hostile.ALL, extra_items=items, n=1500, cut=0.09, target_changed=True, trouble=True
    )


@pytest.fixture
def make_report() -> Callable[..., Report]:
    return report_of
