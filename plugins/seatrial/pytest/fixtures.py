"""Fixtures for tests of a target: bundled suites use them, and so may anybody's own tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from seatrial.pytest.run import trial_of

if TYPE_CHECKING:
    from seatrial.core.objective import Objective
    from seatrial.load.traffic import Traffic
    from seatrial.pytest.dependencies import WatchedFault
    from seatrial.pytest.trial import TrialRun
    from seatrial.targets.target import Target

NAMES = frozenset(
    {
        "trial",
        "trial_target",
        "traffic",
        "objective",
        "trial_objective",
        "dependency",
        "trial_scenario",
        "trial_criterion",
        "trial_behaviour",
        "trial_answer",
        "trial_component",
        "trial_conversations",
        "trial_work",
        "trial_remediation",
    }
)
"""A test that uses one of these is part of the trial."""


@pytest.fixture(scope="session")
def trial(request: pytest.FixtureRequest) -> TrialRun:
    """The running trial: its policy, seed and journal. Needs ``--trial-policy``."""
    running = trial_of(request.config)
    if running is None:
        raise pytest.UsageError("this test needs a release policy: run pytest with --trial-policy FILE")
    return running


@pytest.fixture
def trial_target(trial: TrialRun, request: pytest.FixtureRequest) -> Target:
    """A target of the policy, ready for ``send(...)``; a test that asks for it runs once a target."""
    return trial.target(getattr(request, "param", None))


@pytest.fixture
def traffic(trial: TrialRun) -> Callable[..., Traffic]:
    """``traffic("steady")``: the traffic of that name in the policy, shared by all tests of the session.

    ``traffic("steady", under=fault)``: fresh traffic of that kind while a fault is in force.
    """

    def named(name: str, *, under: WatchedFault | None = None) -> Traffic:
        if under is None:
            return trial.traffic(name)
        return trial.resilience.traffic(name, under.inject)

    return named


@pytest.fixture
def objective(trial: TrialRun) -> Callable[[str], Objective]:
    """``objective("availability")``: the objective of that name in the policy."""
    return trial.objective


@pytest.fixture
def trial_objective(trial: TrialRun, request: pytest.FixtureRequest) -> Objective:
    """An objective of the policy; a test that asks for it runs once an objective."""
    return trial.objective(request.param)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Once a target, once an objective."""
    running = trial_of(metafunc.config)
    if running is None:
        return
    if "trial_objective" in metafunc.fixturenames:
        names = running.objective_names
        metafunc.parametrize("trial_objective", names, ids=names, indirect=True)
    if "trial_target" in metafunc.fixturenames:
        names = running.target_names
        metafunc.parametrize("trial_target", names, ids=names, indirect=True)
