"""Controls of a ``*.checklist.yaml`` as test items, judged after all others: those are their evidence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from seatrial.pytest.run import trial_of

if TYPE_CHECKING:
    from seatrial.core.control import Control

SUITE = "checklists"
"""Name under which ``--trial-suite`` runs the checklists that the policy demands."""


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A checklist becomes a file of items, in a session that has a trial."""
    if not file_path.name.endswith(".checklist.yaml") or trial_of(parent.config) is None:
        return None
    nodeid = f"seatrial/{SUITE}/{file_path.name}" if _is_bundled(file_path) else None
    collector: pytest.Collector = ChecklistFile.from_parent(parent, path=file_path, nodeid=nodeid)
    return collector


def _is_bundled(path: Path) -> bool:
    from seatrial.bundled import bundled

    return path.resolve().is_relative_to(bundled("fixtures").resolve())


class ChecklistFile(pytest.File):
    """A checklist."""

    def collect(self) -> Iterator[pytest.Item]:
        """An item for every control that the policy demands."""
        from seatrial.compliance.checklist import load
        from seatrial.core.errors import UsageError

        trial = trial_of(self.config)
        assert trial is not None
        try:
            checklist = load(self.path)
        except UsageError as error:
            raise self.CollectError(str(error)) from error
        for control in checklist.demanded(trial.demand(self.path)):
            yield ControlItem.from_parent(self, name=control.id, control=control)


class ControlItem(pytest.Item):
    """One control.

    Attributes:
        control: what is demanded.
    """

    def __init__(self, *, control: Control, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.control = control

    def runtest(self) -> None:
        """Judge the control on what the trial has shown and what people have attested."""
        trial = trial_of(self.config)
        assert trial is not None
        trial.judge_control(self.control)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where it stands, and what it is called."""
        return self.path, None, f"{self.control.id} {self.control.title}"
