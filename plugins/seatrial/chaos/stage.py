"""What scenarios act on: the policy's targets, its dependencies behind proxies, traffic of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path
from typing import Any, Protocol

from seatrial.chaos.asking import Asker
from seatrial.chaos.known_attempts import KnownAttempts
from seatrial.chaos.phase import UNDER, Phase
from seatrial.chaos.plan import Injection, Scenario
from seatrial.core.errors import UsageError
from seatrial.core.risk import Risk
from seatrial.core.tenants import Tenants
from seatrial.faults.recorder import Attempt
from seatrial.load.budget import Budget
from seatrial.load.closed_loop import ClosedLoop
from seatrial.load.from_policy import arrivals_told, connections_of, keys_of, open_loop, prices, tenants_of
from seatrial.load.lag import Lag
from seatrial.load.ledger import Ledger
from seatrial.load.prompts import PromptSet, load_prompts
from seatrial.load.traffic import Arrivals, Sender, Traffic
from seatrial.policy.loader import LoadedPolicy
from seatrial.policy.traffic import TrafficSpec
from seatrial.targets.client import Client
from seatrial.targets.config import TargetConfig, Timeouts
from seatrial.targets.secret import Secret

CALM = Risk(bursts_up_to=None, min_duration=0.0, segments=1, pause=0.0)
"""Of phases in which nothing is judged."""


class Proxied(Protocol):
    """A dependency behind its fault proxy (`seatrial.faults.dependency.Dependency`)."""

    @property
    def name(self) -> str:
        """As in the policy."""

    def inject(
        self,
        type: str,
        *,
        attributes: dict[str, Any] | None = None,
        toxicity: float = 1.0,
        stream: str = "downstream",
        name: str | None = None,
    ) -> AbstractContextManager[Any]:
        """A fault: entering injects it and reads it back, leaving takes it back."""

    def attempts(self, since: int = 0) -> list[Attempt]:
        """What its flight recorder has, above number *since*."""


class Stage:
    """Everything a scenario needs of the world.

    Args:
        loaded: the policy.
        configs: its targets.
        dependencies: opens the proxies of the policy's dependencies; called once, when first needed.
        seed: of the run.
        record: writes an event of a traffic to the journal.
    """

    def __init__(
        self,
        loaded: LoadedPolicy,
        configs: Mapping[str, TargetConfig],
        dependencies: Callable[[], Mapping[str, Proxied]],
        *,
        seed: int,
        record: Callable[..., None],
    ) -> None:
        self.loaded = loaded
        self.seed = seed
        self.record = record
        self._configs = configs
        self._open = dependencies
        self._proxies: Mapping[str, Proxied] | None = None
        self._known: dict[str, KnownAttempts] = {}

    @property
    def dependencies(self) -> Mapping[str, Proxied]:
        """By name, in the policy's order."""
        if self._proxies is None:
            self._proxies = self._open()
        return self._proxies

    def config(self, scenario: Scenario) -> TargetConfig:
        """The target that a scenario's traffic goes to."""
        spec = self.loaded.traffic(scenario.traffic)
        return self._configs[spec.target or next(iter(self._configs))]

    def phase(
        self, scenario: Scenario, name: str, *, budget: Budget | None = None, paced: bool = False
    ) -> Phase:
        """A traffic of the scenario's own for one of its phases.

        Args:
            budget: in place of the scenario's.
            paced: callers wait a little after an error that came at once.
        """
        judged = name == UNDER
        title = scenario.under if judged else f"{scenario.under}/{name}"
        spec, lag = self.loaded.traffic(scenario.traffic), Lag()
        seed = self.seed if spec.seed is None else spec.seed
        callers = self._callers(scenario, f"{seed}:{title}", paced and not scenario.scheduled)
        budget = budget or _budget(scenario.spec.budget or spec.budget)
        risk = scenario.risk if judged else CALM
        opening = {
            "scenario": scenario.name,
            "phase": name,
            **callers.facts,
            "budget": {"requests": budget.requests, "duration": budget.duration, "cost": budget.cost},
            "warmup": 0,
            "min_duration": risk.min_duration,
            "segments": risk.segments,
        }
        ledger = Ledger(
            title,
            self.record,
            opening=opening,
            objectives=list(scenario.objectives.values()) if judged else (),
            prompt_text=lambda number: callers.prompts[number].text,
        )
        arrivals: Arrivals = ClosedLoop(callers.connections)
        if scenario.scheduled:
            arrivals = open_loop(self.loaded, spec, [seed, *title.encode()], lag, unending=not judged)
        traffic = Traffic(
            title,
            callers.connect,
            len(callers.prompts),
            arrivals=arrivals,
            budget=budget,
            risk=risk,
            seed=seed,
            lag=lag,
            tenants=callers.tenants,
            prices=prices(self.loaded, callers.config.name),
            ledger=ledger,
        )
        callers.phase = phase = Phase(name, traffic)
        return phase

    def _callers(self, scenario: Scenario, draw: str, paced: bool) -> _Callers:
        spec, own = self.loaded.traffic(scenario.traffic), self.config(scenario)
        asked = load_prompts(self.loaded.prompts(scenario.traffic), spec.prompts)
        return _Callers(
            replace(own, timeouts=_patient(own.timeouts, scenario.patience)),
            asked.with_params(spec.max_tokens, {**spec.params, **scenario.spec.params}),
            _connections(scenario, spec),
            spec.stream if scenario.spec.stream is None else scenario.spec.stream,
            draw,
            paced,
            scenario.spec.alike,
            tenants_of(spec),
            keys_of(spec),
            arrivals_told(spec) if scenario.scheduled else None,
            scenario.patience if scenario.scheduled else inf,
        )

    def inject(self, injection: Injection, name: str) -> AbstractContextManager[Any]:
        """A fault, ready to be entered.

        Raises:
            UsageError: there is nothing of that name that could be hit.
        """
        if injection.process:
            return self._process_fault(injection)
        return self.dependencies[injection.on].inject(
            injection.type,
            attributes=dict(injection.attributes),
            toxicity=injection.toxicity,
            stream=injection.stream,
            name=name,
        )

    def _process_fault(self, injection: Injection) -> AbstractContextManager[Any]:
        from seatrial.faults.process.registry import inject

        where = self.loaded.where("spec", "targets", injection.on, "process")
        return inject(
            self.process(injection.on),
            injection.type,
            dict(injection.attributes),
            name=injection.name,
            where=where,
        )

    def process(self, target: str) -> int | Path:
        """The process of a target: its id, or the folder of its control group.

        Raises:
            UsageError: the policy names none, or its pidfile does not hold one.
        """
        spec = self.loaded.target(target).process
        where = self.loaded.where("spec", "targets", target, "process")
        if spec is None:
            raise UsageError(f"the policy does not name the process of target {target!r}", where=where)
        if spec.pid is not None:
            return spec.pid
        if spec.cgroup is not None:
            return Path(spec.cgroup)
        index = [each.name for each in self.loaded.spec.targets].index(target)
        path = self.loaded.file("spec", "targets", index, "process", "pidfile")
        assert path is not None
        try:
            return int(path.read_text(encoding="ascii"))
        except (OSError, ValueError) as error:
            raise UsageError(f"the pidfile {path} holds no process id", where=where) from error

    def attempts(self, since: Mapping[str, int], *, anew: bool = False) -> dict[str, list[Attempt]]:
        """What each dependency's recorder has, above the given numbers.

        Args:
            anew: read all of it again, and not only what may have changed since it was last read.
        """
        if anew:
            self._known.clear()
        return {
            name: self._known.setdefault(name, KnownAttempts(proxied.attempts)).above(since.get(name, 0))
            for name, proxied in self.dependencies.items()
        }

    def marks(self) -> dict[str, int]:
        """The number of each dependency's latest attempt."""
        return {
            name: max((each.number for each in found), default=0) for name, found in self.attempts({}).items()
        }


