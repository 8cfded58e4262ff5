"""The scenarios of a trial: each is run once, by the first item that needs it; its items judge what it left.

Imported only where there is a trial.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from seatrial.core.errors import HarnessError, SeatrialError
from seatrial.core.outcome import Outcome
from seatrial.pytest.outcomes import inconclusive, not_applicable

if TYPE_CHECKING:
    from seatrial.chaos.finding import Finding
    from seatrial.chaos.plan import Scenario
    from seatrial.chaos.record import Record
    from seatrial.chaos.remediation.facts import Loop, Remedied
    from seatrial.chaos.restart import Restart
    from seatrial.chaos.stage import Stage
    from seatrial.faults.dependency import Dependencies
    from seatrial.load.traffic import Traffic
    from seatrial.policy.dependency import DependencySpec
    from seatrial.policy.resilience import InjectSpec
    from seatrial.pytest.trial import TrialRun
    from seatrial.targets.config import TargetConfig


class Resilience:
    """What a trial knows of dependencies and scenarios.

    Args:
        trial: the trial.
        configs: its targets.
        told: writes an event of a traffic, for the running test.

    Attributes:
        scenarios: by name, in the policy's order.
        loops: of automated remediation, likewise.

    Raises:
        UsageError: a fault that there is none of, or attributes that it does not take.
    """

    def __init__(
        self, trial: TrialRun, configs: Mapping[str, TargetConfig], told: Callable[..., None]
    ) -> None:
        self._trial = trial
        self._configs = configs
        self._told = told
        self._open = ExitStack()
        self._dependencies: Dependencies | None = None
        self._records: dict[str, Record] = {}
        self._traffics: dict[tuple[str, str], Traffic] = {}
        self._broken: str | None = None
        self._restart: Restart | None = None
        self._remedied: dict[str, Remedied] = {}
        spec = trial.loaded.spec
        self.scenarios: dict[str, Scenario] = {}
        if spec.dependencies or spec.resilience:
            from seatrial.chaos.plan import scenarios

            self.scenarios = {each.name: each for each in scenarios(trial.loaded)}
        self.loops: dict[str, Loop] = {}
        if spec.remediation:
            from seatrial.chaos.remediation.facts import loops

            self.loops = {each.spec.name: each for each in loops(trial.loaded)}

    # ---- dependencies

    def open(self) -> None:
        """Put the fault proxy between the target and its dependencies; the second time nothing happens.

        Raises:
            HarnessError: a port is taken, or the proxy server does not answer.
        """
        specs = self._trial.loaded.spec.dependencies
        if self._dependencies is not None or not specs:
            return
        from seatrial.faults.dependency import Dependencies

        given = [described(spec) for spec in specs]
        url = self._trial.config.getoption("trial_toxiproxy")
        opened = Dependencies(given, toxiproxy=url, seed=self._trial.seed, apart=True)
        self._dependencies = self._open.enter_context(opened)
        self._trial.control_url = self._dependencies.url

    @property
    def dependencies(self) -> Mapping[str, Any]:
        """Those of the policy, by name, behind their proxies."""
        self.open()
        return {} if self._dependencies is None else self._dependencies

    def close(self) -> None:
        """Nothing of ours listens any more; what went wrong inside is told as trouble of the run."""
        for traffic in self._traffics.values():
            traffic.close()
        self._traffics.clear()
        self._dependencies = None
        try:
            self._open.close()
        except SeatrialError as error:
            self._trial.trouble(error)

    # ---- scenarios

    def record(self, name: str) -> Record:
        """What the scenario called *name* left; it is run now, where it was not run yet.

        Raises:
            HarnessError: an earlier fault was not taken back, so nothing that is measured now would count.
        """
        if name not in self._records:
            self._whole()
            from seatrial.chaos.scenario import run

            record = self._records[name] = run(self.scenarios[name], self._stage(self._told))
            self._seen_to(name, record)
        return self._records[name]

    def remedied(self, name: str) -> Remedied:
        """What the loop of remediation called *name* left; it is exercised now, where it was not yet.

        Raises:
            HarnessError: as `record`.
        """
        if name not in self._remedied:
            self._whole()
            from seatrial.chaos.remediation.drill import drill

            found = self._remedied[name] = drill(self.loops[name], self._stage(self._told))
            self._seen_to(name, found.record)
        return self._remedied[name]

    def _whole(self) -> None:
        if self._broken is not None:
            raise HarnessError(f"{self._broken}: nothing that is measured after it counts")

    def _seen_to(self, name: str, record: Record) -> None:
        if record.broken:
            self._broken = f"a fault of the scenario {name} was not taken back"

    def crash(self) -> Restart:
        """What killing the target left; it is killed now, where it was not yet."""
        if self._restart is None:
            from seatrial.chaos.restart import crash

            name = next(each.name for each in self._trial.policy.spec.targets if each.process)
            self._restart = crash(self._stage(self._told), self._trial.target(name))
        return self._restart

    def _stage(self, record: Callable[..., None]) -> Stage:
        from seatrial.chaos.stage import Stage

        trial = self._trial
        return Stage(trial.loaded, self._configs, lambda: self.dependencies, seed=trial.seed, record=record)

    # ---- traffic of a user's own test

    def traffic(self, name: str, inject: InjectSpec) -> Traffic:
        """Fresh traffic like the one called *name*, under a fault that a test has injected itself."""
        from seatrial.chaos.phase import UNDER
        from seatrial.chaos.plan import scenario
        from seatrial.policy.resilience import ScenarioSpec

        title = inject.name or inject.toxic
        key = (name, title)
        if key not in self._traffics:
            spec = ScenarioSpec(name=title, traffic=name, inject=(inject,))
            built = scenario(self._trial.loaded, spec)
            stage = self._stage(lambda event, **fields: self._told(event, **renamed(event, fields, title)))
            self._traffics[key] = stage.phase(built, UNDER).traffic
        return self._traffics[key]

    def forget(self, title: str) -> None:
        """The fault of that title is over: its traffic is never used again."""
        for key in [key for key in self._traffics if key[1] == title]:
            self._traffics.pop(key).close()

    # ---- what an item comes to

    def found(self, item: str, finding: Finding, *, scenario: str, aspect: str, exchanges: int) -> None:
        """Let the running test come to *finding*, and tell it."""
        fields = {**finding.to_dict(), "scenario": scenario, "aspect": aspect, "item": item}
        self._trial.record("finding", **fields)
        record = self._trial.records[item]
        record.exchanges = max(record.exchanges, exchanges)
        if finding.outcome is Outcome.FAILED:
            pytest.fail(finding.reason, pytrace=False)
        if finding.outcome is Outcome.INCONCLUSIVE:
            inconclusive(finding.reason)
        if finding.outcome is Outcome.NOT_APPLICABLE:
            not_applicable(finding.reason)
        record.ruling = finding.outcome, finding.reason


def described(spec: DependencySpec) -> dict[str, Any]:
    """A dependency as the proxy server takes it."""
    given: dict[str, Any] = {
        "name": spec.name,
        "listen": spec.listen,
        "upstream": spec.upstream,
        "protocol": spec.protocol,
    }
    return given if spec.tls is None else {**given, "tls": spec.tls}


def renamed(event: str, fields: dict[str, Any], title: str) -> dict[str, Any]:
    """An event about an objective that was judged under a fault: its name says so."""
    if event == "verdict":
        name = f"{title}/{fields['objective']['name']}"
        return {
            **fields,
            "objective": {**fields["objective"], "name": name},
            "verdict": {**fields["verdict"], "objective": name},
        }
    if event == "progress":
        return {**fields, "objective": f"{title}/{fields['objective']}"}
    return fields
