"""The search against targets whose capacity is known, over real connections."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from seatrial.core.errors import UsageError
from seatrial.core.outcome import Outcome
from seatrial.core.risk import Risk
from seatrial.load.capacity import Capacity, divided, measure, spent, traffic_of
from seatrial.load.configs import targets
from seatrial.load.level import Level, Levels
from seatrial.load.search import Finding
from seatrial.policy.loader import LoadedPolicy, load_policy
from tests.load.finite import Finite, highest_rate

POLICY = """\
apiVersion: seatrial/v1alpha1
kind: ReleasePolicy
metadata: {{name: capacity}}
spec:
  targets: [{{name: bot, uri: "{uri}", model: small, prices: {{input: $1, output: $2}}}}]
  traffic: [{{name: steady, {traffic} budget: {{duration: 20s}}}}]
  risk: {{dependence: independent}}
  objectives:
    - {{name: availability, traffic: steady, indicator: availability, target: 80%}}
    - {{name: in-time, traffic: steady, indicator: operation.duration, op: lte, value: 1s, target: 80%}}
    - {{name: served, traffic: steady, indicator: served_rate, op: gte, value: 500/s, target: 80%}}
  capacity: {{from: {rates[0]}, to: {rates[1]}, precision: 40%, level: {level}, {more}}}
"""
LEVEL = "{duration: 3s, warmup: 300ms, least: 200ms, pause: 10ms}"
Events = list[tuple[str, dict[str, Any]]]
Load = Callable[..., LoadedPolicy]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def load(
        uri: str,
        more: str = "",
        level: str = LEVEL,
        traffic: str = "",
        rates: tuple[str, str] = ("60/s", "960/s"),
    ) -> LoadedPolicy:
        file = tmp_path / "policy.yaml"
        text = POLICY.format(uri=uri, more=more, level=level, traffic=traffic, rates=rates)
        file.write_text(text, "utf-8")
        return load_policy(file)

    return load


@pytest.fixture
def target() -> Iterator[Finite]:
    """Serves 200 a second: two workers, 10 ms each."""
    with Finite(2, 0.01) as server:
        yield server


def search(loaded: LoadedPolicy, events: Events | None = None) -> Capacity:
    spec = loaded.spec.capacity
    assert spec is not None
    told: Events = [] if events is None else events

    def record(event: str, **fields: Any) -> None:
        told.append((event, fields))

    return measure(loaded, targets(loaded), spec, seed=11, month="2026-11", record=record)


def test_the_interval_holds_the_truth(load: Load, target: Finite) -> None:
    truth = highest_rate(2, 0.01, 1.0, 0.2)
    assert 190 < truth <= 200
    events: Events = []
    demand = (
        "demand: {now: 10/s, growth: 1.1, lasts: 6, scenarios: {base: {}, stress: {surge: 100, lasts: 1}}}"
    )
    found = search(load(target.uri, demand), events)
    assert found.lower is not None, found.reason
    assert found.upper is not None, found.reason
    assert found.lower <= 1.4 * truth, "shown to within the precision of the search"
    assert truth <= found.upper
    assert found.upper <= 480, "the second level beyond the truth breaks at the latest"
    assert found.outcome.green
    levels = [fields for event, fields in events if event == "level"]
    assert [level["rate"] for level in levels] == [level.rate for level in found.levels]
    assert {level["outcome"] for level in levels} >= {"PASSED", "FAILED"}
    assert not {"progress", "verdict"} & {event for event, _ in events}
    told = [fields for event, fields in events if event == "capacity"]
    assert (told[0]["lower"], told[0]["upper"]) == (found.lower, found.upper)
    assert [each.outcome for each in found.demand] == [Outcome.PASSED, Outcome.FAILED]
    assert found.knee is not None
    assert found.levels[0].tokens == 10.0
    assert found.exchanges > 100
    assert spent(found).endswith("requests, $" + spent(found).rpartition("$")[2])


def test_a_rate_that_must_hold(load: Load, target: Finite) -> None:
    enough = search(load(target.uri, "at_least: 90/s", rates=("90/s", "90/s")))
    assert (enough.outcome, enough.lower, enough.upper) == (Outcome.PASSED, 90.0, None)
    assert len(enough.levels) == 1
    too_much = search(load(target.uri, "at_least: 400/s", rates=("400/s", "800/s")))
    assert too_much.outcome is Outcome.FAILED
    assert too_much.lower is None
    assert too_much.interval == "– … 400/s"


def test_not_even_the_first_level_holds(load: Load) -> None:
    with Finite(1, 0.03) as slow:
        found = search(load(slow.uri))
    assert found.outcome is Outcome.FAILED
    assert found.upper == 60.0
    assert "nothing was shown to hold" in found.reason


def test_a_level_ends_as_soon_as_it_is_decided(load: Load, target: Finite) -> None:
    level = one(load(target.uri), 450.0)
    assert level.finding is Finding.BREAKS
    assert level.seconds < 4.0
    assert level.offered > 1.5 * level.served
    assert level.in_flight > 5
    assert level.outcome is Outcome.FAILED


def test_connections_that_are_the_limit_are_not_the_target(load: Load) -> None:
    with Finite(1000, 0.05) as endless:
        loaded = load(endless.uri, traffic="arrivals: {kind: poisson, rate: 1/s}, connections: 4,")
        found = levels(loaded)
        assert found.run(50.0).finding is Finding.HOLDS
        capped = found.run(200.0)
    assert capped.finding is Finding.BOUND, capped.reason
    assert "raise connections" in capped.reason
    assert capped.outcome is Outcome.INCONCLUSIVE


def test_too_short_a_level_decides_nothing(load: Load, target: Finite) -> None:
    level = one(load(target.uri, level="{duration: 200ms, warmup: 0s, least: 100ms}"), 30.0)
    assert level.finding is Finding.UNDECIDED
    assert "more are needed" in level.reason


def test_money_ends_a_search(load: Load, target: Finite) -> None:
    loaded = load(target.uri)
    assert levels(loaded).run(30.0, cost=1e-4).finding is Finding.UNDECIDED


def one(loaded: LoadedPolicy, rate: float) -> Level:
    return levels(loaded).run(rate)


def levels(loaded: LoadedPolicy) -> Levels:
    spec = loaded.spec.capacity
    assert spec is not None
    return Levels(
        loaded,
        targets(loaded),
        "steady",
        spec.level,
        risk=loaded.risk,
        tolerance=0.4,
        seed=5,
        record=lambda event, **_: None,
    )


def test_the_chances_of_error_are_divided_among_the_levels() -> None:
    risk = divided(Risk(confidence=0.95, power=0.9), 10, 2)
    assert risk.confidence == pytest.approx(0.995)
    assert risk.power == pytest.approx(0.995)


def test_a_traffic_is_named_or_the_only_one(load: Load) -> None:
    loaded = load("http://127.0.0.1:1/v1")
    assert traffic_of(loaded, None) == "steady"
    with pytest.raises(UsageError, match="no traffic 'other'"):
        traffic_of(loaded, "other")
