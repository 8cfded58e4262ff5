"""The soak that a traffic of a policy asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from seatrial.core.errors import UsageError
from seatrial.core.risk import Risk
from seatrial.load.prompts import load_prompts
from seatrial.load.sender import PromptSender
from seatrial.load.soak.soak import Plan, Soak, Watch, told_of
from seatrial.load.soak.state import State, Terms, path_in
from seatrial.load.soak.watch import PageWatch, ProcessWatch
from seatrial.load.soak.windows import Window
from seatrial.load.traffic import Sender
from seatrial.policy.effective import digest
from seatrial.policy.soak import SoakSpec
from seatrial.targets.client import Client
from seatrial.targets.config import TargetConfig
from seatrial.targets.target import Target

if TYPE_CHECKING:
    from seatrial.policy.loader import LoadedPolicy
    from seatrial.policy.traffic import TrafficSpec

CONNECTIONS = 64


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What the command line asks for in place of the policy.

    Attributes:
        duration, rate: seconds; requests a second.
        process: the target's process, or the file that tells it.
    """

    duration: float | None = None
    rate: float | None = None
    process: int | Path | None = None


def _plan(terms: Terms, wanted: SoakSpec, prompts: int, risk: Risk) -> Plan:
    growth = {**wanted.growth.model_dump(), **{gauge.name: gauge.growth for gauge in wanted.gauges}}
    return Plan(
        terms.traffic,
        terms.duration,
        terms.rate,
        wanted.settle,
        wanted.horizon or terms.duration,
        wanted.checkpoints,
        growth,
        prompts,
        risk,
        terms.seed,
    )


def soak_names(loaded: LoadedPolicy) -> list[str]:
    """The traffics of the policy that ask for a soak."""
    return [spec.name for spec in loaded.spec.traffic if spec.soak is not None]


def soak(
    loaded: LoadedPolicy,
    name: str,
    configs: Mapping[str, TargetConfig],
    *,
    folder: Path,
    seed: int,
    record: Callable[..., None],
    wish: Wish = Wish(),
    earlier: State | None = None,
    look: Callable[[Window, int], None] = lambda window, count: None,
) -> Soak:
    """The soak of the traffic called *name*, ready to run.

    Args:
        folder: where its checkpoint is kept.
        seed: of the run.
        record: writes one event to the journal.
        wish: what the command line asks for.
        earlier: the soak that it continues.
        look: told of every window.

    Raises:
        UsageError: no such traffic, unreadable prompts, a process that cannot be watched, or an earlier soak
            that was another.
    """
    spec = loaded.traffic(name)
    wanted = spec.soak or SoakSpec()
    config = configs[spec.target or next(iter(configs))]
    prompts = load_prompts(loaded.prompts(name), spec.prompts).with_params(spec.max_tokens, spec.params)
    process = wish.process if wish.process is not None else _process(loaded, config.name)
    watches = _watches(wanted, config, process)
    before = wanted if earlier is None else earlier.terms
    duration, rate = wish.duration or before.duration, wish.rate or before.rate
    terms = Terms(digest(loaded), name, config.name, config.uri, duration, rate, wanted.checkpoints, seed)
    if earlier is not None:
        earlier.goes_on_with(terms, where=str(folder))
        terms = replace(terms, seed=earlier.terms.seed)
    plan = _plan(terms, wanted, len(prompts), loaded.risk)

    async def connect() -> Sender:
        return PromptSender(Client(config, connections=CONNECTIONS), prompts, stream=spec.stream)

    state = _state(terms, earlier)
    record("traffic", **_opening(spec, config, plan))
    for window in state.windows:
        record("checkpoint", traffic=name, continued=True, **told_of(window))
    return Soak(plan, state, path_in(folder, name), connect, watches, record, look)


def _state(terms: Terms, earlier: State | None) -> State:
    if earlier is None:
        return State(terms)
    return State(terms, earlier.identity, earlier.sessions + 1, list(earlier.windows), earlier.sent)


def _opening(spec: TrafficSpec, config: TargetConfig, plan: Plan) -> dict[str, object]:
    return {
        "name": f"soak: {spec.name}",
        "target": config.name,
        "arrivals": {"kind": "poisson", "rate": plan.rate},
        "stream": spec.stream,
        "prompts": spec.prompts,
        "soak": {"duration": plan.duration, "checkpoints": plan.checkpoints, "horizon": plan.horizon},
    }


def _process(loaded: LoadedPolicy, target: str) -> int | Path | None:
    """The target's process as the policy names it."""
    index = [spec.name for spec in loaded.spec.targets].index(target)
    named = loaded.spec.targets[index].process
    if named is None:
        return None
    if named.pid is not None:
        return named.pid
    file = loaded.file("spec", "targets", index, "process", "pidfile")
    if file is None:
        raise UsageError(
            "a control group cannot be watched",
            where=loaded.where("spec", "targets", index, "process"),
            hint="name the process by pid or pidfile",
        )
    return file


def _watches(wanted: SoakSpec, config: TargetConfig, process: int | Path | None) -> list[Watch]:
    watches: list[Watch] = [] if process is None else [ProcessWatch(process)]
    for page in dict.fromkeys(gauge.page for gauge in wanted.gauges):
        figures = {gauge.name: (gauge.metric, gauge.labels) for gauge in wanted.gauges if gauge.page == page}
        watches.append(PageWatch(_fetcher(config, page), figures))
    return watches


def _fetcher(config: TargetConfig, page: str) -> Callable[[], str | None]:
    def fetch() -> str | None:
        with Target(config, connections=1) as target:
            answer = target.get(page)
        return answer.raw.body.decode("utf-8", "replace") if answer.ok and answer.raw else None

    return fetch
