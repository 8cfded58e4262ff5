"""What one level of load came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from seatrial.core.log import Log
from seatrial.core.outcome import Outcome
from seatrial.core.punctuality import Punctuality
from seatrial.core.verdict import Verdict
from seatrial.load.search import Finding

QUANTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}
_REFUSED = (429, 503)
_OUTCOMES = {Finding.HOLDS: Outcome.PASSED, Finding.BREAKS: Outcome.FAILED}


@dataclass(frozen=True, slots=True)
class Level:
    """What one level came to.

    Attributes:
        number: in the order of the search, from 0.
        rate: requests a second that were to be sent.
        finding, reason: what it showed, and why.
        n: requests that count as evidence.
        offered, served: requests sent and answered a second.
        in_flight: mean requests in flight.
        latency, ttfc: seconds, by quantile, and the mean of the latency; of whole answers.
        service: median seconds from the actual departure to the end.
        errors: share without a whole answer.
        tokens: mean tokens of a request, input and output; None where the target told none.
        output_rate: output tokens a second.
        seconds: of sending.
        cost: US dollars.
        broke: the objective that broke first.
        saturated: whether what is in flight grew without end.
        keeps_up: whether answers, refusals among them, were shown to keep up with arrivals.
        refused: share that was sent away (429 or 503).
        verdicts: one an objective.
        generator: how punctual this machine was.
    """

    number: int
    rate: float
    finding: Finding
    reason: str
    n: int
    offered: float
    served: float
    in_flight: float
    latency: Mapping[str, float]
    ttfc: Mapping[str, float]
    service: float
    errors: float
    tokens: float | None
    output_rate: float
    seconds: float
    cost: float
    broke: str | None
    saturated: bool
    keeps_up: bool
    refused: float
    verdicts: tuple[Verdict, ...]
    generator: Punctuality

    @property
    def outcome(self) -> Outcome:
        """PASSED where it holds, FAILED where it breaks."""
        return _OUTCOMES.get(self.finding, Outcome.INCONCLUSIVE)

    def to_dict(self) -> dict[str, Any]:
        """For the journal."""
        told = {name: getattr(self, name) for name in self.__slots__ if name not in ("verdicts", "generator")}
        told |= {"finding": self.finding.value, "outcome": self.outcome.value}
        told |= {"latency": dict(self.latency), "ttfc": dict(self.ttfc), "generator": asdict(self.generator)}
        return told | {"verdicts": [_short(verdict) for verdict in self.verdicts]}


def _short(verdict: Verdict) -> dict[str, Any]:
    """A verdict without its trail: there are many of them."""
    return replace(verdict, trail=()).to_dict()


def figures(log: Log, skip: int, seconds: float) -> dict[str, Any]:
    """What the exchanges from *skip* on tell, sent in *seconds*: fields of a `Level`."""
    ok = log.ok(skip)
    durations, first = log.duration(skip)[ok], log.ttfc(skip)[ok]
    given, made = log.tokens(skip)
    tokens = given[ok] + made[ok]
    return {
        "latency": _quantiles(durations) | ({"mean": float(durations.mean())} if len(durations) else {}),
        "ttfc": _quantiles(first[~np.isnan(first)]),
        "service": float(np.median(log.duration(skip) - log.lag(skip))) if len(ok) else float("nan"),
        "errors": float(1 - ok.mean()) if len(ok) else float("nan"),
        "refused": float(np.isin(log.status(skip), _REFUSED).mean()) if len(ok) else 0.0,
        "tokens": float(tokens.mean()) if len(tokens) and tokens.any() else None,
        "output_rate": float(made[ok].sum()) / seconds if seconds > 0 else float("nan"),
    }


def _quantiles(values: np.ndarray[Any, np.dtype[np.float64]]) -> dict[str, float]:
    if not len(values):
        return {}
    found = np.quantile(values, list(QUANTILES.values()))
    return dict(zip(QUANTILES, found.tolist(), strict=True))
