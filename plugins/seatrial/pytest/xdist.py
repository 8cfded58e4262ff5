"""Under pytest-xdist one worker runs all of a trial: two loads at a time would spoil both measurements.

Registered only where pytest-xdist distributes a session that has a trial; a user's other tests spread over
the workers as ever.
"""

from __future__ import annotations

from typing import Any

import pytest

from seatrial.core.journal import read_journal
from seatrial.pytest.trial import TrialRun


class Distribution:
    """Keeps a trial together, in the controller.

    Args:
        trial: the controller's; its workers write to the same journal.
    """

    def __init__(self, trial: TrialRun) -> None:
        self._trial = trial

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker which run it belongs to."""
        node.workerinput.update(self._trial.workerinput())

    @pytest.hookimpl(optionalhook=True, tryfirst=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        """A scheduler that treats the trial's tests as one, and every other test as one of its own."""
        from xdist.scheduler import LoadScopeScheduling

        trial = self._trial

        class Scheduling(LoadScopeScheduling):  # type: ignore[misc, unused-ignore]
            _together: frozenset[str] | None = None

            def _split_scope(self, nodeid: str) -> str:
                if self._together is None:
                    # The first worker has written what belongs to the trial before its tests are handed out.
                    events = read_journal(trial.journal_path).all("collected")
                    self._together = frozenset(item["id"] for event in events for item in event["items"])
                return "seatrial" if nodeid in self._together else nodeid

        return Scheduling(config, log)
