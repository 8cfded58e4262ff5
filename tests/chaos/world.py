"""A small world for scenarios: a target, a dependency and faults in this process, as bad as wanted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from seatrial.chaos.asking import Seen
from seatrial.chaos.phase import UNDER, Phase
from seatrial.chaos.plan import Injection, Scenario, scenario
from seatrial.chaos.stage import CALM
from seatrial.core.errors import HarnessError
from seatrial.core.exchange import ErrorKind, Exchange
from seatrial.core.risk import Risk
from seatrial.core.tenants import Tenants
from seatrial.faults.recorder import Attempt
from seatrial.load.budget import Budget
from seatrial.load.closed_loop import ClosedLoop
from seatrial.load.ledger import Ledger
from seatrial.load.traffic import Traffic
from seatrial.policy.loader import LoadedPolicy, load_policy
from seatrial.policy.resilience import ScenarioSpec
from seatrial.targets.client import clock

POLICY = """\
apiVersion: seatrial/v1alpha1
kind: ReleasePolicy
metadata: {name: heavy-weather}
spec:
  targets: [{name: gateway, uri: "http://127.0.0.1:4000/v1", model: chat, process: {pid: 4000}}]
  dependencies:
    - {name: primary,   listen: 127.0.0.1:9101, upstream: 127.0.0.1:9001}
    - {name: secondary, listen: 127.0.0.1:9102, upstream: 127.0.0.1:9002}
  traffic: [{name: steady, concurrency: 4, budget: {requests: 4000, duration: 5s}}]
  objectives: [{name: availability, traffic: steady, indicator: availability, target: 90%}]
  risk: {dependence: independent}
  suites: [resilience]
"""
QUICK = {"min_duration": "20ms", "steady_within": "300ms", "recovery": {"consecutive": 5, "rto": "2s"}}


def policy(folder: Path, text: str = POLICY) -> LoadedPolicy:
    """That policy, read."""
    path = folder / "policy.yaml"
    path.write_text(text, encoding="utf-8")
    return load_policy(path, environ={})


class Fault:
    """A fault of the world (`seatrial.faults.dependency.Fault`)."""

    def __init__(self, world: World, injection: Injection, name: str) -> None:
        self.world, self.injection, self.name = world, injection, name
        self.hits = 0

    @property
    def witness(self) -> Any:
        return SimpleNamespace(hits=self.hits, first=None, last=None)

    def __enter__(self) -> Fault:
        if self.world.refuses:
            raise HarnessError("it did not take")
        self.world.active[self.name] = self
        return self

    def __exit__(self, *error: object) -> None:
        del self.world.active[self.name]
        self.world.told.append(("reverted", self.name))
        self.world.back = time.monotonic()
        if self.world.keeps:
            raise HarnessError("it is still there")


class World:
    """The stage of a test (`seatrial.chaos.stage.Stage`).

    Args:
        falls_back: whether the target answers under a fault all the same.
        slow: seconds after a fault until it answers again.
        sick: whether it never answers.
        unhit: whether no fault ever acts.
        starved: the tenant (of a and b) that gets no answer under a fault.
        takes: seconds for an answer.
        refuses, keeps: whether faults fail to take, or to be taken back.
    """

    def __init__(
        self,
        folder: Path,
        *,
        falls_back: bool = True,
        slow: float = 0.0,
        sick: bool = False,
        unhit: bool = False,
        starved: str = "",
        takes: float = 0.002,
        refuses: bool = False,
        keeps: bool = False,
    ) -> None:
        self.loaded = policy(folder)
        self.falls_back, self.slow, self.sick, self.unhit = falls_back, slow, sick, unhit
        self.refuses, self.keeps, self.starved, self.takes = refuses, keeps, starved, takes
        self.active: dict[str, Fault] = {}
        self.back = 0.0
        self.events: list[dict[str, Any]] = []
        self.told: list[tuple[str, str]] = []
        self.seen: list[Attempt] = []
        self.asked = 0
        self.on_request: Callable[[int], None] = lambda number: None

    def scenario(self, **changes: Any) -> Scenario:
        """A scenario of this world: its primary goes down."""
        given = {"name": "dies", "inject": [{"on": "primary", "toxic": "down"}], **QUICK, **changes}
        return scenario(self.loaded, ScenarioSpec.model_validate(given))

    def record(self, event: str, **fields: Any) -> None:
        self.events.append({"event": event, **fields})

    def inject(self, injection: Injection, name: str) -> Fault:
        return Fault(self, injection, name)

    def marks(self) -> dict[str, int]:
        return {"primary": 0}

    def attempts(self, since: Any, *, anew: bool = False) -> dict[str, list[Attempt]]:
        return {"primary": list(self.seen), "secondary": []}

    def phase(
        self, scenario: Scenario, name: str, *, budget: Budget | None = None, paced: bool = False
    ) -> Phase:
        title = scenario.under if name == UNDER else f"{scenario.under}/{name}"
        sender = _Sender(self)

        async def connect() -> _Sender:
            return sender

        traffic = Traffic(
            title,
            connect,
            10,
            arrivals=ClosedLoop(4),
            budget=budget or Budget(requests=1500, duration=5.0),
            risk=scenario.risk if name == UNDER else CALM,
            seed=7,
            ledger=Ledger(title, self.record),
            tenants=Tenants(("a", "b"), (1, 1), scenario.traffic),
        )
        sender.phase = phase = Phase(name, traffic)
        return phase

    def answers(self, tenant: str) -> bool:
        """Whether the next request, of *tenant*, gets an answer."""
        self.asked += 1
        self.on_request(self.asked)
        for fault in self.active.values():
            fault.hits += not self.unhit
        self.seen.append(_attempt(self.asked, tuple(self.active)))
        if self.sick:
            return False
        if self.active and not self.unhit:
            return self.falls_back and tenant != self.starved
        return not self.back or time.monotonic() - self.back >= self.slow

    @contextmanager
    def untouched(self) -> Iterator[None]:
        """Nothing is left in force at the end."""
        yield
        assert self.active == {}


class _Sender:
    def __init__(self, world: World) -> None:
        self.world = world
        self.phase: Phase | None = None

    def begin(
        self, prompt: int, then: Callable[[Exchange], None], *, index: int, intended: float, zero: float,
        failed: Callable[[BaseException], None],
    ) -> None:  # fmt: skip
        assert self.phase is not None
        self.phase.zero = self.phase.zero or time.monotonic() - (clock() - zero)
        sent = time.monotonic()
        tenants = self.phase.log.tenants
        assert tenants is not None
        try:
            ok = self.world.answers(tenants.names[tenants.sender(index)])
        except BaseException as error:
            failed(error)
            return

        def came() -> None:
            assert self.phase is not None
            error = None if ok else ErrorKind.RESET
            done = clock() - zero
            self.phase.seen.append(
                Seen(
                    sent, time.monotonic(), ok, 200, error, "small", None if ok else False, (), 5, "all alike"
                )
            )
            then(Exchange(index, intended, intended, done, first_chunk=done, status=200, error=error))

        asyncio.get_running_loop().call_later(self.world.takes, came)

    async def close(self) -> None:
        """Nothing is open."""


def _attempt(number: int, faults: tuple[str, ...]) -> Attempt:
    return Attempt(
        "primary", number, time.monotonic(), 0.001, "POST", "/v1/chat/completions", "small", None,
        None, f"{number:064x}", 10, 503 if faults else 200, 10, 0, faults, "ok",
    )  # fmt: skip


__all__ = ["POLICY", "QUICK", "Fault", "Risk", "World", "policy"]
