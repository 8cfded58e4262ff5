"""What the control does while chaostoolkit runs an experiment; called from its event registry.

The registry swallows what a handler raises. So whatever goes wrong here is kept, and told in our section of
the journal; a section that is missing is told by whoever judges.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from seatrial.chaos.toolkit import connection
from seatrial.chaos.toolkit.experiment import Extension, extension_of
from seatrial.chaos.toolkit.judge import SECTION, judge
from seatrial.chaos.toolkit.plain import Quiet, clean
from seatrial.chaos.toolkit.session import forget, run_clock, session
from seatrial.chaos.toolkit.stopping import Guard, chaoslib_check, within
from seatrial.core.errors import SeatrialError
from seatrial.core.journal import JournalWriter
from seatrial.core.outcome import Outcome

LOGGER = "chaostoolkit"


class Handler:
    """Follows one experiment.

    Args:
        experiment, configuration, secrets: the running experiment's.
        events: file for the events; None for none.
        strict: whether an experiment that did not pass is given the status ``failed``.
    """

    def __init__(
        self,
        experiment: dict[str, Any],
        configuration: Any,
        secrets: Any,
        events: Path | None,
        *,
        strict: bool,
    ) -> None:
        self.strict = strict
        self._experiment = experiment
        self._configuration, self._secrets = configuration, secrets
        self._title = str(experiment.get("title"))
        self._redact = connection.redactor(secrets)
        self._in_method = False
        self._events = events
        self._journal: JournalWriter | None = None
        self._extension = Extension()
        self._guard: Guard | None = None

    def __getattr__(self, name: str) -> Callable[..., None]:
        """Of what else the registry tells, nothing is done."""
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *told, **named: None

    def started(self, *told: Any) -> None:
        """The experiment begins; chaostoolkit itself says so before it knows us, so our control calls it."""
        if told:
            return
        forget()
        now = session()
        try:
            self._extension = extension_of(self._experiment)
            if self._events is not None:
                self._events.unlink(missing_ok=True)
                header = {"experiment": self._title}
                self._journal = JournalWriter(self._events, run_clock(), header, redact=self._redact.redact)
                now.write = self._journal.write
        except (SeatrialError, OSError) as error:
            now.troubles.append(str(error))
        quiet = Quiet(self._redact)
        for handler in logging.getLogger(LOGGER).handlers:
            handler.addFilter(quiet)

    def start_hypothesis_before(self, *told: Any) -> None:
        """The steady state is looked at for the first time."""
        session().write("scenario", name=self._title, phase="steady-before", outcome=None)

    def hypothesis_before_completed(self, experiment: Any, state: Any, journal: Any) -> None:
        """It was looked at."""
        self._phase("steady-before", _met(state))

    def start_method(self, *told: Any) -> None:
        """The method begins, and the stop conditions are watched."""
        self._in_method = True
        self._phase("fault")
        check = chaoslib_check(self._configuration, self._secrets)
        self._guard = Guard(self._extension.stopConditions, check, self._tripped)
        self._guard.start()

    def method_completed(self, *told: Any) -> None:
        """The method is over."""
        self._in_method = False

    def activity_completed(self, activity: Any, run: dict[str, Any]) -> None:
        """An activity is over; a tolerance in the method is looked at here, as nobody else does."""
        if self._in_method and run.get("status") == "succeeded" and "tolerance" in activity:
            wanted = activity["tolerance"], run.get("output")
            run["tolerance_met"] = within(*wanted, self._configuration, self._secrets)
        session().write(
            "activity",
            name=activity.get("name"),
            kind=activity.get("type"),
            status=run.get("status"),
            seconds=run.get("duration"),
            tolerance_met=run.get("tolerance_met"),
        )

    def hypothesis_after_completed(self, experiment: Any, state: Any, journal: Any) -> None:
        """The steady state was looked at after the method."""
        self._stop_watching()
        self._phase("steady-after", _met(state))

    def start_rollbacks(self, *told: Any) -> None:
        """The rollbacks begin: nothing must disturb them."""
        self._stop_watching()
        self._phase("rollback")

    def finish(self, journal: dict[str, Any]) -> None:
        """All is over: judge, and write into the journal what only we know."""
        self._stop_watching()
        now = session()
        found = now.summary()
        now.close()  # what the experiment has left behind goes now, however it ended
        found["troubles"] = list(now.troubles)
        journal[SECTION] = {**found, "status": journal.get("status")}
        ruling = judge(journal, self._extension)
        journal[SECTION] |= {"outcome": ruling.outcome.value, "reasons": list(ruling.reasons)}
        self._phase("end", ruling.outcome.value)
        logging.getLogger(LOGGER).info("seatrial: %s: %s", ruling.outcome, ruling.reason)
        if self.strict and not ruling.outcome.green:
            journal["status"] = "failed"
        cleaned = clean(journal, self._redact.redact)
        journal.clear()
        journal.update(cleaned)
        if self._journal is not None:
            self._journal.close()

    def _tripped(self, why: str) -> None:
        session().stopped = why

    def _stop_watching(self) -> None:
        if self._guard is not None:
            self._guard.stop()

    def _phase(self, phase: str, outcome: str | None = None) -> None:
        session().write("scenario", name=self._title, phase=phase, outcome=outcome)


def _met(state: Any) -> str:
    return (Outcome.PASSED if state and state.get("steady_state_met") else Outcome.FAILED).value
