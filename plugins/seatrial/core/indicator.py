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

Dimension = Literal["share", "duration", "count", "money", "score", "rate"]
Column = Callable[[Log, int, int], Floats]
Events = Literal["requests", "slices", "tenants", "queries"]
Composed = Literal["", "latencies", "budget", "all"]


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
        events: what is good or bad: each request; each slice of time (OpenSLO's Timeslices), with one value a
            slice from `seatrial.core.slices`; blocks of requests in which every tenant has its own; or
            queries of several requests that leave together, with the value of the slowest.
        composed: which other objectives of the traffic it is made of, where a policy names none: those on
            latency, the only one on availability, or all.
    """

    name: str
    dimension: Dimension
    summary: str
    column: Column
    bad: str = "bad"
    applies: Callable[[Log, int, int], Bools] | None = None
    alias: str | None = None
    events: Events = "requests"
    composed: Composed = ""


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


def _queueing(log: Log, start: int, stop: int) -> Floats:
    return log.lag(start, stop)


def _pace(log: Log, start: int, stop: int) -> Floats:
    """Tokens a second once the first chunk is there."""
    writing = log.duration(start, stop) - log.ttfc(start, stop)
    with np.errstate(divide="ignore", invalid="ignore"):
        pace = log.tokens(start, stop)[1] / writing
    return np.where(log.ok(start, stop) & (writing > 0), pace, np.nan)


def _cost(log: Log, start: int, stop: int) -> Floats:
    """US dollars a request; NaN where the target told no tokens."""
    given, made = log.tokens(start, stop)
    price = log.prices or (np.nan, np.nan)
    return np.where(log.ok(start, stop) & (given + made > 0), given * price[0] + made * price[1], np.nan)


def _cost_of_1k(log: Log, start: int, stop: int) -> Floats:
    given, made = log.tokens(start, stop)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(_cost(log, start, stop) / (given + made) * 1000)


def _nothing(log: Log, start: int, stop: int) -> Floats:
    """Of indicators whose events are not single requests, or that are made of other objectives."""
    return np.full(stop - start, np.nan)


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
        "query.duration",
        "duration",
        "from the moment at which the requests of a query leave together to the last byte of the slowest",
        _duration,
        events="queries",
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
    Indicator(
        "goodput",
        "share",
        "requests that met every latency objective of their traffic",
        _nothing,
        bad="too late for one of the latency objectives",
        composed="latencies",
    ),
    Indicator(
        "queueing",
        "duration",
        "from the intended send time until a connection was free and the request left",
        _queueing,
    ),
    Indicator(
        "output_tokens_per_second",
        "rate",
        "output tokens a second of each answer, from its first chunk to its last",
        _pace,
        applies=_gap_applies,
    ),
    Indicator("cost.request", "money", "US dollars a request costs by the target's prices", _cost),
    Indicator(
        "cost.1k_tokens",
        "money",
        "US dollars a thousand tokens, input and output together, cost by the target's prices",
        _cost_of_1k,
    ),
    Indicator(
        "served_rate",
        "rate",
        "whole answers that end in a slice of time, a second",
        _nothing,
        events="slices",
    ),
    Indicator(
        "served_tokens_rate",
        "rate",
        "output tokens of the answers that end in a slice of time, a second",
        _nothing,
        events="slices",
    ),
    Indicator(
        "error_budget_burn",
        "score",
        "how many times faster than an objective allows a slice of time spends its error budget",
        _nothing,
        events="slices",
        composed="budget",
    ),
    Indicator(
        "fairness",
        "share",
        "1 less the difference between the worst and the best served tenant's share of bad requests",
        _nothing,
        bad="between the worst and the best served tenant",
        events="tenants",
        composed="all",
    ),
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
