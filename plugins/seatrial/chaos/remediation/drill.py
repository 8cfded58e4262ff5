"""One loop of remediation, exercised: calm, fault, and whoever is on watch; nothing is judged here.

We take the fault back only after all is known that can be known while it stands: what becomes well before
was repaired by others.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from seatrial.chaos.force import in_force
from seatrial.chaos.phase import AFTER, BEFORE, UNDER, Phase, latched
from seatrial.chaos.record import Record
from seatrial.chaos.remediation.facts import Loop, Remedied, Told
from seatrial.chaos.remediation.judge import done
from seatrial.chaos.signals.watch import Signals, State
from seatrial.chaos.stage import Stage
from seatrial.core.errors import SeatrialError, UsageError
from seatrial.core.units import format_duration
from seatrial.load.budget import Budget

clock = time.monotonic

LOOK = 0.05
"""Seconds between two looks at what has become known."""
SLACK = 30.0
"""Seconds of traffic beyond what is waited for, so that the budget never decides."""


class Drill:
    """One run of one loop.

    Args:
        loop: what is run.
        stage: what it acts on.
    """

    def __init__(self, loop: Loop, stage: Stage) -> None:
        self.loop = loop
        self.stage = stage
        self.found = Remedied(loop.spec, Record(loop.scenario))
        self._phases: list[Phase] = []
        self._force = ExitStack()
        self._rounds = 0
        self._hit: int | None = None
        self._calm_since: float | None = None
        self._is_calm = False
        self._looked = 0.0

    def run(self) -> Remedied:
        """Run it and tell what was found.

        Raises:
            KeyboardInterrupt: passed on, after every fault was taken back.
        """
        found, record = self.found, self.found.record
        record.beside = self.loop.scenario.beside
        if record.beside:
            return found
        try:
            self._run()
        except SeatrialError as error:
            record.trouble = error
        finally:
            for phase in self._phases:
                phase.traffic.close()
            self._tell("scenario", name=self.loop.spec.name, phase="end", outcome=None)
        return found

    def _run(self) -> None:
        found, named = self.found, self.loop.spec.signals
        signals = Signals(self.loop.signals, clock, self.stage.record, self._heard)
        try:
            found.states = {purpose: signals.state(name) for purpose, name in named.items()}
            signals.start(lambda text: text)
            if self._calm_before():
                self._under_fault()
                self._afterwards()
        finally:
            signals.close()
            found.ended = clock()
        self._tell_end()

    # ---- before

    def _calm_before(self) -> bool:
        """Whether callers are served and no signal fires, for long enough."""
        spec = self.loop.spec
        phase = self._phase(BEFORE, spec.quiet_within + spec.calm)
        self._tell("remediation", loop=spec.name, phase="begin", signals=spec.signals)
        self._tell("scenario", name=spec.name, phase="steady-before")
        began = clock()

        def until() -> bool:
            self._is_calm = self._is_calm or self._calm(phase, clock())
            return self._is_calm or bool(self.found.alarm) or clock() - began > spec.quiet_within

        phase.traffic.extend(latched(until))
        self.found.record.before = phase.seen
        if not self._is_calm and not self.found.alarm:
            self._why_no_calm(phase)
        return self._is_calm

    def _why_no_calm(self, phase: Phase) -> None:
        spec, found = self.loop.spec, self.found
        waited = format_duration(spec.quiet_within)
        if not _steady(phase, spec.consecutive):
            good = sum(each.good for each in phase.seen)
            found.record.unsteady = (
                f"no {spec.consecutive} good answers in a row within {waited}: "
                f"{good} of {len(phase.seen)} were good"
            )
        elif name := self._firing():
            found.alarm = f"{name} was firing for {waited}"
        else:
            told = [f"{spec.signals[each]}: {state.trouble}" for each, state in found.states.items()]
            found.deaf = "; ".join(words for words in told if not words.endswith(": ")) or "too few looks"

    def _calm(self, phase: Phase, now: float) -> bool:
        spec = self.loop.spec
        firing = self._firing()
        if firing and self._calm_since is not None:
            self.found.alarm = f"{firing} fired"
            return False
        if firing or not _steady(phase, spec.consecutive):
            self._calm_since = None
            return False
        if self._calm_since is None:
            self._calm_since = now
        if now - self._calm_since < spec.calm:
            return False
        return all(
            state.looked is not None and (state.looked >= self._calm_since or self._comes(purpose))
            for purpose, state in self.found.states.items()
        )

    def _firing(self) -> str:
        """The name of an alert or a call that is active; what is told of steps is none."""
        for purpose, state in self.found.states.items():
            if purpose != "steps" and _active(state):
                return self.loop.spec.signals[purpose]
        return ""

    def _comes(self, purpose: str) -> bool:
        """Whether a signal comes by itself, and is never looked at."""
        name = self.loop.spec.signals[purpose]
        return any(each.name == name and each.webhook is not None for each in self.loop.signals)

    # ---- the fault

    def _under_fault(self) -> None:
        spec, found = self.loop.spec, self.found
        phase = self._phase(UNDER, spec.longest + SLACK)
        found.record.under = phase.seen
        self._tell("scenario", name=spec.name, phase="fault")
        with self._force:
            self._hit = self._process()
            self._force.enter_context(in_force(found.record, self.stage))
            found.injected = clock()
            phase.traffic.extend(latched(self._known))
        found.reverted = clock()

    def _known(self) -> bool:
        now = clock()
        if now - self._looked < LOOK:
            return False
        self._looked = self.found.ended = now
        if self.loop.spec.persists:
            self._again()
        return done(self.found, now)

    def _again(self) -> None:
        """The fault once more, where what it hit was replaced."""
        pid = self._process()
        if pid is None or pid == self._hit:
            return
        self._rounds += 1
        self._force.close()
        self._hit = pid
        try:
            self._force.enter_context(in_force(self.found.record, self.stage, f"-{self._rounds + 1}"))
        except SeatrialError:
            if _alive(pid):
                raise
            self._hit = None  # it was replaced meanwhile: the next look finds its successor

    def _process(self) -> int | None:
        """The process that the fault hits; None where there is none just now, or where that does not matter.

        Raises:
            UsageError: the policy names a control group, whose replacement nobody could see.
        """
        if not self.loop.spec.persists:
            return None
        target = next(each.on for each in self.loop.scenario.injections if each.process)
        try:
            pid = self.stage.process(target)
        except UsageError:
            if self._hit is None and not self._rounds:
                raise
            return None  # between two processes its file may be gone
        if not isinstance(pid, int):
            raise UsageError(
                "a fault that persists needs to see which process comes next",
                where=self.loop.scenario.where,
                hint=f"add process: {{pidfile: FILE}} to the target {target!r}",
            )
        return pid if _alive(pid) else None

    # ---- after

    def _afterwards(self) -> None:
        """Until callers are served and the alert has stopped, where it was not repaired before."""
        spec, found = self.loop.spec, self.found
        phase = self._phase(AFTER, spec.quiet_within + SLACK)
        self._tell("scenario", name=spec.name, phase="recovery")

        def until() -> bool:
            now = found.ended = clock()
            quiet = not _active(found.states["alert"])
            return (quiet and _steady(phase, spec.consecutive)) or now - found.reverted > spec.quiet_within

        phase.traffic.extend(latched(until))
        found.record.after = phase.seen
        self._tell("scenario", name=spec.name, phase="steady-after", steady=_steady(phase, spec.consecutive))

    # ---- what is told

    def _phase(self, name: str, seconds: float) -> Phase:
        phase = self.stage.phase(self.loop.scenario, name, budget=Budget(duration=seconds), paced=True)
        self._phases.append(phase)
        return phase

    def _heard(self, name: str, words: str) -> None:
        if name != self.loop.spec.signals.get("steps"):
            return
        self.found.steps.append(Told(clock(), words))
        self._tell("remediation", loop=self.loop.spec.name, phase="step", told=words)

    def _tell_end(self) -> None:
        found, spec = self.found, self.loop.spec
        seconds: dict[str, Any] = dict.fromkeys(("alerted", "escalated", "resolved", "back"))
        if found.injected:
            seconds["alerted"], seconds["escalated"] = found.rose("alert"), found.rose("escalation")
            seconds["resolved"], seconds["back"] = found.resolved, found.back
        self._tell(
            "remediation",
            loop=spec.name,
            phase="end",
            **{name: None if value is None else round(value, 3) for name, value in seconds.items()},
            lasted=round(found.reverted - found.injected, 3) if found.injected else None,
            steps=len(found.steps),
            persists=spec.persists,
            alarm=found.alarm or None,
        )

    def _tell(self, event: str, **fields: Any) -> None:
        tell: Callable[..., None] = self.stage.record
        tell(event, **fields)


def _active(state: State) -> bool:
    return bool(state.readings) and state.readings[-1][1]


def _steady(phase: Phase, wanted: int) -> bool:
    """Whether the latest answers were good, enough of them in a row."""
    return len(phase.seen) >= wanted and all(each.good for each in phase.seen[-wanted:])


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def drill(loop: Loop, stage: Stage) -> Remedied:
    """Exercise *loop* on *stage*."""
    return Drill(loop, stage).run()
