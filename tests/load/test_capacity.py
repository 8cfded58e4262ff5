"""The search against models of targets whose capacity is known, in virtual time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seatrial.core.errors import UsageError
from seatrial.core.outcome import Outcome
from seatrial.core.risk import Risk
from seatrial.load.capacity import Capacity, divided, measure, spent, traffic_of
from seatrial.load.configs import targets
from seatrial.load.levels import Levels
from seatrial.load.search import Finding
from seatrial.policy.loader import LoadedPolicy, load_policy
from tests.load.finite import highest_rate
from tests.load.virtual import Model, put_in_virtual_time

POLICY = """\
apiVersion: seatrial/v1alpha1
kind: ReleasePolicy
metadata: {{name: capacity}}
spec:
  targets: [{{name: bot, uri: "http://127.0.0.1:1/v1", model: small, prices: {{input: $1, output: $2}}}}]
  traffic: [{{name: steady, {traffic} budget: {{duration: 20s}}}}]
  risk: {{dependence: independent}}
  objectives:
    - {{name: availability, traffic: steady, indicator: availability, target: 95%}}
    - {{name: in-time, traffic: steady, indicator: operation.duration, op: lte, value: 500ms, target: 95%}}
    - {{name: served, traffic: steady, indicator: served_rate, op: gte, value: 500/s, target: 80%}}
  capacity: {{from: {rates[0]}, to: {rates[1]}, precision: 10%, level: {level}, {more}}}
