"""Latency and cost of a traffic on both sides (R44): quantiles by their ranks, means of cost.

The ratio of a quantile of two samples lies between the ratios of their bounds, each taken at half the chance
of error. Where prompts pair up, the median of the ratios prompt by prompt is compared instead, which says
more with fewer. A request that failed took for ever.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from seatrial.core.evidence.dependence import estimate_deff
from seatrial.core.evidence.quantiles import quantile_interval
from seatrial.core.log import Floats, Log
from seatrial.core.outcome import Outcome
from seatrial.load.comparison.compared import Compared, ruled
from seatrial.load.comparison.pairs import Places, pairs
from seatrial.load.comparison.side import Sent, Side

FEWEST = 30
WIDEST = 128  # values: latencies are looked at for bursts, not for drift (as `seatrial.core.trial` does)
CONFIDENCE, POWER = 0.95, 0.9
RANKS = "ratio of order statistics"
RATIOS = "median of the ratios prompt by prompt, by order statistics"
MEANS = "ratio of means, normal approximation (delta method)"


class Margins(NamedTuple):
    """By how much the candidate may be worse.

    Attributes:
        bad: of the share of bad requests, 0…1.
        slower: of latency, relative.
        costlier: of cost, relative.
    """

    bad: float = 0.01
    slower: float = 0.1
    costlier: float = 0.1


def figures(one: Side, other: Side, margins: Margins) -> Iterator[Compared]:
    """Latency and cost of every traffic of the policy that both runs have sent."""
    named = {each.get("name") for each in one.spec.get("traffic") or ()}
    for name, mine in one.traffics.items():
        theirs = other.traffics.get(name) if name in named else None
        if theirs is None or min(len(mine.log), len(theirs.log)) < FEWEST:
            continue
        places = pairs(mine, theirs)
        yield _median(
            f"{name}: median latency", "operation.duration", mine, theirs, _duration, places, margins
        )
        if min(_chunked(mine.log), _chunked(theirs.log)) >= FEWEST:
            yield _median(
                f"{name}: median first chunk", "time_to_first_chunk", mine, theirs, _first, places, margins
            )
        yield _quantile(f"{name}: 95th percentile of latency", mine, theirs, margins)
        cost = _cost(f"{name}: cost of a request", one, other, mine, theirs, margins)
        if cost is not None:
            yield cost


def _duration(log: Log) -> Floats:
    return np.where(log.ok(), log.duration(), np.inf)


def _first(log: Log) -> Floats:
    return np.nan_to_num(log.ttfc(), nan=np.inf)


def _chunked(log: Log) -> int:
    """How many came in more than one piece: else the first chunk is the whole answer."""
    return int(np.sum(log.ttfc() < log.duration()))


def _median(
    name: str,
    about: str,
    mine: Sent,
    theirs: Sent,
    column: Callable[[Log], Floats],
    places: tuple[Places, Places] | None,
    margins: Margins,
) -> Compared:
    one, other = column(mine.log), column(theirs.log)
    shown = (float(np.median(one)), float(np.median(other)))
    if places is None:
        told, method, paired = _ratio(one, other, 0.5), RANKS, None
    else:
        with np.errstate(invalid="ignore"):
            ratios = np.nan_to_num(other[places[1]] / one[places[0]], nan=1.0, posinf=np.inf)
        deff = estimate_deff(ratios, WIDEST)
        told = quantile_interval(ratios, 0.5, confidence=CONFIDENCE, power=POWER, deff=deff)
        method, paired = RATIOS, len(ratios)
    return _line(name, about, "s", shown, told, margins.slower, (len(one), len(other)), paired, method)


def _quantile(name: str, mine: Sent, theirs: Sent, margins: Margins) -> Compared:
    one, other = _duration(mine.log), _duration(theirs.log)
    shown = tuple(float(np.quantile(values, 0.95, method="higher")) for values in (one, other))
    return _line(
        name,
        "operation.duration",
        "s",
        (shown[0], shown[1]),
        _ratio(one, other, 0.95),
        margins.slower,
        (len(one), len(other)),
        None,
        RANKS,
    )


def _ratio(one: Floats, other: Floats, share: float) -> tuple[float, float, float]:
    """Of a quantile of two samples, with bounds."""
    up, down = 1.0 - (1.0 - CONFIDENCE) / 2.0, 1.0 - (1.0 - POWER) / 2.0
    deffs = (estimate_deff(one, WIDEST), estimate_deff(other, WIDEST))
    base = quantile_interval(one, share, confidence=down, power=up, deff=deffs[0])
    made = quantile_interval(other, share, confidence=up, power=down, deff=deffs[1])
    return _over(made[0], base[0]), _over(max(made[1], 0.0), base[2]), _over(made[2], max(base[1], 0.0))


def _over(above: float, below: float) -> float:
    if math.isinf(above):
        return 1.0 if math.isinf(below) else math.inf
    return above / below if below > 0.0 else math.inf


def _cost(name: str, one: Side, other: Side, mine: Sent, theirs: Sent, margins: Margins) -> Compared | None:
    """Mean US dollars a request by the prices of each side; tokens of the answer where there are none."""
    prices = one.prices(mine.target), other.prices(theirs.target)
    spent, about, unit = [], "US dollars by the prices of the policy", "USD"
    for sent, price in zip((mine, theirs), prices, strict=True):
        given, made = sent.log.tokens()
        if None in prices:
            about, unit = "tokens, asked and answered: the policy names no prices", "tokens"
            spent.append(given + made)
        else:
            assert price is not None
            spent.append(given * price[0] + made * price[1])
    known = [values[values > 0] for values in spent]
    if min(map(len, known)) < FEWEST:
        return None
    return _line(
        name if unit == "USD" else name.replace("cost", "tokens"),
        about,
        unit,
        (float(known[0].mean()), float(known[1].mean())),
        _means(known[0], known[1]),
        margins.costlier,
        (len(known[0]), len(known[1])),
        None,
        MEANS,
    )


def _means(one: Floats, other: Floats) -> tuple[float, float, float]:
    """The ratio of two means; on the scale of its logarithm, where it is symmetric."""
    ratio = float(other.mean() / one.mean())
    variance = sum(
        float(values.var(ddof=1)) * estimate_deff(values) / len(values) / float(values.mean()) ** 2
        for values in (one, other)
    )
    spread = math.sqrt(variance)
    up, down = NormalDist().inv_cdf(CONFIDENCE), NormalDist().inv_cdf(POWER)
    return ratio, ratio * math.exp(-down * spread), ratio * math.exp(up * spread)


def _line(
    name: str,
    about: str,
    unit: str,
    shown: tuple[float, float],
    told: tuple[float, float, float],
    margin: float,
    n: tuple[int, int],
    paired: int | None,
    method: str,
) -> Compared:
    change, lower, upper = (value - 1.0 for value in told)
    if math.isinf(shown[0]):
        why = "more than half of the baseline's requests failed: nothing can be slower"
        return Compared(name, about, "ratio", Outcome.INCONCLUSIVE, why, margin, unit, n=n)
    outcome, reason = ruled(change, lower, upper, margin, "ratio")
    return Compared(
        name, about, "ratio", outcome, reason, margin, unit, *shown, change, lower, upper, n, paired, method
    )
