"""Cases of the suite recovery: each loop of remediation is exercised once a session, and looked at."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from seatrial.pytest.outcomes import not_applicable
from seatrial.pytest.run import trial_of

if TYPE_CHECKING:
    from seatrial.chaos.finding import Finding
    from seatrial.chaos.remediation.facts import Remedied
    from seatrial.pytest.trial import TrialRun

FIXTURE = "trial_remediation"
NOTHING = "none"


class Remediation(NamedTuple):
    """A loop of the policy."""

    trial: TrialRun
    item: str
    loop: str

    def came_to(self, judge: Callable[[Remedied], Finding]) -> None:
        """Let the test come to what *judge* finds; the loop is exercised now, if it was not yet."""
        found: Any = self.trial.resilience.remedied(self.loop)
        self.trial.resilience.found(
            self.item,
            judge(found),
            scenario=self.loop,
            aspect=judge.__name__,
            exchanges=found.record.exchanges,
        )


@pytest.fixture
def trial_remediation(trial: TrialRun, request: pytest.FixtureRequest) -> Remediation:
    """A loop of automated remediation; a test that asks for it runs once for each."""
    if request.param == NOTHING:
        not_applicable("the policy declares no remediation")
    return Remediation(trial, request.node.nodeid, request.param)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Once a loop."""
    running = trial_of(metafunc.config)
    if running is not None and FIXTURE in metafunc.fixturenames:
        names = list(running.resilience.loops) or [NOTHING]
        metafunc.parametrize(FIXTURE, names, ids=names, indirect=True)
