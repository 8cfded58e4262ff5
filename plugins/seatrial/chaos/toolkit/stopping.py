"""Stop conditions: probes that are watched while an experiment's method runs, and that end it.

The experiment is ended by SIGUSR1, which chaoslib provides for it: the rollbacks are played, as long as their
strategy says so. (SIGTERM would be taken for the failure of whatever activity is running.)
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from seatrial.chaos.toolkit.experiment import StopCondition

Check = Callable[[StopCondition], tuple[bool, Any]]
"""Whether a condition's value is within its tolerance, and the value."""


class Guard:
    """Watches stop conditions in a thread of its own, from `start` to `stop`.

    Args:
        conditions: what ends the experiment.
        check: takes one look.
        tripped: told why, before the experiment is ended.
        end: ends the experiment.
    """

    def __init__(
        self,
        conditions: Sequence[StopCondition],
        check: Check,
        tripped: Callable[[str], None],
        end: Callable[[], None] | None = None,
    ) -> None:
        self._conditions = conditions
        self._check = check
        self._tripped = tripped
        self._end = end or end_experiment
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to watch; nothing where there are no conditions."""
        if self._conditions:
            self._thread = threading.Thread(target=self._watch, name="stop conditions", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Watch no longer: from here on nothing ends the experiment, and its rollbacks are not disturbed."""
        with self._lock:
            self._over.set()

    def _watch(self) -> None:
        due = {condition.name: time.monotonic() for condition in self._conditions}
        while not self._over.is_set():
            for condition in self._conditions:
                if time.monotonic() >= due[condition.name] and not self._over.is_set():
                    if self._look(condition):
                        return
                    due[condition.name] = time.monotonic() + condition.frequency
            self._over.wait(max(min(due.values()) - time.monotonic(), 0.0))

    def _look(self, condition: StopCondition) -> bool:
        """Whether that was the end."""
        within, value = self._check(condition)
        with self._lock:
            if within or self._over.is_set():
                return False
            self._over.set()
            self._tripped(f"{condition.name}: {value!r} is beyond its tolerance")
            self._end()
            return True


def end_experiment() -> None:
    """End the experiment of this process, with its rollbacks."""
    os.kill(os.getpid(), signal.SIGUSR1)


def chaoslib_check(configuration: Any, secrets: Any) -> Check:
    """A look by chaoslib's own means; a probe that cannot be carried out is beyond every tolerance."""

    def check(condition: StopCondition) -> tuple[bool, Any]:
        from chaoslib.activity import run_activity
        from chaoslib.exceptions import ChaosException

        activity = condition.model_dump(include={"name", "type", "provider"})
        try:
            value = run_activity(activity, configuration, secrets)
        except ChaosException as error:
            return False, f"the probe failed: {error}"
        return within(condition.tolerance, value, configuration, secrets), value

    return check


def within(tolerance: Any, value: Any, configuration: Any, secrets: Any) -> bool:
    """Whether chaoslib finds *value* within *tolerance*; one that it cannot compare is not."""
    from copy import deepcopy

    from chaoslib.exceptions import ChaosException
    from chaoslib.hypothesis import within_tolerance

    try:
        # A tolerance that is a probe gets the value written into it: not into the experiment's own.
        return bool(within_tolerance(deepcopy(tolerance), value, configuration, secrets))
    except (ChaosException, TypeError, ValueError, ArithmeticError, AttributeError, LookupError, NameError):
        return False
