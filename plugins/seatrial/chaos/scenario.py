"""One scenario, run: steady state, fault, traffic under it, the way back, recovery, steady state again.

Everything that is found out goes into a `Record` and into the journal as it happens; nothing is judged here
but the criteria under the fault, which decide how long the traffic lasts.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from typing import Any

from seatrial.chaos.background import Background
from seatrial.chaos.behaviour import JUDGES
from seatrial.chaos.behaviour.calls import Recording
from seatrial.chaos.force import in_force
from seatrial.chaos.health import HealthWatch
from seatrial.chaos.phase import AFTER, BEFORE, UNDER, Phase, good, latched, streak
from seatrial.chaos.plan import Scenario
from seatrial.chaos.record import Record, Recovery
from seatrial.chaos.stage import Stage
from seatrial.chaos.stops import stopped_by
from seatrial.core.errors import SeatrialError
from seatrial.core.outcome import Outcome
from seatrial.core.trial import Trial
from seatrial.core.trials import trial_of
from seatrial.core.units import format_duration
from seatrial.load.budget import Budget

clock = time.monotonic

LOOK = 0.25
"""Seconds between two looks at the flight recorders while a scenario runs."""
CALLS = 100
"""Calls under the fault where only behaviour is judged: 59 without a fault show a share below 5 %."""
BASE = 60
"""Calls before the fault where behaviour is compared with what it was before."""
BASE_SECONDS = 1.0
UNTIL_OPEN = 12.0
"""Seconds in which a breaker may open, before it is said that it does not."""
NO_RTO = 60.0
"""How long the way back is watched where the policy has no objective for it."""
BEYOND_RTO = 5.0
"""How much longer than twice its objective the way back is watched otherwise."""
COMPARED = frozenset(
    {"no-thundering-herd", "breaker-closes", "breaker-opens", "fallback-order", "model-kept"}
)
UNDER_WATCH = ("breaker-opens", "breaker-half-opens", "no-stampede")
AFTER_WATCH = ("breaker-closes", "no-thundering-herd")
FINAL = frozenset({"no-stampede"})
"""Seen to be broken they stay broken, whatever follows: nobody needs to look on."""


class Run:
    """One run of one scenario.

    Args:
        scenario: what is run.
        stage: what it acts on.
        prelude: called right before the fault.
    """

    def __init__(self, scenario: Scenario, stage: Stage, prelude: Callable[[], None] = lambda: None) -> None:
        self.scenario = scenario
        self.stage = stage
        self.record = Record(scenario)
        self._prelude = prelude
        self._marks: dict[str, int] = {}
        self._phases: list[Phase] = []
        self._injected = self._reverted = 0.0
        self._looked = 0.0

    def run(self) -> Record:
        """Run it and tell what was found.

        Raises:
            KeyboardInterrupt: passed on, after every fault was taken back.
        """
        record, scenario = self.record, self.scenario
        record.beside = scenario.beside
        if record.beside:
            return record
        try:
            self._run()
        except SeatrialError as error:
            record.trouble = error
        finally:
            for phase in self._phases:
                phase.traffic.close()
            self._tell("end", outcome=self._came_to())
        return record

    def _run(self) -> None:
        self._marks = self.stage.marks()
        record, repeats = self.record, self.scenario.spec.recovery.repeats
        if not self._steady_before():
            return
        for number in range(repeats):
            self._fault(number)
            if record.aborted:
                break
        record.recording = self.recording(anew=True)
        self._tell_attempts(record.recording)

    @property
    def injected(self) -> float:
        """When the fault stood, seconds on `time.monotonic`."""
        return self._injected

    # ---- the phases

    def _steady_before(self) -> bool:
        spec, aspects = self.scenario.spec, self._aspects()
        phase = self._phase(BEFORE, Budget(duration=spec.steady_within), paced=True)
        compared = bool(COMPARED & aspects)
        self._tell("steady-before")
        began = clock()

        def until() -> bool:
            if compared and (len(phase.log) < BASE or clock() - began < BASE_SECONDS):
                return False
            return self._steady_now(phase) and self._asked_again(phase, clock() - began)

        phase.traffic.extend(latched(until))
        self.record.before = phase.seen
        if self._steady_now(phase):
            return True
        flags = good(phase.log, self.scenario.objectives.values())
        self.record.unsteady = (
            f"no {spec.recovery.consecutive} good answers in a row within "
            f"{format_duration(spec.steady_within)}: {int(flags.sum())} of {len(flags)} were good"
        )
        return False

    def _asked_again(self, phase: Phase, waited: float) -> bool:
        """Whether what is going to be hit is asked at all: a breaker may still be open from what was before.

        Given up after half of the time: who never asks it is told that the fault never hit. Of a dependency
        that does not speak HTTP no recorder could tell.
        """
        deaf = {each.name for each in self.stage.loaded.spec.dependencies if each.protocol == "tcp"}
        hit = [name for name in self.scenario.hit if name not in deaf]
        if not hit or waited > self.scenario.spec.steady_within / 2:
            return True
        if clock() - self._looked < LOOK:
            return False
        self._looked = clock()
        latest = phase.sent[-self.scenario.spec.recovery.consecutive :]
        attempts = self.stage.attempts(self._marks)
        asked = max(sum(each.started >= latest[0] for each in attempts.get(name, ())) for name in hit)
        return asked >= len(latest) / 2

    def _steady_now(self, phase: Phase) -> bool:
        """Whether the latest answers were good, enough of them in a row."""
        wanted = self.scenario.spec.recovery.consecutive
        start = max(0, len(phase.log) - wanted)
        flags = good(phase.log, self.scenario.objectives.values(), start)
        return len(flags) == wanted and bool(flags.all())

    def _fault(self, number: int) -> None:
        """The fault once, and the way back."""
        pulses = self.scenario.spec.pulses
        first = number == 0
        phase = self._phase(UNDER) if first else self._phase(f"{UNDER}-{number + 1}")
        if first:
            self.record.under = phase.seen
        self._tell("fault", repeat=number)
        self._injected = 0.0
        trials = {label: trial_of(objective, phase.traffic) for label, objective in self._objectives(first)}
        self._prelude()
        with self._beside():
            if pulses is not None:
                self._pulsed(phase, trials)
            else:
                self._held(phase, trials)
        if first:
            self._judged(phase, trials)
        self._recover(number)

    def _held(self, phase: Phase, trials: dict[str, Trial]) -> None:
        """The fault stands as long as anything is to be found out under it."""
        with self._faults(""):
            began = clock()
            if self.scenario.for_good and not trials:
                return
            phase.traffic.extend(latched(lambda: self._enough(phase, trials, began)))

    def _pulsed(self, phase: Phase, trials: dict[str, Trial]) -> None:
        """The fault comes and goes."""
        pulses = self.scenario.spec.pulses
        assert pulses is not None
        for number in range(pulses.count):
            wanted = (number + 1) * pulses.requests
            with self._faults(f"-{number + 1}"):
                phase.traffic.extend(
                    lambda wanted=wanted: self._step(phase, trials) or len(phase.log) >= wanted  # type: ignore[misc]
                )
            if self.record.aborted or phase.traffic.stopped:
                return
        if trials and not all(trial.decided for trial in trials.values()):
            phase.traffic.extend(lambda: self._step(phase, trials) or all(t.decided for t in trials.values()))

    def _step(self, phase: Phase, trials: dict[str, Trial]) -> bool:
        """Take in what is new; True where a stop condition ends it."""
        for trial in trials.values():
            trial.step()
        self.record.aborted = stopped_by(self.scenario.stops, phase.log)
        return self.record.aborted is not None

    def _enough(self, phase: Phase, trials: dict[str, Trial], began: float) -> bool:
        """Whether nothing more is to be found out under the fault."""
        if self._step(phase, trials):
            return True
        lasted = clock() - began
        if lasted < self.scenario.hold or not all(trial.decided for trial in trials.values()):
            return False
        if (self.scenario.spec.client_behaviour or self.scenario.spec.answers) and len(phase.log) < CALLS:
            return False
        return self._watched(UNDER_WATCH, lasted)

    def _recover(self, number: int) -> None:
        """Watch until the target is steady again, and until what is asked of its return is seen."""
        spec = self.scenario.spec
        origin = self._injected if self.scenario.for_good else self._reverted
        rto = spec.recovery.rto
        limit = NO_RTO if rto is None else 2 * rto + BEYOND_RTO
        name = AFTER if number == 0 else f"{AFTER}-{number + 1}"
        most = limit + max(UNTIL_OPEN, self._watch_limit()) + 2 * self._in_a_row()
        phase = self._phase(name, Budget(duration=most), paced=True)
        self._tell("recovery", repeat=number)
        found: list[float] = []

        def until() -> bool:
            if not found:
                flags = good(phase.log, self.scenario.objectives.values())
                at = streak(flags, spec.recovery.consecutive)
                if at is None:
                    # Good answers in a row that have begun are counted to their end, slow as they may be.
                    return clock() - origin > limit and not flags[-1:].any()
                found.append(max(0.0, phase.ended(at) - origin))
            return self._watched(AFTER_WATCH, clock() - origin)

        phase.traffic.extend(latched(until))
        if number == 0:
            self.record.after = phase.seen
        until()
        recovery = Recovery(found[0] if found else None, clock() - origin)
        self.record.recoveries.append(recovery)
        self._tell("steady-after", repeat=number, steady=bool(found))

    def _in_a_row(self) -> float:
        """Seconds that as many answers take as must be good in a row, as they came before the fault."""
        seen = self.record.before
        span = max(each.done for each in seen) - min(each.sent for each in seen)
        return span / len(seen) * self.scenario.spec.recovery.consecutive

    def _judged(self, phase: Phase, trials: dict[str, Trial]) -> None:
        for label, trial in trials.items():
            trial.step()
            self.record.verdicts[label] = (trial.objective, trial.verdict())
        lag = phase.traffic.punctuality()
        self.stage.record("generator", traffic=phase.traffic.name, **asdict(lag))
        at = streak(
            good(phase.log, self.scenario.objectives.values()), self.scenario.spec.recovery.consecutive
        )
        if at is not None and len(phase.log):
            self.record.failover = max(0.0, phase.ended(at) - self._injected)

    @contextmanager
    def _faults(self, suffix: str) -> Iterator[None]:
        """All faults of the scenario in force, and when."""
        with in_force(self.record, self.stage, suffix):
            self._injected = self._injected or clock()
            yield
        self._reverted = clock()

    @contextmanager
    def _beside(self) -> Iterator[None]:
        """What runs beside the traffic under the fault: other load, and a look at the health pages."""
        with ExitStack() as stack:
            if self.scenario.spec.background is not None:
                stack.enter_context(Background(self.scenario, self.stage))
            if any(each.aspect == "health-truthful" for each in self.scenario.spec.answers):
                watch = stack.enter_context(HealthWatch(self.stage.config(self.scenario)))
                stack.callback(lambda: setattr(self.record, "health", watch.samples))
            yield

    # ---- looking at the flight recorders while it runs

    def _aspects(self) -> set[str]:
        spec = self.scenario.spec
        return {each.aspect for each in (*spec.client_behaviour, *spec.answers)}

    def _objectives(self, first: bool) -> Any:
        return self.scenario.objectives.items() if first else ()

    def _watched(self, names: tuple[str, ...], lasted: float) -> bool:
        """Whether what is asked by these names was seen, or will not be."""
        asked = [aspect for name in names if (aspect := self.scenario.behaviour(name)) is not None]
        if not asked or lasted >= max(UNTIL_OPEN, self._watch_limit()):
            return True
        if clock() - self._looked < LOOK:
            return False
        self._looked = clock()
        recording = self.recording()
        found = {aspect.aspect: JUDGES[aspect.aspect](recording, aspect).outcome for aspect in asked}
        return all(
            outcome.green
            or outcome is Outcome.NOT_APPLICABLE
            or (outcome is Outcome.FAILED and name in FINAL)
            for name, outcome in found.items()
        )

    def _watch_limit(self) -> float:
        own = [each.within for each in self.scenario.spec.client_behaviour if each.within is not None]
        return max(own, default=UNTIL_OPEN + 3.0)

    def recording(self, *, anew: bool = False) -> Recording:
        """What the proxies have recorded of this scenario up to now; *anew* reads again what was read."""
        now = clock()
        attempts = self.stage.attempts(self._marks, anew=anew)
        hit = {name for name in self.scenario.hit}
        seen = sorted((each for phase in self._phases for each in phase.seen), key=lambda each: each.sent)
        return Recording(
            hit=sorted((a for name in hit for a in attempts.get(name, ())), key=_started),
            others=sorted(
                (a for name, found in attempts.items() if name not in hit for a in found), key=_started
            ),
            sent=[each.sent for each in seen],
            answered=[each.good for each in seen],
            done=[each.done for each in seen],
            questions=[each.question for each in seen],
            injected=self._injected,
            reverted=self._reverted if self._reverted > self._injected else now,
            ended=now,
            faults=self._asked_of_faults(),
            order=[each.name for each in self.stage.loaded.spec.dependencies if each.kind == "provider"],
        )

    def _asked_of_faults(self) -> dict[str, dict[str, Any]]:
        """By the name that each has in an attempt; a fault in pulses has several."""
        pulses = self.scenario.spec.pulses
        suffixes = [""] if pulses is None else [f"-{number + 1}" for number in range(pulses.count)]
        return {
            f"{injection.name}{suffix}": {**injection.attributes, "type": injection.type}
            for injection in self.scenario.injections
            for suffix in suffixes
        }

    # ---- telling

    def _phase(self, name: str, budget: Budget | None = None, *, paced: bool = False) -> Phase:
        phase = self.stage.phase(self.scenario, name, budget=budget, paced=paced)
        self._phases.append(phase)
        return phase

    def _tell(self, phase: str, **fields: Any) -> None:
        self.stage.record("scenario", name=self.scenario.name, phase=phase, **fields)

    def _tell_attempts(self, recording: Recording) -> None:
        proxies: dict[str, list[Any]] = {}
        for attempt in (*recording.hit, *recording.others):
            proxies.setdefault(attempt.proxy, []).append(attempt)
        for name, attempts in proxies.items():
            for start in range(0, len(attempts), 512):
                batch = attempts[start : start + 512]
                self.stage.record("attempts", proxy=name, scenario=self.scenario.name, **_columns(batch))

    def _came_to(self) -> str | None:
        record = self.record
        if record.trouble is not None:
            return Outcome.ERROR.value
        return Outcome.INCONCLUSIVE.value if record.unsteady or record.aborted else None


def _started(attempt: Any) -> float:
    return float(attempt.started)


def _columns(batch: list[Any]) -> dict[str, Any]:
    return {
        "first": batch[0].number,
        "started": [round(each.started, 6) for each in batch],
        "duration": [None if each.duration is None else round(each.duration, 6) for each in batch],
        "status": [each.status for each in batch],
        "hash": [each.body_hash[:16] for each in batch],
        "faults": [list(each.faults) for each in batch],
        "outcome": [each.outcome for each in batch],
    }


def run(scenario: Scenario, stage: Stage) -> Record:
    """Run *scenario* on *stage*."""
    return Run(scenario, stage).run()
