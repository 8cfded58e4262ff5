"""From a policy's words to the things that act: targets, traffics, objectives."""

from __future__ import annotations

import shlex
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from seatrial.core.objective import Objective
from seatrial.core.outcome import Outcome
from seatrial.core.recorded import Recorded
from seatrial.core.units import format_share
from seatrial.core.verdict import Verdict
from seatrial.load import configs
from seatrial.load.budget import Budget, Prices
from seatrial.load.closed_loop import ClosedLoop
from seatrial.load.dataset import load_dataset
from seatrial.load.ledger import Ledger
from seatrial.load.plan import plan_policy
from seatrial.load.prompts import PromptSet, load_prompts
from seatrial.load.sender import PromptSender
from seatrial.load.traffic import Sender, Traffic
from seatrial.policy.effective import digest, effective
from seatrial.targets.client import Client
from seatrial.targets.config import TargetConfig

if TYPE_CHECKING:
    from seatrial.policy.loader import LoadedPolicy
    from seatrial.policy.traffic import TrafficSpec


targets = configs.targets


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
    objectives: Sequence[Objective],
) -> Traffic:
    """The traffic called *name*, ready to send.

    Raises:
        UsageError: there is none, or its prompts cannot be read.
    """
    spec = loaded.traffic(name)
    config = configs[spec.target or next(iter(configs))]
    asked = load_prompts(loaded.prompts(name), spec.prompts).with_params(spec.max_tokens, spec.params)
    budget = Budget(
        requests=spec.budget.requests,
        duration=spec.budget.duration,
        cost=spec.budget.cost.amount if spec.budget.cost else None,
    )
    risk = loaded.risk
    ledger = Ledger(
        name,
        record,
        opening={
            "target": config.name,
            "concurrency": spec.concurrency,
            "stream": spec.stream,
            "budget": {"requests": budget.requests, "duration": budget.duration, "cost": budget.cost},
            "prompts": spec.prompts,
            "prompts_digest": asked.digest,
            "warmup": spec.warmup,
            "min_duration": risk.min_duration,
            "segments": risk.segments,
        },
        objectives=objectives,
        prompt_text=lambda number: asked[number].text,
    )
    return Traffic(
        name,
        _connector(config, spec, asked),
        len(asked),
        arrivals=ClosedLoop(spec.concurrency),
        budget=budget,
        risk=risk,
        seed=seed if spec.seed is None else spec.seed,
        warmup=spec.warmup,
        prices=prices(loaded, config.name),
        ledger=ledger,
    )


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


def _connector(
    config: TargetConfig, spec: TrafficSpec, prompts: PromptSet
) -> Callable[[], Awaitable[Sender]]:
    async def connect() -> Sender:
        return PromptSender(Client(config, connections=spec.concurrency), prompts, stream=spec.stream)

    return connect


def prices(loaded: LoadedPolicy, target: str) -> Prices:
    """The price list of a target, in dollars a token; zero where the policy has none."""
    listed = loaded.target(target).prices
    return Prices() if listed is None else Prices(listed.input.amount / 1e6, listed.output.amount / 1e6)


def plan(loaded: LoadedPolicy) -> dict[str, Any]:
    """What the policy is expected to need, for the journal: at best, and for an ordinary good system."""
    if not any(spec.traffic for spec in loaded.spec.objectives):
        return {"requests": 0, "minutes": 0.0, "usd": None}
    expected = plan_policy(loaded)
    usd = expected.usd
    return {
        "requests": round(expected.requests.expected),
        "requests_at_least": round(expected.requests.least),
        "minutes": round(expected.minutes.expected, 2),
        "usd": None if usd is None else round(usd.expected, 4),
    }


def policy_facts(loaded: LoadedPolicy) -> dict[str, Any]:
    """The policy, as it is fixed before the first request."""
    return {
        "name": loaded.name,
        "digest": digest(loaded),
        "file": loaded.source,
        "effective": effective(loaded, overridden=True),
        "checklists": [ref.model_dump() for ref in loaded.spec.checklists],
        "validity": {"expires_after_seconds": loaded.spec.validity.expires},
        "total_score": loaded.spec.total_score.model_dump(by_alias=True),
        "notices": [str(notice) for notice in loaded.notices],
    }


def verdict_line(objective: Mapping[str, Any], verdict: Verdict) -> str:
    """A verdict in one line of a terminal."""
    numbers = ""
    if verdict.estimate is not None and verdict.lower is not None and verdict.upper is not None:
        numbers = (
            f"{format_share(verdict.estimate)} {objective['bad']}"
            f" ({format_share(verdict.lower)} … {format_share(verdict.upper)}), n {verdict.n:,}"
        )
    outcome: Outcome = verdict.outcome
    return f"{outcome.symbol} {outcome.label:<12} {verdict.objective:<24} {numbers} — {verdict.reason}"


def command_line(config: pytest.Config) -> str:
    """The command that was given, for whoever repeats the run."""
    return shlex.join(["pytest", *map(str, config.invocation_params.args)])
