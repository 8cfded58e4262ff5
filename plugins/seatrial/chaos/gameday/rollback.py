"""The faults that are at work, and how all of them are taken back whatever happens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from seatrial.chaos.gameday.journey import Fault, Journey, Moment
from seatrial.chaos.gameday.judging import steady_after
from seatrial.chaos.gameday.script import Inject
from seatrial.core.errors import HarnessError, SeatrialError


@dataclass
class Active:
    """A fault at work.

    Attributes:
        name: of the step that injected it.
        item: the id of what it must show: that it acted.
        moment: when it was injected.
        told: how often it acted when that was last told.
        acted: when it was first seen to have acted, seconds of the run; None while it has not.
        steady: seconds from its injection until the traffic was good again; None until then.
    """

    name: str
    inject: Inject
    fault: Fault
    item: str
    moment: Moment
    told: int | None = 0
    acted: float | None = None
    steady: float | None = None

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
        self.all: dict[str, Active] = {}

    def inject(self, name: str, inject: Inject, item: str) -> Active:
        """Put a fault to work, and read back that it is.

        Raises:
            HarnessError: it did not take.
        """
        dependency = self._journey.dependencies[str(inject.on)]
        moment = self._journey.now()
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
        self.active[name] = self.all[name] = Active(name, inject, fault, item, moment)
        self._tell("injected", name, inject, None, since=moment.at)
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
        active.told = self.acted(active)
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

    def look(self, consecutive: int) -> None:
        """Tell how often the faults at work have acted, and when the traffic got the better of them.

        Args:
            consecutive: good requests in a row that are a steady state.
        """
        for active in list(self.active.values()):
            hits = self.acted(active)
            if hits != active.told:
                active.told = hits
                self._journey.record("witness", name=active.name, hits=hits)
        for active in self.all.values():
            if active.steady is None and active.acted is not None:
                self._steady(active, consecutive)

    def acted(self, active: Active) -> int | None:
        """How often a fault has acted up to now; remembers when that was first seen."""
        hits = active.hits
        if active.acted is None and (hits is None or hits >= active.inject.min_hits):
            active.acted = self._journey.clock()
        return hits

    def _steady(self, active: Active, consecutive: int) -> None:
        found = steady_after(self._journey.pulse, active.moment, active.acted, consecutive)
        if found is not None:
            active.steady = found
            self._journey.record("steady", fault=active.name, seconds=round(found, 3))

    def _tell(
        self,
        phase: str,
        name: str,
        inject: Inject,
        hits: int | None,
        error: str | None = None,
        since: float | None = None,
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
        if since is not None:
            fields["since"] = (
                since  # before the first byte was changed; the event comes when that was read back
            )
        self._journey.record("fault", **fields)
