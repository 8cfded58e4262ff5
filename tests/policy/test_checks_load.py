"""Objectives under load: what they are made of, what they need, and what is said where that is missing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from seatrial.policy.loader import LoadedPolicy

Load = Callable[..., LoadedPolicy]
Refused = Callable[..., list[str]]

LAST = (
    "    - {name: ttfc-p95, traffic: steady, indicator: time_to_first_chunk,"
    " op: lte, value: 500ms, target: 95%}\n"
)
TRAFFIC = "concurrency: 8, stream: true"


def plus(objective: str) -> tuple[str, str]:
    return LAST, f"{LAST}    - {{name: more, traffic: steady, {objective}}}\n"


def parts(loaded: LoadedPolicy) -> list[str]:
    return [part.name for part in loaded.objective("more").parts]


def test_goodput_is_made_of_what_is_asked_of_latency(load: Load) -> None:
    assert parts(load(plus("indicator: goodput, target: 90%"))) == ["latency-p95", "ttfc-p95"]
    named = load(plus("indicator: goodput, target: 90%, of: [ttfc-p95]"))
    assert parts(named) == ["ttfc-p95"]
    assert parts(load(plus("indicator: availability, target: 98%"))) == []


def test_the_budget_that_burns_is_that_of_availability(load: Load) -> None:
    burn = "indicator: error_budget_burn, op: lte, value: 5, target: 95%"
    loaded = load(plus(f"{burn}, timeSliceWindow: 5s"))
    assert parts(loaded) == ["availability"]
    assert loaded.objective("more").slice == 5.0
    assert parts(load(plus(f"{burn}, of: [latency-p95]"))) == ["latency-p95"]


def test_fairness_is_between_tenants_and_about_every_objective(load: Load) -> None:
    tenants = (TRAFFIC, f"{TRAFFIC}, tenants: [{{name: a}}, {{name: b, weight: 3}}]")
    loaded = load(tenants, plus("indicator: fairness, target: 90%"))
    assert parts(loaded) == ["availability", "latency-p95", "ttfc-p95"]
    assert [tenant.weight for tenant in loaded.spec.traffic[0].tenants] == [1, 3]


@pytest.mark.parametrize(
    ("objective", "said"),
    [
        ("indicator: goodput, target: 90%, of: [nobody]", "there is no objective 'nobody'"),
        ("indicator: availability, target: 90%, of: [ttfc-p95]", "made of no other objectives"),
        (
            "indicator: error_budget_burn, op: lte, value: 5, target: 9%, of: [ttfc-p95, availability]",
            "of one objective, not of 2",
        ),
        ("indicator: availability, target: 90%, timeSliceWindow: 5s", "it has no slices of time"),
        ("indicator: fairness, target: 90%", "fewer than two"),
        ("indicator: queueing, op: lte, value: 1s, target: 90%", "nothing queues in a closed loop"),
        ("indicator: cost.request, op: lte, value: $0.01, target: 90%", "needs the prices of target 'bot'"),
        ("indicator: served_rate, op: gte, value: 20, target: 90%", "it has no unit"),
    ],
)
def test_what_cannot_be_judged_is_refused(refused: Refused, objective: str, said: str) -> None:
    problems = refused(plus(objective))
    assert any(said in problem and "policy.yaml:" in problem for problem in problems), problems


def test_goodput_without_an_objective_on_latency(refused: Refused) -> None:
    text = """\
apiVersion: seatrial/v1alpha1
kind: ReleasePolicy
metadata: {name: x}
spec:
  targets: [{name: bot, uri: "http://127.0.0.1:1/v1", model: small}]
  traffic: [{name: steady}]
  objectives: [{name: good, traffic: steady, indicator: goodput, target: 90%}]
"""
    assert "made of the objectives on latency of its traffic" in refused(text=text)[0]


def test_tenants(refused: Refused) -> None:
    twins = refused((TRAFFIC, f"{TRAFFIC}, tenants: [{{name: a}}, {{name: a}}]"))
    assert "two tenants of one name" in twins[0]


def test_tenants_take_turns_over_several_processes(load: Load) -> None:
    many = "arrivals: {kind: poisson, rate: 9/s}, processes: 2, tenants: [{name: a}, {name: b}]"
    loaded = load((TRAFFIC, many))
    assert loaded.spec.traffic[0].processes == 2


def test_keys_of_tenants_stay_secret(load: Load) -> None:
    from seatrial.policy.effective import effective

    tenants = (TRAFFIC, f'{TRAFFIC}, tenants: [{{name: a, apiKey: "${{env:A_KEY}}"}}, {{name: b}}]')
    loaded = load(tenants, environ={"A_KEY": "sk-canary-1234"})
    assert "canary" not in str(effective(loaded)) + repr(loaded.spec)
    assert [secret.reveal() for secret in loaded.secrets] == ["sk-canary-1234"]