@dataclass
class _Callers:
    """Who asks in one phase.

    Attributes:
        connections: at a time; in a closed loop each of them is a caller who waits for the answer.
        draw: what references are drawn from.
        arrivals: the schedule, as the journal is told; None in a closed loop.
        patience: seconds that a request waits for a free connection before it is given up.
    """

    config: TargetConfig
    prompts: PromptSet
    connections: int
    stream: bool
    draw: str
    paced: bool
    alike: int
    tenants: Tenants | None
    keys: Sequence[Secret | None]
    arrivals: dict[str, Any] | None
    patience: float
    phase: Phase | None = None

    @property
    def facts(self) -> dict[str, Any]:
        """What the journal is told of them."""
        return {
            "target": self.config.name,
            "concurrency": None if self.arrivals else self.connections,
            "arrivals": self.arrivals,
            "connections": self.connections,
            "stream": self.stream,
            "alike": self.alike,
            "prompts": self.prompts.name,
            "prompts_digest": self.prompts.digest,
        }

    async def connect(self) -> Sender:
        """The measuring client, made inside the running loop."""
        phase = self.phase
        assert phase is not None

        def began(zero: float) -> None:
            phase.zero = zero

        return Asker(
            Client(self.config, connections=self.connections, patience=self.patience),
            self.prompts,
            stream=self.stream,
            draw=self.draw,
            told=phase.seen.append,
            began=began,
            paced=self.paced,
            alike=self.alike,
            tenants=self.tenants,
            keys=self.keys,
        )


def _connections(scenario: Scenario, spec: TrafficSpec) -> int:
    if scenario.scheduled:
        return connections_of(spec)
    return scenario.spec.concurrency or spec.in_flight or spec.concurrency


def _patient(own: Timeouts, patience: float) -> Timeouts:
    """Callers who give up after *patience* seconds."""
    bounds = (min(each, patience) for each in (own.connect, own.first_byte, own.idle, own.total))
    return Timeouts(*bounds)


def _budget(spec: Any) -> Budget:
    return Budget(
        requests=spec.requests, duration=spec.duration, cost=spec.cost.amount if spec.cost else None
    )
