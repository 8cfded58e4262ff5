"""From a policy's words to the things that act: targets, traffics, objectives."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from seatrial.core.journal import Event
from seatrial.core.objective import Objective
from seatrial.core.outcome import Outcome
from seatrial.core.recorded import Recorded
from seatrial.core.units import format_share
from seatrial.core.verdict import Verdict
from seatrial.load.dataset import load_dataset
from seatrial.load.plan import plan_policy
from seatrial.policy.effective import digest, effective

if TYPE_CHECKING:
    from seatrial.policy.loader import LoadedPolicy


def objectives(loaded: LoadedPolicy) -> list[Objective]:
    """The policy's objectives, each with its looser bar, where it has one."""
    found = []
    for spec in loaded.spec.objectives:
        looser = loaded.objective(spec.name, warning=True) if spec.warning else None
        objective = loaded.objective(spec.name)
        found.append(replace(objective, warning=looser, must_have_data=spec.mustHaveData))
    return found


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


def spent(events: Sequence[Event]) -> dict[str, Any]:
    """Requests and dollars of this run; what an earlier run sent was spent then."""
    own = [event for event in events if not event.get("continued")]
    sent = sum(len(event["intended"]) for event in own if event["event"] in ("exchanges", "warmup"))
    probes = sum(event.get("probes", 0) for event in own if event["event"] == "item")
    costs = {event["traffic"]: event["cost_usd"] for event in own if event.get("cost_usd") is not None}
    return {"requests": sent + probes, "cost_usd": round(sum(costs.values()), 6) if costs else None}
