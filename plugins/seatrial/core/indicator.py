"""Indicators (SLIs): what of an exchange an objective looks at.

An indicator turns a stretch of a log into one number an exchange. NaN means *not reached* (a failed request
has no latency) and counts as bad unless the objective says otherwise, so that a target cannot improve its
latency by failing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from seatrial.core.log import Bools, Floats, Log

Dimension = Literal["share", "duration", "count", "money", "score"]
Column = Callable[[Log, int, int], Floats]


@dataclass(frozen=True, slots=True)
class Indicator:
    """One number an exchange.

    Attributes:
        name: as written in a policy.
        dimension: ``share`` for good/total (1.0 good, 0.0 bad), else the dimension of its values (seconds,
            tokens).
        summary: one sentence for people.
        bad: what a bad event is called in a report, for example ``without an answer``.
        column: values of the exchanges ``start`` to ``stop`` of a log.
        applies: which of them count at all; None means all.
        alias: its OpenTelemetry GenAI name, accepted in policies too.
    """

    name: str
    dimension: Dimension
    summary: str
    column: Column
    bad: str = "bad"
    applies: Callable[[Log, int, int], Bools] | None = None
    alias: str | None = None


def _availability(log: Log, start: int, stop: int) -> Floats:
    return log.ok(start, stop).astype(np.float64)


def _answered(log: Log, start: int, stop: int) -> Bools:
    status = log.status(start, stop)
    return np.asarray((status >= 200) & (status < 300))


def _duration(log: Log, start: int, stop: int) -> Floats:
    return np.where(log.ok(start, stop), log.duration(start, stop), np.nan)


def _ttfc(log: Log, start: int, stop: int) -> Floats:
    return log.ttfc(start, stop)


def _gap(log: Log, start: int, stop: int) -> Floats:
    return log.mean_gap(start, stop)


def _gap_applies(log: Log, start: int, stop: int) -> Bools:
    # A whole answer in a single chunk has no gap to judge; a failed one stays in, and counts as bad.
    return np.asarray(~log.ok(start, stop) | (log.chunks(start, stop) >= 2))


def _input_tokens(log: Log, start: int, stop: int) -> Floats:
    return np.where(log.ok(start, stop), log.tokens(start, stop)[0], np.nan)


def _output_tokens(log: Log, start: int, stop: int) -> Floats:
    return np.where(log.ok(start, stop), log.tokens(start, stop)[1], np.nan)


_BUILT_IN = (
    Indicator(
        "availability",
        "share",
        "requests that got a whole answer by the protocol, of all that were sent",
        _availability,
        bad="without a whole answer",
    ),
    Indicator(
        "complete_answers",
        "share",
        "answers that came whole, with a finish reason, of those the target began with a 2xx status",
        _availability,
        bad="cut short or broken",
        applies=_answered,
    ),
    Indicator(
        "operation.duration",
        "duration",
        "from the intended send time to the last byte",
        _duration,
        alias="gen_ai.client.operation.duration",
    ),
    Indicator(
        "time_to_first_chunk",
        "duration",
        "from the intended send time to the first chunk with content",
        _ttfc,
        alias="gen_ai.client.operation.time_to_first_chunk",
    ),
    Indicator(
        "time_per_output_chunk",
        "duration",
        "mean time between the content chunks of an answer (a black box shows chunks, not tokens)",
        _gap,
        applies=_gap_applies,
        alias="gen_ai.client.operation.time_per_output_chunk",
    ),
    Indicator("input_tokens", "count", "input tokens as the target reports them", _input_tokens),
    Indicator("output_tokens", "count", "output tokens as the target reports them", _output_tokens),
)

INDICATORS: dict[str, Indicator] = {indicator.name: indicator for indicator in _BUILT_IN}
_ALIASES = {indicator.alias: indicator.name for indicator in _BUILT_IN if indicator.alias}


def register(indicator: Indicator) -> None:
    """Make *indicator* known under its name (and alias).

    Raises:
        ValueError: the name is taken.
    """
    if indicator.name in INDICATORS:
        raise ValueError(f"an indicator called {indicator.name!r} exists already")
    INDICATORS[indicator.name] = indicator
    if indicator.alias:
        _ALIASES[indicator.alias] = indicator.name


def find(name: str) -> Indicator | None:
    """The indicator called *name* (or by its OpenTelemetry name), or None."""
    return INDICATORS.get(_ALIASES.get(name, name))
