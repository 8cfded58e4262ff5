"""Is what was asked before answered faster? Then a traffic that repeats its prompts measures a cache.

Source: MLPerf inference, compliance TEST04 (the same sample again and again must not be faster). Here fresh
and repeated prompts take turns, so that a change in time hits both alike, and the verdict is about pairs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from seatrial.core.evidence.base import Decision
from seatrial.core.evidence.fixed import judge
from seatrial.core.exchange import Exchange
from seatrial.core.finding import Finding, failed, passed, unproven

FACTOR = 2.0
"""A repeated prompt that is so many times faster was not worked on as a fresh one is."""
LIMIT = 0.25
"""The share of pairs in which that may come by chance."""
FEWEST = 16
_HEADERS = ("x-cache", "cf-cache-status", "x-cache-status", "x-litellm-cache-hit", "x-semantic-cache", "age")


class Faster(NamedTuple):
    """Pairs of which one side was at least `FACTOR` times faster."""

    repeated: int
    fresh: int
    pairs: int


def judge_repeats(
    counted: Faster, what: str, *, hits: int = 0, header: str = "", limit: float = LIMIT
) -> Finding:
    """Decide about "what was asked before is not answered faster".

    Method: exact binomial bounds (Clopper-Pearson, 95 % confidence, 90 % power) on the share of pairs; and
    before anything fails, a sign test between the two directions, since answers that differ in length differ
    in time both ways.

    Args:
        counted: the pairs.
        what: what was faster, to end a sentence: ``than fresh ones``.
        hits: repeated prompts whose answer says by *header* that it came from a cache.
    """
    repeated, fresh, pairs = counted
    if pairs < FEWEST:
        return unproven(f"only {pairs} pairs of answers to compare", pairs)
    found = judge(repeated, pairs, limit)
    numbers = {"faster": repeated, "slower": fresh, "lower": found.lower, "upper": found.upper, "hits": hits}
    told = f"{repeated} of {pairs} repeated prompts were answered {FACTOR:g} times faster {what}"
    if judge(hits, pairs, limit).decision is Decision.FAIL:
        return failed(f"{hits} of {pairs} answers to repeated prompts say {header}", pairs, hits, **numbers)
    aimed = judge(repeated, repeated + fresh, 0.5, power=0.95).decision is Decision.FAIL
    if found.decision is Decision.FAIL and aimed:
        return failed(told, pairs, repeated, **numbers)
    if found.decision is Decision.PASS:
        return passed(told, pairs, **numbers)
    return unproven(f"{told}, and {fresh} the other way: too uneven to tell", pairs, **numbers)


def whole_answers(pairs: Sequence[tuple[Exchange, Exchange]]) -> Faster:
    """Of ``(fresh, repeated)`` pairs, those in which the whole answer came faster, and was made faster.

    A shorter answer is done sooner for a good reason, and so is one whose prompt was read before; one that
    comes from memory takes less time for each piece of it as well.
    """
    good = [pair for pair in pairs if pair[0].ok and pair[1].ok]
    times = [(_whole(fresh), _whole(repeated)) for fresh, repeated in good]
    rates = [(_pace(one), _pace(other)) for one, other in good]
    return Faster(
        sum(_faster(*time) and _faster(*rate) for time, rate in zip(times, rates, strict=True)),
        sum(_faster(*time[::-1]) and _faster(*rate[::-1]) for time, rate in zip(times, rates, strict=True)),
        len(good),
    )


def first_chunks(pairs: Sequence[tuple[Exchange, Exchange]]) -> Faster:
    """Of ``(fresh, repeated)`` pairs, those in which the first chunk came faster."""
    good = [pair for pair in pairs if pair[0].chunks and pair[1].chunks]
    times = [(one.first_chunk - one.sent, other.first_chunk - other.sent) for one, other in good]
    return Faster(
        sum(_faster(*time) for time in times), sum(_faster(*time[::-1]) for time in times), len(good)
    )


def told_hits(exchanges: Sequence[Exchange]) -> tuple[int, str]:
    """How many answers say that they come from a cache, and by which header."""
    told = [header for header in map(_hit, exchanges) if header]
    return len(told), told[0] if told else ""


def _hit(exchange: Exchange) -> str:
    for name in _HEADERS:
        value = (exchange.raw.header(name) or "").strip() if exchange.raw else ""
        old = name == "age" and value.isdigit() and int(value) > 0
        if old or any(word in value.lower() for word in ("hit", "true")):
            return f"{name}: {value[:40]}"
    return ""


def _whole(exchange: Exchange) -> float:
    return max(exchange.done - exchange.sent, 1e-9)


def _pace(exchange: Exchange) -> float:
    """Seconds a piece: between chunks, or of all there is where it came in one."""
    if exchange.streamed and exchange.gaps:
        return sum(exchange.gaps) / len(exchange.gaps)
    told = exchange.usage.output_tokens if exchange.usage else 0
    return _whole(exchange) / max(1, told)


def _faster(slow: float, fast: float) -> bool:
    return slow >= FACTOR * fast
