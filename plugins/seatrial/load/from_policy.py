"""What a policy names, ready to act: objectives, traffics, recorded exchanges."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seatrial.core.objective import Objective
from seatrial.core.recorded import Recorded
from seatrial.core.risk import Risk
from seatrial.core.tenants import Tenants
from seatrial.core.verdict import Verdict
from seatrial.load.brief import Brief
from seatrial.load.budget import Budget, Prices
from seatrial.load.conversations import ScriptSender
from seatrial.load.dataset import load_dataset
from seatrial.load.lag import Lag
from seatrial.load.leaving import arrivals_of, script_of, told_of
from seatrial.load.ledger import Ledger
from seatrial.load.open_loop import OpenLoop
from seatrial.load.parquet import keeper_of
from seatrial.load.prompts import PromptSet, load_prompts
from seatrial.load.schedules import UNBOUNDED, endless, schedule_of
from seatrial.load.script import Script
from seatrial.load.sender import PromptSender
from seatrial.load.traffic import Sender, Traffic
from seatrial.targets.client import Client
from seatrial.targets.config import TargetConfig
from seatrial.targets.secret import Secret

if TYPE_CHECKING:
    from seatrial.policy.loader import LoadedPolicy
    from seatrial.policy.traffic import TrafficSpec


CONNECTIONS = 256
"""Most connections at a time under arrivals, where the policy names no number."""


def objectives(loaded: LoadedPolicy) -> list[Objective]:
    """The policy's objectives, each with its looser bar, where it has one."""
    found = []
    for spec in loaded.spec.objectives:
        looser = loaded.objective(spec.name, warning=True) if spec.warning else None
        objective = loaded.objective(spec.name)
        found.append(replace(objective, warning=looser, must_have_data=spec.mustHaveData))
    return found


def traffic(
    loaded: LoadedPolicy,
    name: str,
    configs: Mapping[str, TargetConfig],
    *,
    seed: int,
    record: Callable[..., None],
    objectives: Sequence[Objective] = (),
    risk: Risk | None = None,
    told_as: str | None = None,
    spec: TrafficSpec | None = None,
    folder: Path | None = None,
) -> Traffic:
    """The traffic called *name*, ready to send.

    Args:
        configs: the policy's targets, by name.
        seed: of the run; the traffic's own, where the policy names one, comes first.
        objectives: whose bad exchanges are journalled whole, by *record*.
        risk: instead of the policy's.
        told_as: its name in the journal, where it is not the policy's (the same traffic under a fault).
        spec: in place of the policy's own of that name (the same traffic at another rate).
        folder: where the exchanges are kept, where the policy asks for them as Parquet.

    Raises:
        UsageError: there is none, its prompts cannot be read, or its arrivals make no schedule.
    """
    spec = spec or loaded.traffic(name)
    config = configs[spec.target or next(iter(configs))]
    seed = seed if spec.seed is None else spec.seed
    drawn = [seed, *spec.name.encode()]
    prompts = load_prompts(loaded.prompts(name), spec.prompts)
    script = script_of(spec, config, trace_of(loaded, spec), prompts, drawn)
    asked = script or prompts.with_params(spec.max_tokens, spec.params)
    lag, risk = Lag(), risk or loaded.risk
    keep = keeper_of(spec, told_as or name, folder)
    opening = {"target": config.name, **_opening(spec, prompts, script, risk)}
    same: dict[str, Any] = {"budget": budget(spec), "risk": risk, "seed": seed, "warmup": spec.warmup}
    ledger = _ledger(told_as or name, record, opening, objectives, asked, keep)
    same |= {"prices": prices(loaded, config.name), "ledger": ledger, "lag": lag}
    same["tenants"] = tenants = tenants_of(spec)
    if (spec.processes or 1) > 1 and not isinstance(asked, Script):
        return _many(told_as or name, loaded, spec, config, asked, **same)
    arrivals = arrivals_of(spec, lambda: schedule(loaded, spec, seed), drawn, lag, len(asked))
    connect = _connector(config, spec, asked, tenants, partial(record, "sessions", traffic=told_as or name))
    return Traffic(told_as or name, connect, len(asked), arrivals=arrivals, **same)


def _ledger(
    name: str,
    record: Callable[..., None],
    opening: dict[str, Any],
    objectives: Sequence[Objective],
    asked: PromptSet | Script,
    keep: Any,
) -> Ledger:
    def text(number: int) -> str:
        return asked.shown(number) if isinstance(asked, Script) else str(asked[number].text)

    return Ledger(name, record, opening=opening, objectives=objectives, prompt_text=text, keep=keep)


def _many(
    name: str, loaded: LoadedPolicy, spec: TrafficSpec, config: TargetConfig, asked: PromptSet, **same: Any
) -> Traffic:
    """The traffic from several processes."""
    from seatrial.load.processes import ProcessTraffic

    brief = Brief(config, asked.prompts, spec.stream, connections_of(spec), keys=keys_of(spec))
    return ProcessTraffic(name, brief, spec.processes or 1, schedule(loaded, spec, same["seed"]), **same)


