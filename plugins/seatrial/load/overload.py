"""Overload: beyond its capacity a target sends callers away instead of letting a queue grow without end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seatrial.core.outcome import Outcome
from seatrial.core.units import format_rate, format_share
from seatrial.load.capacity import traffic_of
from seatrial.load.level import Level
from seatrial.load.levels import Levels
from seatrial.load.search import Finding
from seatrial.policy.capacity import CapacitySpec
from seatrial.targets.config import TargetConfig

if TYPE_CHECKING:
    from seatrial.policy.loader import LoadedPolicy

BEYOND = 2.0
"""Times the lowest rate shown to break: no target is near its limit there."""
TOLERANCE = 0.2
"""Share of the arrivals by which answers and refusals may stay behind; twice the capacity leaves half."""


@dataclass(frozen=True, slots=True)
class Overload:
    """What a target does beyond its capacity.

    Attributes:
        outcome: PASSED where it refuses and its queue stays bounded; FAILED where that grows without end.
        exchanges: requests that were judged.
    """

    outcome: Outcome
    reason: str
    exchanges: int = 0


def measure(
    loaded: LoadedPolicy,
    configs: Mapping[str, TargetConfig],
    spec: CapacitySpec,
    breaks: float | None,
    *,
    seed: int,
    record: Callable[..., None],
) -> Overload:
    """Take a target beyond its capacity, until it is shown whether its queue grows.

    Args:
        loaded: the policy.
        configs: its targets, by name.
        spec: how capacity was searched for.
        breaks: lowest rate shown to break; None where none was.
        seed: of the run.
        record: writes an event to the journal.
    """
    if breaks is None:
        return Overload(
            Outcome.NOT_APPLICABLE, "no rate was shown to break: there is nothing to be beyond of"
        )
    name = traffic_of(loaded, spec.traffic)
    levels = Levels(
        loaded, configs, name, spec.level, risk=loaded.risk, tolerance=TOLERANCE, seed=seed + 1, record=record
    )
    level = levels.run(float(f"{BEYOND * breaks:.4g}"), patient=True)
    found = judge(level)
    record("overload", traffic=name, outcome=found.outcome.value, reason=found.reason, level=level.to_dict())
    return found


def judge(level: Level) -> Overload:
    """What a level beyond the capacity shows."""
    at = f"at {format_rate(level.rate)}"
    if level.saturated:
        away = f"{format_share(level.refused)} sent away" if level.refused else "nobody sent away"
        said = f"{at} the queue grows without end, {away}; {level.reason}"
        return Overload(Outcome.FAILED, said, level.n)
    if level.finding is Finding.BOUND:
        return Overload(Outcome.INCONCLUSIVE, level.reason, level.n)
    if not level.keeps_up:
        said = f"{at} it was not decided within the level whether the queue grows"
        return Overload(Outcome.INCONCLUSIVE, said, level.n)
    if not level.refused:
        return Overload(Outcome.INCONCLUSIVE, f"{at} answers keep up, and nobody is sent away", level.n)
    said = (
        f"{at} {format_share(level.refused)} are sent away (429 or 503), and what is in flight stays bounded"
    )
    return Overload(Outcome.PASSED, said, level.n)
