"""A script seen as a whole: what its steps are called, what is judged, and what counts from which step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from seatrial.chaos.gameday.model import Spec
from seatrial.chaos.gameday.script import Expect, Step
from seatrial.core.units import format_duration


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that is judged."""

    id: str
    title: str


class Outline:
    """The outline of a script; steps are named by their position, from 0.

    Args:
        name: of the game day.
        spec: what is to be done.
    """

    def __init__(self, name: str, spec: Spec) -> None:
        self.name = name
        self.steps = spec.steps
        self.steady = Item(f"{name}::steady-before", "the service was steady before the first fault")

    def title(self, number: int) -> str:
        """What a step is called: its own name, or what it does."""
        step = self.steps[number]
        if step.name:
            return step.name
        if step.inject is not None:
            return f"{step.inject.on}-{step.inject.toxic}".replace(".", "-")
        return f"{step.action}-{number + 1}"

    @property
    def items(self) -> dict[int, Item]:
        """What is judged, by the step that asks for it."""
        found = {number: self._item(number, step) for number, step in enumerate(self.steps)}
        return {number: item for number, item in found.items() if item is not None}

    def _item(self, number: int, step: Step) -> Item | None:
        where = f"{self.name}::{number + 1:02}-"
        if step.expect is not None:
            verb = "fires" if step.expect.state == "active" else "stops"
            return Item(f"{where}{step.expect.signal}-{verb}", f"{step.expect.signal} {verb} in time")
        if step.checkpoint is not None:
            back = step.checkpoint.rto is not None
            what = f"is back in time after {self.title(self.anchor(number))}" if back else "is steady"
            return Item(f"{where}checkpoint", f"the service {what}")
        if step.inject is not None:
            return Item(f"{where}{self.title(number)}", f"the fault {self.title(number)} acted")
        return Item(f"{where}{step.run}", f"scenario {step.run}") if step.run is not None else None

    def anchor(self, number: int) -> int:
        """The step from which the time of expectation *number* counts."""
        step = self.steps[number]
        part = step.expect or step.checkpoint
        assert part is not None
        if part.since is not None:
            return next(at for at, each in enumerate(self.steps) if each.name == part.since)
        if step.checkpoint is not None and step.checkpoint.rto is None:
            return number
        quiet = step.expect is not None and step.expect.state == "quiet"
        wanted = ("inject", "run", "revert") if quiet else ("inject", "run")
        return next(at for at in range(number - 1, -1, -1) if self.steps[at].action in wanted)

    def followers(self, number: int) -> list[int]:
        """The expectations whose time counts from step *number*."""
        later = range(number + 1, len(self.steps))
        judged = [at for at in later if self.steps[at].expect or self.steps[at].checkpoint]
        return [at for at in judged if self.anchor(at) == number]

    def limit(self, number: int) -> float:
        """Seconds that expectation *number* allows."""
        step = self.steps[number]
        if step.expect is not None:
            return step.expect.within
        assert step.checkpoint is not None
        return step.checkpoint.rto or step.checkpoint.within or 0.0

    def told(self) -> list[dict[str, Any]]:
        """The script for the journal."""
        return [
            {
                "number": number,
                "name": self.title(number),
                "action": step.action,
                "role": step.role,
                "text": step.text,
                "about": about(step),
                "most": step.pause.most if step.pause is not None else None,
            }
            for number, step in enumerate(self.steps)
        ]


def about(step: Step) -> str:
    """What a step does, in words."""
    if step.say is not None:
        return step.say
    if step.pause is not None:
        return step.pause.until or "press Enter to go on"
    if step.wait is not None:
        return f"let the traffic flow for {format_duration(step.wait)}"
    if step.inject is not None:
        share = "" if step.inject.toxicity >= 1 else f", {step.inject.toxicity:.0%} of it"
        return f"inject {step.inject.toxic} on {step.inject.on}{share}"
    if step.revert is not None:
        return "take every fault back" if step.revert == "all" else f"take {step.revert} back"
    if step.run is not None:
        return f"run the scenario {step.run}"
    if step.expect is not None:
        return _expected(step.expect)
    if step.checkpoint is not None:
        back = step.checkpoint.rto
        limit = format_duration(back or step.checkpoint.within or 0.0)
        return f"the service is back within {limit}" if back else f"the service is steady within {limit}"
    return step.observe or ""


def _expected(expect: Expect) -> str:
    verb = "fires" if expect.state == "active" else "stops"
    return f"{expect.signal} {verb} within {format_duration(expect.within)}"