def tenants_of(spec: TrafficSpec) -> Tenants | None:
    """Who sends which request of a traffic, None where it has one caller."""
    if not spec.tenants:
        return None
    names, weights = zip(*((tenant.name, tenant.weight) for tenant in spec.tenants), strict=True)
    return Tenants(names, weights, spec.name)


def keys_of(spec: TrafficSpec) -> tuple[Secret | None, ...]:
    """The API keys of a traffic's tenants; None for the target's own."""
    return tuple(tenant.apiKey for tenant in spec.tenants)


def prices(loaded: LoadedPolicy, target: str) -> Prices:
    """The price list of a target, in dollars a token; zero where the policy has none."""
    listed = loaded.target(target).prices
    return Prices() if listed is None else Prices(listed.input.amount / 1e6, listed.output.amount / 1e6)


def budget(spec: TrafficSpec) -> Budget:
    """What a traffic may spend."""
    cost = spec.budget.cost.amount if spec.budget.cost else None
    return Budget(requests=spec.budget.requests, duration=spec.budget.duration, cost=cost)


def schedule(loaded: LoadedPolicy, spec: TrafficSpec, seed: int) -> Iterable[float]:
    """When the requests of a traffic with arrivals leave, seconds since its start.

    Raises:
        UsageError: the arrivals make no schedule.
    """
    assert spec.arrivals is not None
    duration = spec.duration or spec.budget.duration
    return schedule_of(spec.arrivals, duration, [seed, *spec.name.encode()], trace_of(loaded, spec))


def trace_of(loaded: LoadedPolicy, spec: TrafficSpec) -> Path | None:
    """The file of recorded arrivals, None where there is none."""
    index = [each.name for each in loaded.spec.traffic].index(spec.name)
    return loaded.file("spec", "traffic", index, "arrivals", "file")


def open_loop(
    loaded: LoadedPolicy, spec: TrafficSpec, seed: Sequence[int], lag: Lag, *, unending: bool
) -> OpenLoop:
    """Arrivals of a traffic that is sent under a fault, or before and after it.

    Args:
        unending: whether they go on as long as they are watched, in place of ending with the schedule.

    Raises:
        UsageError: the arrivals make no schedule.
    """
    assert spec.arrivals is not None
    duration = spec.duration or (None if spec.arrivals.kind in UNBOUNDED else spec.budget.duration)
    make = endless if unending else schedule_of
    return OpenLoop(make(spec.arrivals, duration, seed, trace_of(loaded, spec)), lag.departed)


def _opening(spec: TrafficSpec, prompts: PromptSet, script: Script | None, risk: Risk) -> dict[str, Any]:
    most = budget(spec)
    trace = {} if script is None else {"trace": told_of(script)}
    return trace | {
        "concurrency": spec.in_flight,
        "arrivals": arrivals_told(spec),
        "connections": connections_of(spec),
        "processes": spec.processes or 1,
        "tenants": [tenant.name for tenant in spec.tenants],
        "stream": spec.stream,
        "budget": {"requests": most.requests, "duration": most.duration, "cost": most.cost},
        "prompts": spec.prompts,
        "prompts_digest": prompts.digest,
        "warmup": spec.warmup,
        "min_duration": risk.min_duration,
        "segments": risk.segments,
    }


def connections_of(spec: TrafficSpec) -> int:
    """Most connections of a traffic at a time."""
    return spec.in_flight or spec.connections or CONNECTIONS


def arrivals_told(spec: TrafficSpec) -> dict[str, Any] | None:
    """The arrivals of a traffic for the journal, None where it has none."""
    if spec.arrivals is None:
        return None
    return {**spec.arrivals.model_dump(mode="json", exclude_none=True), "told": spec.pattern}


def _connector(
    config: TargetConfig,
    spec: TrafficSpec,
    asked: PromptSet | Script,
    tenants: Tenants | None,
    tell: Callable[..., None],
) -> Callable[[], Awaitable[Sender]]:
    callers: dict[str, Any] = {"stream": spec.stream, "tenants": tenants, "keys": keys_of(spec)}

    async def connect() -> Sender:
        client = Client(config, connections=connections_of(spec))
        if isinstance(asked, Script):
            return ScriptSender(client, asked, tell=tell, **callers)
        return PromptSender(client, asked, **callers)

    return connect


def recorded(loaded: LoadedPolicy, objective: str, record: Callable[..., None]) -> Recorded:
    """The recorded exchanges that an objective is judged on.

    Raises:
        UsageError: they cannot be read.
    """
    number = [spec.name for spec in loaded.spec.objectives].index(objective)
    path = loaded.file("spec", "objectives", number, "dataset")
    assert path is not None

    def tell(judged: Objective, verdict: Verdict) -> None:
        record("verdict", objective=judged.to_dict(), verdict=verdict.to_dict())

    return Recorded(path.name, load_dataset(path), loaded.risk, tell)
