"""Dependencies and scenarios in tests: ``dependency("primary").inject("down")``, a case for each scenario."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import pytest

from seatrial.pytest.outcomes import inconclusive, not_applicable
from seatrial.pytest.run import trial_of

if TYPE_CHECKING:
    from seatrial.policy.resilience import InjectSpec
    from seatrial.pytest.trial import TrialRun

NOTHING = "none"
KINDS = {
    "trial_scenario": "scenario",
    "trial_criterion": "criterion",
    "trial_behaviour": "aspect",
    "trial_answer": "aspect",
}
"""Fixtures with a case for each scenario, for each of its criteria, and for each aspect asked of it."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Our option."""
    parser.getgroup("sea trial").addoption(
        "--trial-toxiproxy",
        metavar="URL",
        help="inject TCP faults through this Toxiproxy server instead of seatrial's own proxy",
    )


# ---- a user's own faults


class WatchedFault:
    """A fault of a test; that it acted, and that it was taken back, is seen to even if the test forgets.

    Attributes:
        on, type: what it hits, and how.
    """

    def __init__(self, trial: TrialRun, item: str, on: str, fault: Any, inject: InjectSpec) -> None:
        self.on = on
        self.type = inject.toxic
        self.inject = inject
        self.entered = self.over = False
        self._trial = trial
        self._item = item
        self._fault = fault

    @property
    def witness(self) -> Any:
        """How often it acted up to now, or up to its end: ``hits``, ``first``, ``last``."""
        return self._fault.witness

    def __enter__(self) -> Self:
        self._fault.__enter__()
        self.entered = True
        self._tell("injected")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.over = True
        try:
            self._fault.__exit__(kind, error, trace)
        except BaseException as trouble:
            self._tell("failed", error=str(trouble))
            raise
        finally:
            self._trial.resilience.forget(str(self.inject.name))
        self._tell("reverted", hits=self.witness.hits)

    def _tell(self, phase: str, *, hits: int | None = None, error: str | None = None) -> None:
        self._trial.record(
            "fault",
            phase=phase,
            scenario=None,
            item=self._item,
            name=self.inject.name,
            on=self.on,
            type=self.type,
            attributes=self.inject.attributes,
            toxicity=self.inject.toxicity,
            hits=hits,
            error=error,
        )


class WatchedDependency:
    """A dependency of the policy, in a test.

    Attributes:
        faults: all that the test has made.
    """

    def __init__(self, trial: TrialRun, item: str, name: str, faults: list[WatchedFault]) -> None:
        self.name = name
        self.faults = faults
        self._trial = trial
        self._item = item
        self._dependency = trial.resilience.dependencies[name]

    def inject(
        self,
        type: str,
        *,
        attributes: dict[str, Any] | None = None,
        toxicity: float = 1.0,
        stream: str = "downstream",
        **when: Any,
    ) -> WatchedFault:
        """A fault to be entered as a context; see `seatrial.faults.dependency.Dependency.inject`.

        Raises:
            UsageError: no such fault or attribute, or a value that does not fit.
        """
        from seatrial.policy.resilience import InjectSpec

        number = sum(fault.on == self.name and fault.type == type for fault in self.faults)
        name = f"{self.name}-{type.replace('.', '-')}" + (f"-{number + 1}" if number else "")
        fault = self._dependency.inject(
            type, attributes=attributes, toxicity=toxicity, stream=stream, name=name, **when
        )
        given = {**(attributes or {}), **{key.rstrip("_"): value for key, value in when.items()}}
        inject = InjectSpec(on=self.name, toxic=type, attributes=given, toxicity=toxicity, name=name)
        self.faults.append(WatchedFault(self._trial, self._item, self.name, fault, inject))
        return self.faults[-1]

    def attempts(self, since: int = 0) -> list[Any]:
        """What its flight recorder has, above number *since*."""
        return list(self._dependency.attempts(since))


@pytest.fixture
def dependency(
    trial: TrialRun, request: pytest.FixtureRequest
) -> Iterator[Callable[[str], WatchedDependency]]:
    """``dependency("primary").inject("down")``: a fault on a dependency of the policy, as a context.

    Afterwards every fault is taken back, and one that never hit makes the test inconclusive.
    """
    faults: list[WatchedFault] = []
    yield lambda name: WatchedDependency(trial, request.node.nodeid, name, faults)
    for fault in reversed(faults):
        if fault.entered and not fault.over:
            fault.__exit__(None, None, None)
    for fault in faults:
        if fault.entered and not fault.witness.hits:
            inconclusive(f"the fault never hit: {fault.type} on {fault.on!r}")


