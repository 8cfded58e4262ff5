"""The faults that are at work, and how all of them are taken back whatever happens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from seatrial.chaos.gameday.journey import Fault, Journey
from seatrial.chaos.gameday.script import Inject
from seatrial.core.errors import HarnessError, SeatrialError


@dataclass
class Active:
    """A fault at work.

    Attributes:
        name: of the step that injected it.
        item: the id of what it must show: that it acted.
        told: how often it acted when that was last told.
    """

    name: str
    inject: Inject
    fault: Fault
    item: str
    told: int | None = 0

    @property
    def hits(self) -> int | None:
        """How often it acted; None where that cannot be told."""
        return self.fault.witness.hits


class Faults:
    """All faults of a game day.

    Args:
        journey: where they are told.
        scenario: what they belong to, for the journal.
    """

    def __init__(self, journey: Journey, scenario: str) -> None:
        self._journey = journey
        self._scenario = scenario
        self.active: dict[str, Active] = {}

    def inject(self, name: str, inject: Inject, item: str) -> Active:
        """Put a fault to work, and read back that it is.

        Raises:
            HarnessError: it did not take.
        """
        dependency = self._journey.dependencies[str(inject.on)]
        try:
            fault = dependency.inject(
                inject.toxic,
                attributes=dict(inject.attributes),
                toxicity=inject.toxicity,
                stream=inject.stream,
                **inject.when,
            )
            fault.__enter__()
        except SeatrialError as error:
            self._tell("failed", name, inject, None, error.what)
            raise
        self.active[name] = Active(name, inject, fault, item)
        self._tell("injected", name, inject, None)
        return self.active[name]

    def revert(self, name: str) -> Active:
        """Take a fault back, and read back that it is gone.

        Raises:
            HarnessError: it did not go.
        """
        active = self.active.pop(name)
        try:
            active.fault.__exit__(None, None, None)
        except SeatrialError as error:
            self._tell("failed", name, active.inject, active.hits, error.what)
            raise
        active.told = active.hits
        self._tell("reverted", name, active.inject, active.told)
        return active

    def revert_all(self) -> tuple[list[Active], list[SeatrialError]]:
        """Take every fault back, the last first, whatever one of them says."""
        done: list[Active] = []
        troubles: list[SeatrialError] = []
        for name in reversed(list(self.active)):
            try:
                done.append(self.revert(name))
            except SeatrialError as error:
                troubles.append(error)
            except Exception as error:  # the others must still be taken back: this is told as trouble
                troubles.append(HarnessError(f"the fault {name} was not taken back ({error})"))
        return done, troubles

    def witnessed(self) -> None:
        """Tell how often the faults at work have acted, where that changed."""
        for active in list(self.active.values()):
            hits = active.hits
            if hits != active.told:
                active.told = hits
                self._journey.record("witness", name=active.name, hits=hits)

    def _tell(
        self, phase: str, name: str, inject: Inject, hits: int | None, error: str | None = None
    ) -> None:
        fields: dict[str, Any] = {
            "phase": phase,
            "scenario": self._scenario,
            "name": name,
            "on": inject.on,
            "type": inject.toxic,
            "attributes": {**inject.attributes, **inject.when},
            "toxicity": inject.toxicity,
            "hits": hits,
            "error": error,
        }
        self._journey.record("fault", **fields)
