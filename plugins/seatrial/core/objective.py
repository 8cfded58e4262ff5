"""Objectives (SLOs), and how one is judged on a stream of exchanges.

Almost every objective is one question: is the share of bad exchanges at most ``1 - target``?
``p95 ≤ 2 s`` is "at most 5 % are longer than 2 s".
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from seatrial.core import units
from seatrial.core.errors import UsageError
from seatrial.core.indicator import INDICATORS, Indicator, find
from seatrial.core.log import Bools, Floats, Log
from seatrial.core.outcome import Outcome
from seatrial.core.punctuality import Punctuality
from seatrial.core.risk import Risk
from seatrial.core.verdict import Verdict

if TYPE_CHECKING:
    from seatrial.core.trial import Trial

OPERATORS: dict[str, Callable[[Floats, float], Bools]] = {
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
}
_SIGNS = {"lt": "<", "lte": "≤", "gt": ">", "gte": "≥"}


class Stream(Protocol):
    """Exchanges in send order, that can be asked for more: `seatrial.load.traffic.Traffic` is one."""

    name: str
    risk: Risk

    @property
    def log(self) -> Log:
        """What there is up to now."""

    @property
    def live(self) -> bool:
        """Whether a target was loaded for it, so that neighbours in time depend on each other."""

    @property
    def span(self) -> float:
        """Seconds of traffic up to now."""

    @property
    def segments(self) -> int:
        """Separated stretches of traffic up to now."""

    @property
    def stopped(self) -> str | None:
        """Why no more exchanges can come, None while they can."""

    def extend(self, until: Callable[[], bool]) -> None:
        """Send more until *until* says so or the budget is spent."""

    def punctuality(self) -> Punctuality:
        """How late the generator itself was up to now."""

    def watch(self, trial: Trial) -> None:
        """Told after every look at the evidence that brought something new."""

    def concluded(self, objective: Objective, verdict: Verdict) -> None:
        """Told the verdict, once a judgement."""


@dataclass(frozen=True, kw_only=True)
class Objective:
    """A limit on the share of bad exchanges.

    Args:
        indicator: what is looked at, for example ``operation.duration``.
        op: ``lt``, ``lte``, ``gt`` or ``gte``: an exchange is good where *indicator op value* holds; None for
            indicators that know good from bad themselves (``availability``).
        value: with its unit, for example ``"2s"``.
        target: the share that must be good, for example ``"95%"``.
        name: told in reports; the indicator's name by default.
        missing: what an exchange without a value counts as: ``bad``, or ``ignored``.
        must_have_data: whether no data at all is "not proven"; else it is "not applicable".
        warning: a looser bar; where this one is missed and that one is proven, the verdict is WARNED.
        key_sli: whether a certificate needs it (Keptn's word).
        weight: in a total score.
        traffic: name of the traffic it is judged on.
        where: file and line it comes from.
        parts: the objectives it is made of, for indicators that are (`goodput`, `fairness`,
            `error_budget_burn`).
        slice: seconds of a slice of time, for indicators whose events are slices.
        samples: requests of a query, for indicators whose events are queries.

    Raises:
        UsageError: unknown indicator, an op without a value, a value of another dimension, a target
            outside 0…100 %.
    """

    indicator: str
    target: str | float
    op: str | None = None
    value: str | float | None = None
    name: str = ""
    missing: str = "bad"
    must_have_data: bool = True
    warning: Objective | None = None
    key_sli: bool = True
    weight: float = 1.0
    traffic: str | None = None
    where: str | None = None
    parts: tuple[Objective, ...] = ()
    slice: float = 1.0
    samples: int = 1

    def __post_init__(self) -> None:
        sli = self._find()
        if not self.name:
            object.__setattr__(self, "name", self.indicator)
        if (sli.dimension == "share") != (self.op is None and self.value is None):
            wanted = "takes no op and value" if sli.dimension == "share" else "needs an op and a value"
            raise UsageError(f"indicator {self.indicator!r} {wanted}", where=self.where)
        if self.op is not None and self.op not in OPERATORS:
            raise UsageError(
                f"unknown op {self.op!r}",
                where=self.where,
                hint="one of lt, lte, gt, gte: good is 'indicator op value'",
            )
        if not 0.0 < self.share <= 1.0:
            raise UsageError(f"target {self.target!r} is not above 0 % and up to 100 %", where=self.where)
        _ = self.threshold

    def _find(self) -> Indicator:
        sli = find(self.indicator)
        if sli is None:
            near = get_close_matches(self.indicator, INDICATORS, 1, 0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(INDICATORS)}"
            raise UsageError(f"unknown indicator {self.indicator!r}", where=self.where, hint=hint)
        return sli

    @property
    def sli(self) -> Indicator:
        """The indicator itself."""
        return self._find()

    @property
    def share(self) -> float:
        """The share that must be good, 0…1."""
        return units.parse_share(self.target)

    @property
    def limit(self) -> float:
        """The largest share of bad exchanges that is acceptable, 0…1."""
        return round(1.0 - self.share, 12)

    @property
    def threshold(self) -> float | None:
        """`value` in the indicator's base unit (seconds, tokens), None where there is none."""
        if self.value is None:
            return None
        if not isinstance(self.value, str):
            return float(self.value)
        return units.parse_quantity(self.value, self.sli.dimension).value

    @property
    def statement(self) -> str:
        """What is demanded, in words: ``≤ 5 % beyond 1 s``."""
        limit = units.format_share(self.limit)
        if self.threshold is None:
            return f"≥ {units.format_share(self.share)}"
        beyond = "beyond" if self.op in ("lt", "lte") else "below"
        return f"≤ {limit} {beyond} {self._shown(self.threshold)}"

    @property
    def criterion(self) -> str:
        """When an exchange is good, in words: ``operation.duration ≤ 1 s``."""
        if self.op is None or self.threshold is None:
            return self.sli.summary
        return f"{self.indicator} {_SIGNS[self.op]} {self._shown(self.threshold)}"

    def _shown(self, value: float) -> str:
        dimension = self.sli.dimension
        if dimension in ("duration", "rate", "money"):
            return units.format_quantity(
                units.Quantity(value, dimension, "USD" if dimension == "money" else "")
            )
        return f"{value:g}"

    @property
    def strictest(self) -> float | None:
        """The shortest limit on time that it, or an objective it is made of, sets; None without any."""
        own = self.threshold if self.sli.dimension == "duration" else None
        limits = [limit for limit in (own, *(part.strictest for part in self.parts)) if limit is not None]
        return min(limits, default=None)

    def bad(self, log: Log, start: int, stop: int) -> tuple[Bools, Floats, Bools]:
        """Which of the exchanges ``start`` to ``stop`` are bad.

        Returns:
            bad, the indicator's value, and which of them count at all; one entry an exchange.
        """
        if self.parts:
            return self._bad_of_parts(log, start, stop)
        sli = self.sli
        values = sli.column(log, start, stop)
        counts = sli.applies(log, start, stop) if sli.applies else np.ones(len(values), bool)
        absent = np.isnan(values)
        if self.missing == "ignored":
            counts = counts & ~absent
        if self.op is None or self.threshold is None:
            return values < 0.5, values, counts
        return absent | ~OPERATORS[self.op](values, self.threshold), values, counts

    def _bad_of_parts(self, log: Log, start: int, stop: int) -> tuple[Bools, Floats, Bools]:
        """Bad is what is bad for one of the parts."""
        found = np.zeros(stop - start, bool)
        for part in self.parts:
            bad, _, counts = part.bad(log, start, stop)
            found |= bad & counts
        return found, (~found).astype(np.float64), np.ones(stop - start, bool)

    def judge(self, stream: Stream) -> Verdict:
        """Draw exchanges from *stream* until this objective is decided or the stream ends.

        Args:
            stream: traffic, shared with other objectives: what is there is used first.
        """
        verdict = self._judged(stream)
        if self.warning is not None and not verdict:
            looser = self.warning._judged(stream)
            if looser:
                reason = f"{verdict.reason}; the looser bar ({self.warning.statement}) holds: {looser.reason}"
                verdict = replace(verdict, outcome=Outcome.WARNED, reason=reason)
        stream.concluded(self, verdict)
        return verdict

    def _judged(self, stream: Stream) -> Verdict:
        from seatrial.core.recorded import Recorded
        from seatrial.core.trials import trial_of

        if isinstance(stream, Recorded):
            return stream.judge(self)
        trial = trial_of(self, stream)
        if not trial.step():
            stream.extend(trial.step)
            trial.step()
        return trial.verdict()

    def to_dict(self) -> dict[str, Any]:
        """The objective as reports need it."""
        return {
            "name": self.name,
            "traffic": self.traffic,
            "indicator": self.indicator,
            "summary": self.sli.summary,
            "op": self.op,
            "value": self.threshold,
            "unit": {"duration": "s", "rate": "/s", "money": "USD"}.get(self.sli.dimension, ""),
            "dimension": self.sli.dimension,
            "target": self.share,
            "limit": self.limit,
            "statement": self.statement,
            "criterion": self.criterion,
            "bad": self._bad_words(),
            "events": self.sli.events,
            "key_sli": self.key_sli,
            "weight": self.weight,
            "where": self.where,
        }

    def _bad_words(self) -> str:
        if self.threshold is None:
            return self.sli.bad
        beyond = "beyond" if self.op in ("lt", "lte") else "below"
        return f"{beyond} {self._shown(self.threshold)}"