# ---- cases of the bundled suite


class Case(NamedTuple):
    """A scenario, and what of it is looked at."""

    trial: TrialRun
    item: str
    scenario: str
    aspect: str

    def found(self, finding: Any) -> None:
        """Let the test come to *finding*."""
        exchanges = self.trial.resilience.record(self.scenario).exchanges
        self.trial.resilience.found(
            self.item, finding, scenario=self.scenario, aspect=self.aspect, exchanges=exchanges
        )

    @property
    def record(self) -> Any:
        """What the scenario left (`seatrial.chaos.record.Record`); it is run where it was not run yet."""
        return self.trial.resilience.record(self.scenario)

    def recovered(self, finding: Any) -> None:
        """Let the test come to what the recovery was, and tell it."""
        numbers = finding.numbers
        self.trial.record(
            "recovery",
            scenario=self.scenario,
            rto_seconds=numbers.get("rto_seconds"),
            limit=numbers.get("limit"),
            consecutive=numbers.get("consecutive"),
            repeats=numbers.get("repeats"),
            outcome=finding.outcome.value,
            reason=finding.reason,
            components=[],
            item=self.item,
        )
        self._replace(aspect="recovers").found(finding)

    def told(self, objective: Any, verdict: Any) -> None:
        """Tell the verdict on a criterion."""
        self.trial.records[self.item].objective = objective.name
        self.trial.told("verdict", objective=objective.to_dict(), verdict=verdict.to_dict())


def _case(trial: TrialRun, request: pytest.FixtureRequest) -> Case:
    if request.param == NOTHING:
        not_applicable("the policy asks for nothing of this kind")
    scenario, _, aspect = str(request.param).partition("/")
    return Case(trial, request.node.nodeid, scenario, aspect)


@pytest.fixture
def trial_scenario(trial: TrialRun, request: pytest.FixtureRequest) -> Case:
    """A scenario of the policy; a test that asks for it runs once a scenario."""
    return _case(trial, request)


@pytest.fixture
def trial_criterion(trial: TrialRun, request: pytest.FixtureRequest) -> Case:
    """What must hold under a fault; a test that asks for it runs once for each."""
    return _case(trial, request)


@pytest.fixture
def trial_behaviour(trial: TrialRun, request: pytest.FixtureRequest) -> Case:
    """How the target must behave as a client; a test that asks for it runs once for each."""
    return _case(trial, request)


@pytest.fixture
def trial_answer(trial: TrialRun, request: pytest.FixtureRequest) -> Case:
    """What callers must be told; a test that asks for it runs once for each."""
    return _case(trial, request)


def cases(trial: TrialRun, fixture: str) -> list[str]:
    """The ids of a fixture's cases."""
    found = []
    for name, scenario in trial.resilience.scenarios.items():
        spec = scenario.spec
        aspects: dict[str, list[str]] = {
            "trial_scenario": [""],
            "trial_criterion": list(scenario.objectives),
            "trial_behaviour": [each.aspect for each in spec.client_behaviour],
            "trial_answer": [each.aspect for each in spec.answers],
        }
        found += [f"{name}/{aspect}" if aspect else name for aspect in aspects[fixture]]
    return found or [NOTHING]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Once a scenario, a criterion, an aspect."""
    running = trial_of(metafunc.config)
    if running is None:
        return
    for fixture in KINDS:
        if fixture in metafunc.fixturenames:
            ids = cases(running, fixture)
            metafunc.parametrize(fixture, ids, ids=ids, indirect=True)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The items of one scenario together: what is told follows what is done."""
    running = trial_of(config)
    if running is None:
        return
    places = [number for number, item in enumerate(items) if _scenario(item) is not None]
    order = {name: number for number, name in enumerate(running.resilience.scenarios)}
    ours = sorted(
        (items[number] for number in places), key=lambda item: order.get(str(_scenario(item)), len(order))
    )
    for number, item in zip(places, ours, strict=True):
        items[number] = item


def _scenario(item: pytest.Item) -> str | None:
    """The scenario that an item is a case of, None for any other."""
    params = getattr(getattr(item, "callspec", None), "params", {})
    return next((str(params[name]).partition("/")[0] for name in KINDS if name in params), None)
