"""The script's steps: each does one thing, or asks a person to."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, model_validator

from seatrial.policy.fields import Model, Name, PositiveCount, PositiveDuration, wrong
from seatrial.policy.resilience import InjectSpec

ACTIONS = ("say", "pause", "wait", "inject", "revert", "run", "expect", "observe", "checkpoint")
"""What a step may do; exactly one of them."""


def _waits(value: Any) -> Any:
    return {"until": value} if isinstance(value, str) else value


class Pause(Model):
    """A person is asked to do something, and presses Enter when it is done."""

    until: str = ""
    """What is waited for, in words."""
    most: PositiveDuration = 600.0
    """The longest wait."""
    then: Literal["continue", "abort"] = "continue"
    """What happens when nobody pressed Enter by then."""


class Inject(InjectSpec):
    """A fault, and which requests it hits: as in a policy's scenario, on one dependency by its name."""

    min_hits: PositiveCount = 1
    """Fewer hits than this prove nothing."""

    @model_validator(mode="after")
    def _by_name(self) -> Inject:
        if self.on is None or self.name is not None:
            raise wrong(
                "a game day injects on a dependency by its name", "write on: primary; the step has the name"
            )
        return self


class Expect(Model):
    """A signal that must be seen in time."""

    signal: Name
    state: Literal["active", "quiet"] = "active"
    """``active``: it fires; ``quiet``: it has stopped."""
    within: PositiveDuration
    """Counted from *since*."""
    since: Name | None = None
    """A step by its name; by default the last fault before this step (for quiet: its reversal)."""


class Checkpoint(Model):
    """The traffic is good again: so many good requests in a row."""

    rto: PositiveDuration | None = None
    """Recovery time objective, counted from *since*: the last fault before this step by default."""
    within: PositiveDuration | None = None
    """In place of rto where no fault is the cause: counted from the beginning of this step."""
    consecutive: PositiveCount | None = None
    """Good requests in a row; the game day's own by default."""
    since: Name | None = None
    """A step by its name."""

    @model_validator(mode="after")
    def _one(self) -> Checkpoint:
        if (self.rto is None) == (self.within is None):
            raise wrong("a checkpoint has one limit", "give rto (from the fault) or within (from now)")
        return self


class Step(Model):
    """One step: one action, and beside it who does it and how it is told."""

    name: Name | None = None
    """By which other steps name it."""
    role: Name | None = None
    """Who acts; nobody in particular by default."""
    text: str = ""
    """The instruction shown while it lasts."""
    say: str | None = None
    """Shown and read out; the script goes on at once."""
    pause: Annotated[Pause | None, BeforeValidator(_waits)] = None
    wait: PositiveDuration | None = None
    """The traffic flows for this long."""
    inject: Inject | None = None
    revert: Name | None = None
    """The name of the step that injected, or ``all``."""
    run: Name | None = None
    """A scenario of the policy."""
    expect: Expect | None = None
    observe: str | None = None
    """A question; what people answer becomes a note."""
    checkpoint: Checkpoint | None = None

    @model_validator(mode="after")
    def _one(self) -> Step:
        given = [action for action in ACTIONS if getattr(self, action) is not None]
        if len(given) != 1:
            said = f"this step has {', '.join(given)}" if given else "this step does nothing"
            raise wrong(f"{said}: a step is exactly one action", f"one of: {', '.join(ACTIONS)}")
        return self

    @property
    def action(self) -> str:
        """Which action it is."""
        return next(action for action in ACTIONS if getattr(self, action) is not None)