"""
LEVEL = "{duration: 200s, warmup: 2s, least: 5s, pause: 0s}"
Events = list[tuple[str, dict[str, Any]]]
Load = Callable[..., LoadedPolicy]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    def load(
        model: Model,
        more: str = "",
        level: str = LEVEL,
        traffic: str = "",
        rates: tuple[str, str] = ("5/s", "640/s"),
    ) -> LoadedPolicy:
        put_in_virtual_time(monkeypatch, model)
        file = tmp_path / "policy.yaml"
        text = POLICY.format(more=more, level=level, traffic=traffic, rates=rates)
        file.write_text(text, "utf-8")
        return load_policy(file)

    return load


def search(loaded: LoadedPolicy, events: Events | None = None, seed: int = 11) -> Capacity:
    spec = loaded.spec.capacity
    assert spec is not None
    told: Events = [] if events is None else events

    def record(event: str, **fields: Any) -> None:
        told.append((event, fields))

    return measure(loaded, targets(loaded), spec, seed=seed, month="2026-11", record=record)


def levels(loaded: LoadedPolicy) -> Levels:
    spec = loaded.spec.capacity
    assert spec is not None
    return Levels(
        loaded,
        targets(loaded),
        "steady",
        spec.level,
        risk=loaded.risk,
        tolerance=0.1,
        seed=5,
        record=lambda event, **_: None,
    )


@pytest.mark.parametrize(("workers", "service"), [(3, 0.05), (8, 0.25), (1, 0.01)])
def test_the_interval_holds_the_truth(load: Load, workers: int, service: float) -> None:
    truth = highest_rate(workers, service, 0.5, 0.05)
    for seed in range(2):
        found = search(load(Model(workers, service)), seed=seed)
        assert found.lower is not None, found.reason
        assert found.upper is not None, found.reason
        assert found.lower <= 1.1 * truth, "shown to within the precision of the search"
        assert truth <= found.upper
        assert found.upper / found.lower < 1.5
        assert found.outcome.green


def test_what_is_told(load: Load) -> None:
    events: Events = []
    demand = (
        "demand: {now: 10/s, growth: 1.1, lasts: 6, scenarios: {base: {}, stress: {surge: 100, lasts: 1}}}"
    )
    found = search(load(Model(3, 0.05), demand), events)
    told = [fields for event, fields in events if event == "level"]
    assert [level["rate"] for level in told] == [level.rate for level in found.levels]
    assert {level["outcome"] for level in told} >= {"PASSED", "FAILED"}
    assert not {"progress", "verdict"} & {event for event, _ in events}
    last = next(fields for event, fields in events if event == "capacity")
    assert (last["lower"], last["upper"]) == (found.lower, found.upper)
    assert [each.outcome for each in found.demand] == [Outcome.PASSED, Outcome.FAILED]
    assert found.knee is not None
    assert found.knee <= 60
    assert found.law is not None
    assert found.law.most is None or 50 < found.law.most < 80
    assert found.levels[0].tokens == 10.0
    assert found.levels[0].latency["p50"] == pytest.approx(0.05, abs=0.005)
    assert found.exchanges > 1000
    assert spent(found).startswith(f"{found.exchanges:,} requests, $")


def test_a_rate_that_must_hold(load: Load) -> None:
    enough = search(load(Model(3, 0.05), "at_least: 30/s", rates=("30/s", "30/s")))
    assert (enough.outcome, enough.lower, enough.upper) == (Outcome.PASSED, 30.0, None)
    assert len(enough.levels) == 1
    too_much = search(load(Model(3, 0.05), "at_least: 90/s", rates=("90/s", "180/s")))
    assert too_much.outcome is Outcome.FAILED
    assert too_much.lower is None
    assert too_much.interval == "– … 90/s"


def test_not_even_the_first_level_holds(load: Load) -> None:
    found = search(load(Model(1, 0.5)))
    assert found.outcome is Outcome.FAILED
    assert found.upper == 5.0
    assert "nothing was shown to hold" in found.reason


@pytest.mark.parametrize("rate", [66.0, 90.0, 600.0])
def test_an_early_proof_under_a_queue_that_grows_is_no_proof(load: Load, rate: float) -> None:
    """At 66/s a target of 60/s is late with nothing for the first seconds: a polled objective would pass."""
    level = levels(load(Model(3, 0.05))).run(rate)
    assert level.finding is Finding.BREAKS
    assert level.outcome is Outcome.FAILED
    assert level.seconds < 100


def test_gross_overload_is_broken_off_at_once(load: Load) -> None:
    model = Model(3, 0.05)
    level = levels(load(model)).run(600.0)
    assert level.seconds < 3.0
    assert model.count < 1500
    assert level.saturated
    assert level.offered > 2 * level.served
    assert level.in_flight > 50
    assert level.latency["p95"] > 0.1


def test_connections_that_are_the_limit_are_not_the_target(load: Load) -> None:
    found = levels(load(Model(1000, 0.1, connections=4)))
    assert found.run(20.0).finding is Finding.HOLDS
    capped = found.run(80.0)
    assert capped.finding is Finding.BOUND, capped.reason
    assert "raise connections" in capped.reason
    assert capped.outcome is Outcome.INCONCLUSIVE


def test_a_generator_that_is_late_finds_no_capacity(load: Load) -> None:
    found = search(load(Model(1000, 0.1, late=0.05)))
    assert found.outcome is Outcome.INCONCLUSIVE
    assert (found.lower, found.upper) == (None, None)
    assert "the generator was the limit" in found.reason
    assert all(level.finding is Finding.BOUND for level in found.levels)


def test_too_short_a_level_decides_nothing(load: Load) -> None:
    level = levels(load(Model(3, 0.05), level="{duration: 2s, warmup: 0s, least: 100ms}")).run(30.0)
    assert level.finding is Finding.UNDECIDED
    assert "more are needed" in level.reason
    longer = levels(load(Model(3, 0.05), level="{duration: 40s, warmup: 0s, least: 100ms}")).run(30.0)
    assert longer.finding is Finding.UNDECIDED
    assert "keep up with arrivals" in longer.reason


def test_all_that_was_tried_holds(load: Load) -> None:
    found = search(load(Model(1000, 0.05), rates=("20/s", "80/s")))
    assert (found.outcome, found.lower, found.upper) == (Outcome.PASSED, 80.0, None)
    assert "nothing beyond was tried" in found.reason


def test_money_ends_a_search(load: Load) -> None:
    assert levels(load(Model(3, 0.05))).run(30.0, cost=1e-4).finding is Finding.UNDECIDED


def test_the_chances_of_error_are_divided_among_the_levels() -> None:
    risk = divided(Risk(confidence=0.95, power=0.9), 10, 2)
    assert risk.confidence == pytest.approx(0.995)
    assert risk.power == pytest.approx(0.995)


def test_a_traffic_is_named_or_the_only_one(load: Load) -> None:
    loaded = load(Model(1, 1.0))
    assert traffic_of(loaded, None) == "steady"
    with pytest.raises(UsageError, match="no traffic 'other'"):
        traffic_of(loaded, "other")
