"""What the suite `load` is going to need at the most: audits, the search for capacity, a step of load, soaks.

What a search needs depends on what it finds, so these are upper bounds, from the policy's own limits: the
levels of a search, the requests and the time of each, the money of its traffic. Audits, a step and a soak of
a good system need just what is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from seatrial.core.units import format_duration, format_money, format_rate
from seatrial.load.assumed import answer_of, output_of, price_of
from seatrial.load.audits.from_policy import busiest, rehearsal
from seatrial.load.audits.rehearsal import LONGEST
from seatrial.load.capacity import traffic_of
from seatrial.load.configs import targets
from seatrial.load.overload import BEYOND
from seatrial.load.search import STEP, Search
from seatrial.policy.suites import applicable

if TYPE_CHECKING:
    from seatrial.policy.capacity import CapacitySpec
    from seatrial.policy.loader import LoadedPolicy
    from seatrial.policy.traffic import TrafficSpec

SUITE = "load"


@dataclass(frozen=True, slots=True)
class Part:
    """What one measurement of the suite needs.

    Attributes:
        name: what is measured.
        requests, seconds: at the most.
        usd: by the target's prices, None where the policy names none.
        exact: whether it needs just that; False where it ends as soon as it is decided.
        limit: what bounds it, in words.
        alone: the command that measures it where `seatrial certify` does not, for lack of the suite; such a
            part is in no sum.
    """

    name: str
    requests: float
    seconds: float
    usd: float | None
    exact: bool
    limit: str
    alone: str = ""


def load_parts(loaded: LoadedPolicy, answer: float | None = None) -> tuple[Part, ...]:
    """What the suite `load` needs for *loaded*; where it is not run, what commands of their own need.

    Args:
        answer: seconds an answer takes on average; as for the policy's traffic by default.

    Raises:
        UsageError: the prompts of a traffic cannot be read.
    """
    spec = loaded.spec
    if SUITE not in (applicable(spec) if spec.suites is None else spec.suites):
        search = [replace(part, alone="seatrial capacity") for part in [*_capacity(loaded)][:1]]
        return (*search, *(replace(part, alone="seatrial soak") for part in _soaks(loaded)))
    return (*_audits(loaded, answer), *_capacity(loaded), *_scaling(loaded), *_soaks(loaded))


def _usd(loaded: LoadedPolicy, traffic: TrafficSpec, requests: float, output: int) -> float | None:
    each = price_of(loaded, traffic, output)
    return None if each is None else requests * each


def _audits(loaded: LoadedPolicy, answer: float | None) -> Iterator[Part]:
    for name, config in targets(loaded).items():
        own = busiest(loaded, name)
        found = rehearsal(loaded, config, seed=0, record=lambda event, **fields: None)
        if own is None or found is None or not found.applies:
            continue
        judged = [each for each in loaded.objectives() if each.traffic == own.name]
        takes = answer_of(judged) if answer is None else answer
        turns, together, load = found.needed(takes)
        usd = _usd(loaded, own, turns + together, min(output_of(own), LONGEST))
        said = f"{turns} one at a time, {together} with {load} in flight, {format_duration(takes)} each"
        yield Part(f"audits of {name}", turns + together, (turns + together / load) * takes, usd, True, said)


def _capacity(loaded: LoadedPolicy) -> Iterator[Part]:
    spec = loaded.spec.capacity
    if spec is None:
        return
    own, level = loaded.traffic(traffic_of(loaded, spec.traffic)), spec.level
    long = level.warmup + level.duration
    climbed, rest = _climb(spec)
    most = [*climbed, *[spec.to] * rest]
    slow = [*climbed, *[spec.from_] * rest]
    requests = sum(min(level.requests, rate * long) for rate in most)
    seconds = sum(min(level.requests / rate, long) for rate in slow) + level.pause * (len(slow) - 1)
    usd = _usd(loaded, own, requests, output_of(own))
    said = f"{len(most)} levels of {level.requests:,} requests or {format_duration(long)} each"
    if usd is not None and own.budget.cost is not None:
        usd = min(usd, own.budget.cost.amount)
        said += f", {format_money(own.budget.cost)} in all"
    yield Part(f"capacity of {own.name}", requests, seconds, usd, False, said)
    beyond = min(level.requests, BEYOND * spec.to * long)
    usd = _usd(loaded, own, beyond, output_of(own))
    said = f"one level of {level.requests:,} requests or {format_duration(long)}"
    yield Part("  and beyond it", beyond, long, usd, False, said)


def _climb(spec: CapacitySpec) -> tuple[list[float], int]:
    """The rates on the way up, and how many levels may come between them."""
    rates = [spec.from_]
    while rates[-1] < spec.to:
        rates.append(min(rates[-1] * STEP, spec.to))
    return rates, max(Search(spec.from_, spec.to, spec.precision).levels - len(rates), 0)


def _scaling(loaded: LoadedPolicy) -> Iterator[Part]:
    spec = loaded.spec.scaling
    if spec is None:
        return
    own = loaded.traffic(traffic_of(loaded, spec.traffic))
    around = spec.before + spec.after
    requests = spec.rate * around + spec.peak * spec.lasting
    usd = _usd(loaded, own, requests, output_of(own))
    said = f"{format_rate(spec.rate)}, {format_rate(spec.peak)} for {format_duration(spec.lasting)}"
    yield Part(f"step of {own.name}", requests, around + spec.lasting, usd, True, said)


def _soaks(loaded: LoadedPolicy) -> Iterator[Part]:
    for own in loaded.spec.traffic:
        if own.soak is not None:
            requests, long = own.soak.rate * own.soak.duration, own.soak.duration
            usd = _usd(loaded, own, requests, output_of(own))
            said = f"{format_rate(own.soak.rate)} for {format_duration(long)}"
            yield Part(f"soak of {own.name}", requests, long, usd, True, said)
