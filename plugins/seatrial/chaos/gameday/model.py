"""The game day's file: who takes part, what runs, what is done in which order, and what must be seen."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from seatrial.chaos.gameday.script import Step
from seatrial.chaos.gameday.signal_model import SignalSpec
from seatrial.policy import dependency
from seatrial.policy.document import Metadata
from seatrial.policy.fields import (
    Count,
    Duration,
    Flag,
    Model,
    Name,
    PositiveCount,
    PositiveDuration,
    Share,
    wrong,
)
from seatrial.policy.fields import SecretText as SecretField
from seatrial.policy.target import Timeouts

API_VERSION = "seatrial/v1alpha1"


def _people(value: Any) -> Any:
    """One name, several, or nobody yet."""
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else value


People = Annotated[tuple[str, ...], BeforeValidator(_people)]


class SystemSpec(Model):
    """A system that the game day starts by a recipe, and stops at its end.

    Texts may hold the addresses of the others: ``{gateway.uri}``, ``{gateway.root}``, ``{gateway.key}`` of a
    system, ``{primary.address}`` of a dependency, ``{pager.url}`` of a webhook.
    """

    name: Name
    recipe: str
    """Name of a bundled recipe, or a file relative to the game day."""
    arguments: tuple[str, ...] = ()
    """Added to its command."""
    env: dict[str, str] = Field(default_factory=dict)
    """Added to its environment."""


def _listen(text: str) -> str:
    dependency.split_address(text)
    return text


class DependencySpec(dependency.DependencySpec):
    """Something the target calls, reachable through the fault proxy; as in a policy, with placeholders."""

    listen: Annotated[str, AfterValidator(_listen)] = "127.0.0.1:0"
    """Where the target reaches it; port 0 takes a free one."""
    upstream: str
    """Where it really is: HOST:PORT, or ``{provider.address}``."""


class TargetRef(Model):
    """Where the traffic goes: a system of this game day, or an address."""

    name: Name = "target"
    system: Name | None = None
    protocol: str | None = None
    uri: str | None = None
    model: str | None = None
    apiKey: SecretField | None = None
    """Sent as the protocol says; write ${env:NAME}."""
    timeouts: Timeouts = Field(
        default_factory=lambda: Timeouts.model_validate(
            {"connect": "2s", "first_byte": "10s", "idle": "10s", "total": "20s"}
        )
    )

    @model_validator(mode="after")
    def _one(self) -> TargetRef:
        if (self.system is None) == (self.uri is None):
            raise wrong("a target is a system of this game day, or an address", "give system or uri")
        return self


class Background(Model):
    """The traffic that flows from beginning to end, so that there is something to be hurt."""

    name: Name = "background"
    prompts: str = "bundled/chat-short"
    """A bundled prompt set (bundled/NAME), or a JSONL file relative to the game day."""
    rate: Annotated[float | None, Field(gt=0, le=10_000)] = None
    """Requests a second, evenly spaced; with none, each of `concurrency` clients waits for its answer."""
    concurrency: PositiveCount = 4
    """Clients, where there is no rate; else the most connections are 16 times as many."""
    stream: Flag = True
    max_tokens: PositiveCount | None = 32
    params: dict[str, Any] = Field(default_factory=dict)


# What the report can count again from the journal's columns.
_KNOWN = ("availability", "complete_answers", "operation.duration", "time_to_first_chunk")


def _countable(name: str) -> str:
    if name not in _KNOWN:
        raise wrong(f"{name!r} is no indicator of a game day", f"one of: {', '.join(_KNOWN)}")
    return name


class Objective(Model):
    """What good traffic is, and how much of the bad the error budget allows."""

    indicator: Annotated[str, AfterValidator(_countable)]
    op: Literal["lt", "lte"] | None = None
    value: str | None = None
    """With its unit, such as 2s."""
    target: Share

    @model_validator(mode="after")
    def _whole(self) -> Objective:
        timed = self.indicator in ("operation.duration", "time_to_first_chunk")
        if timed != (self.op is not None and self.value is not None):
            raise wrong(
                f"{self.indicator} {'needs' if timed else 'takes no'} op and value",
                "such as op: lte, value: 2s",
            )
        if not 0 < self.target < 1:
            raise wrong("the target lies between 0 % and 100 %: an error budget of nothing is always spent")
        return self


class StopCondition(Model):
    """What ends the game day at once, and rolls everything back."""

    error_rate: Share | None = None
    """More than this share of the requests failed …"""
    over: PositiveDuration = 10.0
    """… of those that ended in the last while …"""
    least: PositiveCount = 20
    """… once there were this many."""
    signal: Name | None = None
    """This signal became active."""
    after: PositiveDuration | None = None
    """The game day took longer."""

    @model_validator(mode="after")
    def _one(self) -> StopCondition:
        if sum(value is not None for value in (self.error_rate, self.signal, self.after)) != 1:
            raise wrong("a stop condition is one thing", "give error_rate, signal or after")
        return self


class Spec(Model):
    """What is done, by whom, to what."""

    description: str = ""
    policy: str | None = None
    """A release policy whose target, traffic, dependencies and scenarios are used: a file or bundled name."""
    roles: dict[Name, People] = Field(default_factory=dict)
    """Who takes part: role to name or names. Names stay on the screen; reports speak of roles."""
    systems: tuple[SystemSpec, ...] = ()
    dependencies: tuple[DependencySpec, ...] = ()
    target: TargetRef | str | None = None
    """Where the traffic goes: see above, or the name of a target of the policy (its only one by default)."""
    traffic: Background | str | None = None
    """Background traffic, or the name of a traffic of the policy."""
    objectives: tuple[Objective, ...] = (Objective(indicator="availability", target=0.99),)
    signals: tuple[SignalSpec, ...] = ()
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]
    stopConditions: tuple[StopCondition, ...] = ()
    consecutive: PositiveCount = 20
    """As many good requests in a row are a steady state."""
    settle: Duration = 0.0
    """Traffic that flows before the first step."""
    seed: Count | None = None


class GameDay(Model):
    """A scripted game day."""

    apiVersion: Literal["seatrial/v1alpha1"]
    kind: Literal["GameDay"]
    metadata: Metadata
    spec: Spec
