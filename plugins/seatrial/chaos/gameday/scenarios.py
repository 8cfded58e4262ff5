"""Scenarios of the policy inside a game day: run as the suite resilience does, called off with the day."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from seatrial.chaos import judge, plan
from seatrial.chaos import scenario as runs
from seatrial.chaos.gameday.abort import Abort
from seatrial.chaos.phase import Phase
from seatrial.chaos.record import Record
from seatrial.chaos.stage import Proxied, Stage
from seatrial.core.errors import UsageError
from seatrial.core.outcome import Outcome
from seatrial.load.budget import Budget
from seatrial.policy.loader import LoadedPolicy
from seatrial.targets.config import TargetConfig

Result = tuple[str, Outcome, str]


class AbortableStage(Stage):
    """A stage whose traffic looks at whether the game day was called off, as often as at anything else."""

    abort: Abort

    def phase(
        self, scenario: plan.Scenario, name: str, *, budget: Budget | None = None, paced: bool = False
    ) -> Phase:
        """As `Stage.phase`; its traffic raises Aborted as soon as the game day is called off."""
        phase = super().phase(scenario, name, budget=budget, paced=paced)
        extend = phase.traffic.extend

        def extended(until: Callable[[], bool]) -> None:
            def asked() -> bool:
                self.abort.check()
                return until()

            extend(asked)

        phase.traffic.extend = extended  # type: ignore[method-assign]
        return phase


class PolicyScenarios:
    """Runs the scenarios of a policy by their names.

    Args:
        loaded: the policy.
        configs: its targets.
        dependencies: behind the game day's fault proxy.
        seed: of the run.
        record: writes one event to the journal.
        abort: looked at while a scenario runs.
    """

    def __init__(
        self,
        loaded: LoadedPolicy,
        configs: Mapping[str, TargetConfig],
        dependencies: Mapping[str, Proxied],
        *,
        seed: int,
        record: Callable[..., None],
        abort: Abort,
    ) -> None:
        self._known = {each.name: each for each in plan.scenarios(loaded)}
        self._stage = AbortableStage(loaded, configs, lambda: dependencies, seed=seed, record=record)
        self._stage.abort = abort

    def run(self, name: str) -> list[Result]:
        """Run one, and judge all that it asks for.

        Raises:
            UsageError: the policy has none of that name.
            SeatrialError: a fault did not take, or was not taken back.
        """
        if name not in self._known:
            raise UsageError(f"the policy has no scenario {name!r}", hint=f"known: {', '.join(self._known)}")
        record = runs.run(self._known[name], self._stage)
        return list(_judged(record))


def _judged(record: Record) -> Iterator[Result]:
    acted = judge.acted(record)
    yield "the fault acted", acted.outcome, acted.reason
    for label in record.scenario.objectives:
        found: Any = judge.during(record, label)
        verdict = found[1] if isinstance(found, tuple) else found
        yield label, verdict.outcome, verdict.reason
    recovered = judge.recovered(record)
    yield "recovery", recovered.outcome, recovered.reason
    for aspect in record.scenario.spec.client_behaviour:
        seen = judge.behaviour(record, aspect)
        yield aspect.aspect, seen.outcome, seen.reason
    for aspect in record.scenario.spec.answers:
        seen = judge.told(record, aspect)
        yield aspect.aspect, seen.outcome, seen.reason
