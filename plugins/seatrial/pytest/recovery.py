"""Cases of the suite recovery: the target is killed once a session, and each component is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from seatrial.pytest.outcomes import inconclusive, not_applicable
from seatrial.pytest.run import trial_of

if TYPE_CHECKING:
    from seatrial.policy.resilience import ComponentSpec
    from seatrial.pytest.trial import TrialRun

FIXTURES = {"trial_component": None, "trial_conversations": "conversations", "trial_work": "work"}
"""Fixtures with a case for each component, or for each of one kind."""
NOTHING = "none"


class Component(NamedTuple):
    """A component of the target, and what the crash did to it."""

    trial: TrialRun
    item: str
    spec: ComponentSpec

    @property
    def crash(self) -> Any:
        """What the crash left (`seatrial.chaos.restart.Restart`); the target is killed now, if not yet."""
        found = self.trial.resilience.crash()
        if found.record.trouble is not None:
            raise found.record.trouble
        if found.record.unsteady:
            inconclusive(f"steady state not met before: {found.record.unsteady}")
        return found

    def found(self, finding: Any) -> None:
        """Let the test come to *finding*, and tell it."""
        numbers = finding.numbers
        if "seconds" in numbers or "rpo_seconds" in numbers:
            self.trial.record(
                "recovery",
                scenario="crash",
                component=self.spec.name,
                rto_seconds=numbers.get("seconds"),
                rpo_seconds=numbers.get("rpo_seconds"),
                limit=numbers.get("limit"),
                outcome=finding.outcome.value,
                reason=finding.reason,
                components=[self.spec.name],
                item=self.item,
            )
        exchanges = self.trial.resilience.crash().record.exchanges
        self.trial.resilience.found(
            self.item, finding, scenario="crash", aspect=self.spec.name, exchanges=exchanges
        )


def _component(trial: TrialRun, request: pytest.FixtureRequest) -> Component:
    if not any(target.process for target in trial.policy.spec.targets):
        not_applicable("the policy does not name the target's process: targets[].process")
    if request.param == NOTHING:
        not_applicable("the policy names no such component")
    spec = next(each for each in components(trial) if each.name == request.param)
    return Component(trial, request.node.nodeid, spec)


@pytest.fixture
def trial_component(trial: TrialRun, request: pytest.FixtureRequest) -> Component:
    """A component of the target; a test that asks for it runs once a component."""
    return _component(trial, request)


@pytest.fixture
def trial_conversations(trial: TrialRun, request: pytest.FixtureRequest) -> Component:
    """The conversations that the target keeps."""
    return _component(trial, request)


@pytest.fixture
def trial_work(trial: TrialRun, request: pytest.FixtureRequest) -> Component:
    """The work that the target has accepted."""
    return _component(trial, request)


def components(trial: TrialRun) -> list[ComponentSpec]:
    """The components of the policy, or the standard ones."""
    from seatrial.chaos.restart import components as of

    return of(trial.loaded)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Once a component."""
    running = trial_of(metafunc.config)
    if running is None:
        return
    for fixture, kind in FIXTURES.items():
        if fixture in metafunc.fixturenames:
            names = [each.name for each in components(running) if kind in (None, each.kind)] or [NOTHING]
            metafunc.parametrize(fixture, names, ids=names, indirect=True)
