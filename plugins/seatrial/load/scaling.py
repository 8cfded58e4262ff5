"""Auto-scaling judged from outside: load steps up, when do the objectives hold again, did it scale back?

What can be decided is decided on the requests: those of the peak behind the time that the policy allows must
meet every objective. When latency recovered is told beside it, from slices of a second. How many replicas
there are an outsider sees only where the target tells it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from seatrial.core.log import Log
from seatrial.core.objective import Objective
from seatrial.core.outcome import Outcome
from seatrial.core.punctuality import Punctuality
from seatrial.core.recorded import Recorded
from seatrial.core.risk import Risk
from seatrial.core.units import format_duration
from seatrial.core.verdict import Verdict
from seatrial.load import from_policy
from seatrial.load.capacity import traffic_of
from seatrial.load.gauge import Watch
from seatrial.load.levels import objectives
from seatrial.load.schedules import schedule_of
from seatrial.policy.arrivals import ArrivalsSpec
from seatrial.policy.scaling import ScalingSpec
from seatrial.policy.traffic import BudgetSpec, TrafficSpec
from seatrial.targets.config import TargetConfig
from seatrial.targets.target import Target

if TYPE_CHECKING:
    from seatrial.policy.loader import LoadedPolicy

_SETTLED = 0.2  # share of the time before the step that is no evidence: the load has only just begun
_SLICE = 1.0  # seconds


@dataclass(frozen=True, slots=True)
class Ruling:
    """What one question came to."""

    outcome: Outcome
    reason: str


@dataclass(frozen=True, slots=True)
class Scaling:
    """What a step of load showed.

    Attributes:
        recovery: whether every objective held again in time.
        back: whether it scaled back; NOT_APPLICABLE where the policy does not ask.
        recovered_after: seconds from the step until the last bad second of the peak was over; 0 where there
            was none, None where the peak ended badly.
        replicas: seconds and value of every look at the gauge.
        served: requests answered a second before, at the end of the peak, and after it.
        exchanges: requests that were judged.
        verdicts: on the requests of the peak behind the allowed time.
    """

    recovery: Ruling
    back: Ruling
    recovered_after: float | None
    replicas: tuple[tuple[float, float], ...]
    served: tuple[float, float, float]
    exchanges: int
    verdicts: tuple[Verdict, ...]


def measure(
    loaded: LoadedPolicy,
    configs: Mapping[str, TargetConfig],
    spec: ScalingSpec,
    *,
    seed: int,
    record: Callable[..., None],
) -> Scaling:
    """Let the load step up and down again as *spec* says, and judge what came back.

    Raises:
        UsageError: the traffic cannot be told, or its prompts cannot be read.
        HarnessError: this machine could not send.
    """
    name = traffic_of(loaded, spec.traffic)
    own = loaded.traffic(name)
    risk = replace(loaded.risk, min_duration=0.0, segments=1)
    stepped = _stepped(own, spec, seed if own.seed is None else own.seed)
    traffic = from_policy.traffic(
        loaded,
        name,
        configs,
        seed=seed,
        record=record,
        risk=risk,
        told_as=f"{name}@step",
        spec=stepped,
    )
    config = configs[own.target or next(iter(configs))]
    with ExitStack() as stack:
        stack.callback(traffic.close)
        watch = stack.enter_context(Watch(spec.gauge, _fetcher(stack, config))) if spec.gauge else None
        traffic.extend(lambda: False)
    began = _began(traffic.log, stepped)
    looks = [] if watch is None else [(at - traffic.zero - began, value) for at, value in watch.seen]
    found = judge(
        spec,
        traffic.log,
        began,
        held=_held(loaded, name),
        risk=loaded.risk,
        looks=looks,
        punctuality=traffic.punctuality(),
    )
    record("scaling", **_told(spec, name, found))
    return found


def _stepped(own: TrafficSpec, spec: ScalingSpec, seed: int) -> TrafficSpec:
    """The traffic with a peak in the middle."""
    long = spec.before + spec.lasting + spec.after
    arrivals = {
        "kind": "spike",
        "rate": f"{spec.rate!r}/s",
        "peak": f"{spec.peak!r}/s",
        "at": f"{spec.before!r}s",
        "lasting": f"{spec.lasting!r}s",
    }
    changes = {
        "arrivals": ArrivalsSpec.model_validate(arrivals),
        "duration": long,
        "warmup": 0,  # it would take the first arrivals of the schedule; the time before the step is one
        "budget": BudgetSpec.model_validate({"duration": f"{2 * long!r}s"}),
        "parquet": False,
        "seed": seed,
    }
    return own.model_copy(update=changes)


def _fetcher(stack: ExitStack, config: TargetConfig) -> Callable[[str], str | None]:
    target = stack.enter_context(Target(config, connections=1))

    def fetch(path: str) -> str | None:
        answer = target.get(path)
        return answer.raw.body.decode("utf-8", "replace") if answer.status == 200 and answer.raw else None

    return fetch


def _held(loaded: LoadedPolicy, name: str) -> list[Objective]:
    return [each for each in objectives(loaded, name) if each.sli.events == "requests"]


def judge(
    spec: ScalingSpec,
    log: Log,
    began: float,
    *,
    held: Sequence[Objective],
    risk: Risk,
    looks: Sequence[tuple[float, float]] = (),
    punctuality: Punctuality | None = None,
) -> Scaling:
    """What the exchanges of a step of load show.

    Args:
        spec: the step.
        log: the exchanges.
        began: when the step's schedule was at 0, on the clock of the log.
        held: what must hold.
        risk: what is accepted and assumed.
        looks: at the gauge, in the schedule's own seconds.
        punctuality: of the generator.
    """
    up, down = began + spec.before, began + spec.before + spec.lasting
    before = _verdicts(log, held, risk, began + _SETTLED * spec.before, up)
    peak = _verdicts(log, held, risk, up + spec.recover_within, down)
    recovered = _recovered(log, held, up, down)
    limit = min((each.strictest for each in held if each.strictest is not None), default=1.0)
    late = punctuality or Punctuality()
    doubt = late.lost or late.behind(limit)
    stretches = ((began, up), (up + spec.recover_within, down), (down, down + spec.after))
    first, second, third = (_served(log, begin, end) for begin, end in stretches)
    return Scaling(
        Ruling(Outcome.INCONCLUSIVE, doubt) if doubt else _recovery(spec, before, peak, recovered),
        _back(spec, looks),
        recovered,
        tuple((round(at, 3), value) for at, value in looks),
        (first, second, third),
        len(log),
        tuple(peak),
    )


def _began(log: Log, stepped: TrafficSpec) -> float:
    """When the schedule was at 0, seconds since the traffic began: the first arrival leaves at once."""
    assert stepped.arrivals is not None
    schedule = schedule_of(stepped.arrivals, stepped.duration, [stepped.seed or 0, *stepped.name.encode()])
    return float(log.intended(0, 1)[0]) - next(iter(schedule), 0.0) if len(log) else 0.0


def _verdicts(log: Log, held: Sequence[Objective], risk: Risk, begin: float, end: float) -> list[Verdict]:
    first, stop = (int(place) for place in np.searchsorted(log.intended(), (begin, end)))
    stretch = Recorded("step", log, risk, first=first, stop=stop)
    return [stretch.judge(objective) for objective in held]


def _recovery(
    spec: ScalingSpec, before: Sequence[Verdict], peak: Sequence[Verdict], recovered: float | None
) -> Ruling:
    allowed = format_duration(spec.recover_within)
    when = _when(recovered)
    if any(verdict.outcome is Outcome.FAILED for verdict in before):
        return Ruling(Outcome.INCONCLUSIVE, "the objectives do not hold even before the step")
    failed = [verdict for verdict in peak if verdict.outcome is Outcome.FAILED]
    if failed:
        told = "; ".join(f"{verdict.objective}: {verdict.reason}" for verdict in failed)
        return Ruling(Outcome.FAILED, f"{when}; it broke behind the {allowed} that are allowed: {told}")
    if all(verdict.outcome is Outcome.PASSED for verdict in peak):
        return Ruling(Outcome.PASSED, f"{when}; {allowed} are allowed")
    open_ones = "; ".join(
        f"{verdict.objective}: {verdict.reason}" for verdict in peak if verdict.outcome is not Outcome.PASSED
    )
    return Ruling(Outcome.INCONCLUSIVE, f"{when}; behind the {allowed} that are allowed {open_ones}")


def _when(recovered: float | None) -> str:
    if recovered is None:
        return "it had not recovered when the peak ended"
    if recovered == 0:
        return "no second of the peak was bad"
    return f"the last bad second was over {format_duration(recovered)} after the step"


def _recovered(log: Log, held: Sequence[Objective], up: float, down: float) -> float | None:
    """Seconds after the step until the last slice in which more was bad than an objective allows."""
    edges = np.arange(up, down + 1e-9, _SLICE)
    places = np.searchsorted(log.intended(), edges)
    last = -1
    for objective in held:
        bad, _, counts = objective.bad(log, int(places[0]), int(places[-1]))
        for number in range(len(edges) - 1):
            piece = slice(places[number] - places[0], places[number + 1] - places[0])
            judged = bad[piece][counts[piece]]
            if len(judged) and judged.mean() > objective.limit:
                last = max(last, number)
    if last == len(edges) - 2 and last >= 0:
        return None
    return float((last + 1) * _SLICE)


def _back(spec: ScalingSpec, looks: Sequence[tuple[float, float]]) -> Ruling:
    """Whether there are as few replicas as before, in time."""
    if spec.gauge is None:
        return Ruling(Outcome.NOT_APPLICABLE, "outsiders cannot see replicas, and the policy names no gauge")
    down = spec.before + spec.lasting
    # What an earlier trial made it add may still be there at the beginning.
    before = [value for at, value in looks if spec.before / 2 <= at < spec.before]
    peak = [value for at, value in looks if spec.before <= at < down]
    after = [(at - down, value) for at, value in looks if at >= down]
    if not before or not peak or not after:
        return Ruling(Outcome.INCONCLUSIVE, f"{spec.gauge.path} did not tell {spec.gauge.metric} throughout")
    few, most = max(before), max(peak)
    told = f"{few:g} replicas before the step, up to {most:g} under the peak"
    if most <= few:
        return Ruling(Outcome.INCONCLUSIVE, f"{told}: it never scaled out, so there is no way back to see")
    back = next((at for at, _ in after if all(value <= few for then, value in after if then >= at)), None)
    if spec.back_within is None:
        told += ", and not back" if back is None else f", back {format_duration(back)} after the peak"
        return Ruling(Outcome.NOT_APPLICABLE, told)
    allowed = format_duration(spec.back_within)
    if back is None:
        return Ruling(Outcome.FAILED, f"{told}, and still {after[-1][1]:g} at the end; {allowed} are allowed")
    outcome = Outcome.PASSED if back <= spec.back_within + spec.gauge.every else Outcome.FAILED
    return Ruling(outcome, f"{told}, back {format_duration(back)} after the peak; {allowed} are allowed")


def _served(log: Log, begin: float, end: float) -> float:
    done = log.intended() + log.duration()
    return float(((done >= begin) & (done < end) & log.ok()).sum()) / max(end - begin, 1e-9)


def _told(spec: ScalingSpec, name: str, found: Scaling) -> dict[str, Any]:
    return {
        "traffic": name,
        "rate": spec.rate,
        "peak": spec.peak,
        "at": spec.before,
        "lasting": spec.lasting,
        "after": spec.after,
        "outcome": found.recovery.outcome.value,
        "reason": found.recovery.reason,
        "back": {"outcome": found.back.outcome.value, "reason": found.back.reason},
        "recovered_after": found.recovered_after,
        "replicas": [list(look) for look in found.replicas],
        "served": dict(zip(("before", "peak", "after"), found.served, strict=True)),
        "verdicts": [verdict.to_dict() for verdict in found.verdicts],
    }
