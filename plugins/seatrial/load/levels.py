"""Levels of load: arrivals at one rate until every objective is decided there, and no longer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile
from typing import TYPE_CHECKING, Any

import numpy as np

from seatrial.core.evidence.base import Decision
from seatrial.core.objective import Objective
from seatrial.core.outcome import Outcome
from seatrial.core.risk import Risk
from seatrial.core.trials import trial_of
from seatrial.core.units import format_duration, format_rate
from seatrial.core.verdict import Verdict
from seatrial.load import from_policy
from seatrial.load.level import Level, figures
from seatrial.load.saturation import Growth, Saturation
from seatrial.load.schedules import schedule_of
from seatrial.load.search import Finding
from seatrial.load.traffic import Traffic
from seatrial.policy.arrivals import ArrivalsSpec
from seatrial.policy.capacity import LevelSpec
from seatrial.policy.traffic import BudgetSpec, TrafficSpec
from seatrial.targets.config import TargetConfig

if TYPE_CHECKING:
    from seatrial.core.trial import Trial
    from seatrial.policy.loader import LoadedPolicy

_WAITED = (
    0.05  # share of the requests that waited for a connection, beyond which the connections are the limit
)
_NO_SLOWER = 1.5  # times the service time of the lowest level: what is below it is no target under strain


class Levels:
    """Runs levels on one traffic of a policy.

    Args:
        loaded: the policy.
        configs: its targets, by name.
        traffic: the traffic's name: whose target, prompts and objectives.
        level: how long.
        risk: the chances of error at each level.
        tolerance: share of the arrivals by which answers may stay behind where a level holds.
        seed: of the run.
        record: writes an event to the journal.
    """

    def __init__(
        self,
        loaded: LoadedPolicy,
        configs: Mapping[str, TargetConfig],
        traffic: str,
        level: LevelSpec,
        *,
        risk: Risk,
        tolerance: float,
        seed: int,
        record: Callable[..., None],
    ) -> None:
        self._tolerance = tolerance
        self._loaded, self._configs, self._name, self._level = loaded, configs, traffic, level
        least = level.warmup + level.least
        self._risk = replace(risk, min_duration=least, segments=1)
        self._seed = seed
        self._record = record
        self.objectives = objectives(loaded, traffic)
        self._calm: float | None = None
        # Until a level has held, the slowest answers of a calm target are taken to be as slow as they may.
        limits = [each.threshold for each in self.objectives if each.sli.name == "operation.duration"]
        self._slowest = max([each for each in limits if each is not None], default=level.warmup)
        self._count = 0

    def run(self, rate: float, cost: float | None = None, *, patient: bool = False) -> Level:
        """One level.

        Args:
            rate: requests a second.
            cost: US dollars that it may spend at the most.
            patient: go on, whatever the objectives say, until it is shown whether answers keep up.
        """
        number, self._count = self._count, self._count + 1
        spec = self._spec(rate, number, cost)
        traffic = from_policy.traffic(
            self._loaded,
            self._name,
            self._configs,
            seed=self._seed,
            record=self._told,
            risk=self._risk,
            told_as=f"{self._name}@{format_rate(rate, 4)}",
            spec=spec,
        )
        try:
            found = self._measured(traffic, spec, number, rate, patient=patient)
        finally:
            traffic.close()
        if self._calm is None and found.service == found.service:
            self._calm = found.service
        if found.finding is Finding.HOLDS:
            self._slowest = found.latency["p99"]
        return found

    def _told(self, event: str, **fields: Any) -> None:
        # The verdicts of a level are those of the search: the objective itself is judged elsewhere.
        if event != "progress":
            self._record(event, **fields)

    def _spec(self, rate: float, number: int, cost: float | None) -> TrafficSpec:
        own = self._loaded.traffic(self._name)
        budget: dict[str, Any] = {
            "requests": self._level.requests,
            "duration": f"{self._level.warmup + self._level.duration!r}s",
        }
        if cost is not None:
            budget["cost"] = f"{cost:.6f} USD"
        changes = {
            "arrivals": ArrivalsSpec.model_validate({"kind": "poisson", "rate": f"{rate!r}/s"}),
            "duration": None,
            "warmup": 0,
            "budget": BudgetSpec.model_validate(budget),
            "seed": (own.seed if own.seed is not None else self._seed) + 7919 * (number + 1),
            "parquet": False,
        }
        return own.model_copy(update=changes)

    def _measured(
        self, traffic: Traffic, spec: TrafficSpec, number: int, rate: float, *, patient: bool
    ) -> Level:
        skip = _within(spec, self._level.warmup)
        traffic.settled_after(skip)
        watch = Saturation(self._level.warmup, self._slowest, self._tolerance, self._risk.confidence)
        run = _Run(
            traffic, [trial_of(each, traffic, skip) for each in self.objectives], watch, patient=patient
        )
        traffic.extend(run.over)
        verdicts = run.verdicts()
        finding, reason = self._finding(traffic, skip, verdicts, run.grown, watch)
        log = traffic.log
        # A level that is broken off before it has settled is told by what there was.
        shown = skip if len(log) > skip else 0
        begin, end = log.stretches[-1] if log.stretches else (0.0, 0.0)
        broke = next((verdict.objective for verdict in verdicts if verdict.outcome is Outcome.FAILED), None)
        return Level(
            number,
            rate,
            finding,
            reason,
            max(len(log) - skip, 0),
            *run.rates(),
            seconds=end - begin,
            cost=traffic.cost,
            broke=broke if finding is Finding.BREAKS else None,
            saturated=run.grown is not None,
            keeps_up=watch.steady,
            verdicts=verdicts,
            generator=traffic.punctuality(),
            **figures(log, shown, end - begin - (self._level.warmup if shown else 0.0)),
        )

    def _finding(
        self,
        traffic: Traffic,
        skip: int,
        verdicts: Sequence[Verdict],
        grown: Growth | None,
        watch: Saturation,
    ) -> tuple[Finding, str]:
        limit = min((o.strictest for o in self.objectives if o.strictest is not None), default=1.0)
        generator = traffic.punctuality()
        if generator.lost:
            return Finding.UNDECIDED, generator.lost
        if behind := generator.behind(limit):
            return Finding.BOUND, behind
        failed = [verdict for verdict in verdicts if verdict.outcome is Outcome.FAILED]
        if (failed or grown) and (capped := self._capped(traffic, skip)):
            return Finding.BOUND, capped
        if failed:
            return Finding.BREAKS, "; ".join(f"{each.objective}: {each.reason}" for each in failed)
        if grown:
            return Finding.BREAKS, str(grown)
        open_ones = [each for each in verdicts if each.outcome is Outcome.INCONCLUSIVE]
        if open_ones:
            return Finding.UNDECIDED, "; ".join(f"{each.objective}: {each.reason}" for each in open_ones)
        if not watch.steady:
            return Finding.UNDECIDED, (
                f"answers were not yet shown to keep up with arrivals: {watch.needed:,} requests are needed"
                " at least"
            )
        return Finding.HOLDS, f"every objective is proven, on {verdicts[0].n} requests and more"

    def _capped(self, traffic: Traffic, skip: int) -> str | None:
        """Why the connections of the traffic were the limit and not the target, None where they were not."""
        log = traffic.log
        skip = skip if len(log) > skip else 0
        waited = log.lag(skip) > max(10 * traffic.punctuality().worst, 0.005)
        if self._calm is None or not len(waited) or waited.mean() <= _WAITED:
            return None
        service = float(np.median(log.duration(skip) - log.lag(skip)))
        if service > _NO_SLOWER * self._calm:
            return None
        return (
            f"all connections were in use while the target answered as fast as ever"
            f" ({format_duration(service)}): raise connections of traffic {self._name!r}"
        )


class _Run:
    """A level while it lasts."""

    def __init__(
        self, traffic: Traffic, trials: Sequence[Trial], watch: Saturation, *, patient: bool
    ) -> None:
        self._traffic, self._trials, self._watch, self._patient = traffic, trials, watch, patient
        self._over = False
        self.grown: Growth | None = None

    def over(self) -> bool:
        """Whether nothing more is to be learnt; still asked while the last answers come in."""
        if self._over or self._traffic.stopped:
            return True
        decided = [trial.step() for trial in self._trials]
        self.grown = self._watch.look(self._traffic.span, *self._traffic.counts)
        failed = any(trial.evidence.decision is Decision.FAIL for trial in self._trials)
        ended = self._watch.steady and (self._patient or all(decided))
        self._over = self.grown is not None or ended or (failed and not self._patient)
        return self._over

    def verdicts(self) -> tuple[Verdict, ...]:
        """With what came in at last."""
        for trial in self._trials:
            trial.step()
        return tuple(trial.verdict() for trial in self._trials)

    def rates(self) -> tuple[float, float, float]:
        """Requests offered and served a second, and in flight on average."""
        offered, served = self._watch.rates
        if self.grown is not None and offered != offered:
            return self.grown.offered, self.grown.served, float(self.grown.end)
        return offered, served, self._watch.mean


def objectives(loaded: LoadedPolicy, traffic: str) -> list[Objective]:
    """The objectives that a level of *traffic* is held to.

    All, but for rates, which the level itself sets, and queries, for its requests leave one by one.
    """
    own = [objective for objective in loaded.objectives() if objective.traffic == traffic]
    one_by_one = [each for each in own if each.sli.events != "queries"]
    return [each for each in one_by_one if not (each.sli.events == "slices" and each.sli.dimension == "rate")]


def _within(spec: TrafficSpec, seconds: float) -> int:
    """How many requests leave in the first *seconds*: the schedule is known in advance."""
    assert spec.arrivals is not None
    schedule = schedule_of(spec.arrivals, spec.budget.duration, [spec.seed or 0, *spec.name.encode()])
    return sum(1 for _ in takewhile(lambda time: time < seconds, schedule))
