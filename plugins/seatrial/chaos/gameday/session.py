"""One game day from its stage to its last event: all is started, the script is run, all is put back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from seatrial.chaos.gameday.abort import Abort, Aborted
from seatrial.chaos.gameday.background import Asker, Background, Sender
from seatrial.chaos.gameday.desk import Desk
from seatrial.chaos.gameday.journey import Journey, Scenarios
from seatrial.chaos.gameday.loader import LoadedGameDay
from seatrial.chaos.gameday.model import Background as BackgroundSpec
from seatrial.chaos.gameday.model import TargetRef
from seatrial.chaos.gameday.monitor import Monitor
from seatrial.chaos.gameday.outline import Outline
from seatrial.chaos.gameday.pulse import Pulse
from seatrial.chaos.gameday.runner import Runner
from seatrial.chaos.gameday.stage import Proxy, Stage
from seatrial.chaos.signals.watch import Record, Signals, sources
from seatrial.core.errors import SeatrialError
from seatrial.core.objective import Objective
from seatrial.load.configs import targets
from seatrial.load.ledger import Ledger
from seatrial.load.prompts import PromptSet, load_prompts
from seatrial.policy.parts import prompts_file
from seatrial.targets.client import Client
from seatrial.targets.config import TargetConfig

if TYPE_CHECKING:
    from seatrial.chaos.stage import Proxied

_CONNECTIONS = 16  # times the concurrency, where requests leave at a rate


@dataclass(frozen=True)
class Crew:
    """What a game day is given.

    Attributes:
        clock: seconds since the run began.
        record: writes one event to the journal.
        desk: the people.
        proxy: makes the fault proxy.
        identify: takes the target's identity: ``identify("before" | "after", config)``.
        hide: told every secret before it could be written anywhere.
        seed: of everything that is drawn.
    """

    clock: Callable[[], float]
    record: Record
    abort: Abort
    desk: Desk
    proxy: Callable[[], Proxy]
    identify: Callable[[str, TargetConfig], None]
    hide: Callable[[str], None]
    seed: int


def run(loaded: LoadedGameDay, crew: Crew) -> None:
    """Run a game day; what it came to is in the journal.

    Raises:
        UsageError: it cannot be run as it stands (a port is taken, a system is missing).
        HarnessError: a fault did not take or did not go, or the traffic broke off.
    """
    with ExitStack() as stack:
        signals = Signals(loaded.spec.signals, crew.clock, crew.record)
        stack.callback(signals.close)
        stage = stack.enter_context(Stage(loaded, signals.addresses, crew.proxy))
        for secret in stage.secrets():
            crew.hide(secret)
        config = _target(loaded, stage)
        crew.record("stage", **_staged(stage, config))
        crew.identify("before", config)
        pulse = Pulse()
        journey = Journey(crew.clock, crew.record, crew.abort, crew.desk, pulse, signals, stage.dependencies)
        journey.scenarios = _scenarios(loaded, config, stage, crew)
        runner = Runner(loaded.name, loaded.spec, journey)
        crew.record("collected", items=[_item(item.id, item.title) for item in runner.items.values()])
        traffic = _traffic(loaded, config, crew, pulse)
        signals.start(stage.filled)
        with traffic:
            _script(loaded, runner, traffic)
        signals.close()  # what they look at is about to be stopped
        traffic.check()
        if not crew.abort.called:
            crew.identify("after", config)


def opening(loaded: LoadedGameDay) -> dict[str, Any]:
    """What the journal tells of a game day before it begins."""
    spec = loaded.spec
    return {
        "phase": "begin",
        "name": loaded.name,
        "title": loaded.day.metadata.displayName or loaded.name,
        "description": spec.description,
        "file": loaded.source,
        "roles": {role: list(people) for role, people in spec.roles.items()},
        "steps": Outline(loaded.name, spec).told(),
        "signals": sources(spec.signals),
        "objectives": [objective.to_dict() for objective in objectives(loaded)],
        "consecutive": spec.consecutive,
    }


def objectives(loaded: LoadedGameDay) -> list[Objective]:
    """What good traffic is."""
    return [
        Objective(
            indicator=spec.indicator,
            op=spec.op,
            value=spec.value,
            target=spec.target,
            where=loaded.where("spec", "objectives", number),
        )
        for number, spec in enumerate(loaded.spec.objectives)
    ]


def _script(loaded: LoadedGameDay, runner: Runner, traffic: Background) -> None:
    """The script, and whatever happens the way back."""
    journey = runner.journey
    journey.abort.check()
    troubles: list[SeatrialError] = []
    try:
        with Monitor(journey, loaded.spec.stopConditions, traffic.check, runner.look) as monitor:
            runner.run()
    except Aborted:
        if monitor.trouble is not None:
            troubles.append(monitor.trouble)
    except SeatrialError as error:
        troubles.append(error)
        raise
    finally:
        if journey.abort.called or troubles or runner.faults.active:
            troubles += _rolled_back(runner)
    if troubles:
        raise troubles[0]


def _rolled_back(runner: Runner) -> list[SeatrialError]:
    abort = runner.journey.abort
    if abort.called:
        runner.journey.record("gameday", phase="abort", by=abort.by, why=abort.why)
    return runner.roll_back()


def _target(loaded: LoadedGameDay, stage: Stage) -> TargetConfig:
    named = loaded.spec.target
    if isinstance(named, TargetRef):
        return stage.target()
    assert loaded.policy is not None, "the file was checked: it has a target or a policy"
    configs = targets(loaded.policy)
    return configs[named or next(iter(configs))]


def _scenarios(loaded: LoadedGameDay, config: TargetConfig, stage: Stage, crew: Crew) -> Scenarios | None:
    if loaded.policy is None or all(step.run is None for step in loaded.spec.steps):
        return None
    from seatrial.chaos.gameday.scenarios import PolicyScenarios

    # A scenario goes where the game day's traffic goes, whatever the policy calls its own targets.
    configs = dict.fromkeys(targets(loaded.policy), config)
    dependencies = cast("Mapping[str, Proxied]", stage.dependencies)
    return PolicyScenarios(
        loaded.policy, configs, dependencies, seed=crew.seed, record=crew.record, abort=crew.abort
    )


def _traffic(loaded: LoadedGameDay, config: TargetConfig, crew: Crew, pulse: Pulse) -> Background:
    spec = _background(loaded)
    asked = load_prompts(_prompts(loaded), spec.prompts).with_params(spec.max_tokens, spec.params)
    connections = spec.concurrency * (_CONNECTIONS if spec.rate else 1)
    good = objectives(loaded)
    opening = {
        "target": config.name,
        "rate": spec.rate,
        "concurrency": None if spec.rate else spec.concurrency,
        "stream": spec.stream,
        "prompts": spec.prompts,
        "prompts_digest": asked.digest,
    }
    return Background(
        _connector(config, connections, asked, spec.stream),
        len(asked),
        rate=spec.rate,
        concurrency=spec.concurrency,
        seed=crew.seed,
        clock=crew.clock,
        ledger=Ledger(
            spec.name,
            crew.record,
            opening=opening,
            objectives=good,
            prompt_text=lambda number: asked[number].text,
        ),
        objectives=good,
        pulse=pulse,
    )


def _background(loaded: LoadedGameDay) -> BackgroundSpec:
    """The game day's own traffic, or the policy's without its budget: it flows until the end."""
    named = loaded.spec.traffic
    if isinstance(named, BackgroundSpec):
        return named
    assert loaded.policy is not None, "the file was checked: it has traffic or a policy"
    spec = loaded.policy.traffic(named or loaded.policy.spec.traffic[0].name)
    return BackgroundSpec(
        name=spec.name,
        prompts=spec.prompts,
        concurrency=spec.concurrency,
        stream=spec.stream,
        max_tokens=spec.max_tokens,
        params=spec.params,
    )


def _prompts(loaded: LoadedGameDay) -> Path:
    named = loaded.spec.traffic
    if isinstance(named, BackgroundSpec):
        return prompts_file(named.prompts, loaded.path.parent)
    assert loaded.policy is not None
    return loaded.policy.prompts(named or loaded.policy.spec.traffic[0].name)


def _connector(
    config: TargetConfig, connections: int, prompts: PromptSet, stream: bool
) -> Callable[[], Awaitable[Sender]]:
    async def connect() -> Sender:
        return Asker(Client(config, connections=connections), prompts, stream=stream)

    return connect


def _staged(stage: Stage, config: TargetConfig) -> dict[str, Any]:
    """What was started, for the journal."""
    return {
        "target": config.name,
        "systems": [
            {"name": name, "recipe": system.recipe.name, "uri": system.uri}
            for name, system in stage.systems.items()
        ],
        "dependencies": [
            {"name": name, "listen": dependency.listen} for name, dependency in stage.dependencies.items()
        ],
    }


def _item(id: str, title: str) -> dict[str, Any]:
    return {"id": id, "suite": "gameday", "title": title, "objective": None, "control": None}
