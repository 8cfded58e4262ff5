"""What a stretch of a run cost its callers, and how much of the error budget that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seatrial.reporting import figures
from seatrial.reporting.columns import Columns

Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Flow:
    """The traffic of a run on the run's own clock.

    Attributes:
        began: when its clock began, seconds since the run began.
    """

    columns: Columns
    began: float

    @property
    def last(self) -> float:
        """When its last request left, seconds since the run began; 0 without any."""
        sent = self.columns.intended[np.isfinite(self.columns.intended)]
        return float(sent.max()) + self.began if len(sent) else 0.0

    def between(self, start: float, end: float) -> NDArray[np.bool_]:
        """Which requests were under way at some moment between *start* and *end*."""
        sent = self.columns.intended + self.began
        took = np.nan_to_num(self.columns.duration)
        return np.asarray((sent < end) & (sent + took >= start))


@dataclass(frozen=True, slots=True)
class Burnt:
    """One objective's error budget.

    Attributes:
        statement: the objective in words.
        bad: requests that missed it, of `counted`.
        allowed: the share that may miss it.
    """

    name: str
    statement: str
    bad: int
    counted: int
    allowed: float

    @property
    def rate(self) -> float:
        """How many times as fast as allowed the budget burnt (the burn rate of SRE practice)."""
        return self.bad / self.counted / self.allowed if self.counted else 0.0

    @property
    def words(self) -> str:
        """``45 of 212 requests missed it: the budget burnt 21 times as fast as allowed``."""
        if not self.counted:
            return "no request counted"
        seen = f"{figures.count(self.bad)} of {figures.plural(self.counted, 'request')} missed it"
        if not self.bad:
            return f"{seen}: nothing of the budget was spent"
        return f"{seen}: the budget burnt at {figures.number(self.rate)} times the allowed rate"


@dataclass(frozen=True, slots=True)
class Impact:
    """One stretch of time.

    Attributes:
        requests: under way at some moment of it.
        failed: of these, without a whole answer.
        kinds: the kinds of errors with their number, the most frequent first.
        slowest: seconds, of the answers that came.
    """

    label: str
    start: float
    end: float
    requests: int
    failed: int
    kinds: tuple[tuple[str, int], ...]
    median: float | None
    slowest: float | None
    burnt: tuple[Burnt, ...]


def impact(
    label: str, flows: Sequence[Flow], start: float, end: float, objectives: Sequence[Event]
) -> Impact:
    """What the callers saw between *start* and *end* (seconds since the run began).

    Args:
        objectives: as the journal's ``gameday`` event has them.
    """
    kinds: dict[str, int] = {}
    durations = [np.empty(0)]
    requests = failed = 0
    for flow in flows:
        data, chosen = flow.columns, flow.between(start, end)
        requests += int(chosen.sum())
        failed += int((chosen & data.failed).sum())
        durations.append(data.duration[chosen & ~data.failed])
        for code in data.error[chosen & data.failed].tolist():
            kinds[data.kinds[code]] = kinds.get(data.kinds[code], 0) + 1
    answered = np.concatenate(durations)
    answered = answered[np.isfinite(answered)]
    return Impact(
        label=label,
        start=start,
        end=end,
        requests=requests,
        failed=failed,
        kinds=tuple(sorted(kinds.items(), key=lambda pair: -pair[1])),
        median=float(np.median(answered)) if len(answered) else None,
        slowest=float(answered.max()) if len(answered) else None,
        burnt=tuple(_burnt(objective, flows, start, end) for objective in objectives),
    )


def _burnt(objective: Event, flows: Sequence[Flow], start: float, end: float) -> Burnt:
    bad = counted = 0
    for flow in flows:
        missed, counts = _missed(objective, flow.columns)
        chosen = flow.between(start, end) & counts
        bad += int((missed & chosen).sum())
        counted += int(chosen.sum())
    limit = objective.get("limit")
    allowed = float(limit) if isinstance(limit, (int, float)) and limit > 0 else 0.01
    return Burnt(
        name=str(objective.get("name") or objective.get("indicator") or "?"),
        statement=str(objective.get("statement") or ""),
        bad=bad,
        counted=counted,
        allowed=allowed,
    )


def _missed(objective: Event, data: Columns) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which requests missed an objective, and which of them count at all."""
    everything = np.ones(len(data), bool)
    indicator, value = objective.get("indicator"), objective.get("value")
    values = data.named(str(indicator))
    if values is not None and isinstance(value, (int, float)):
        held = values < value if objective.get("op") == "lt" else values <= value
        return data.failed | ~held, everything
    if indicator == "complete_answers":
        return data.failed, (data.status >= 200) & (data.status < 300)
    return data.failed, everything
