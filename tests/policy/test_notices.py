# ruff: noqa: E501 - texts stand as people read them
"""What deserves a word before a cent is spent."""

from __future__ import annotations

import math

import pytest

from seatrial.core.risk import Risk
from seatrial.policy.loader import load_policy
from seatrial.policy.notices import fewest_events
from tests.policy.conftest import Load


def _told(load: Load, *changes: tuple[str, str]) -> list[str]:
    return [str(notice) for notice in load(*changes).notices]


@pytest.mark.parametrize(("limit", "requests"), [(0.05, 59), (0.01, 299), (0.001, 2995)])
def test_the_floor_is_that_of_zero_failures(limit: float, requests: int) -> None:
    risk = Risk(bursts_up_to=None)
    assert fewest_events(limit, risk) == requests
    assert (1 - limit) ** requests <= 0.05 < (1 - limit) ** (requests - 1)
    assert fewest_events(limit, Risk(bursts_up_to=5)) == math.ceil(9 * math.log(20) / -math.log1p(-limit))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("requests: 8000", "requests: 2000", "policy.yaml:11 spec.objectives[0]: availability (99 %) needs 2,683 requests even if every one is good; the budget of traffic 'steady' is 2,000\n  raise budget.requests; failures come in bursts of at most 5 requests (declared), so that 9 requests count as one"),
        ("target: 99%", "target: 100%", "policy.yaml:11 spec.objectives[0].target: 100 % cannot be proven by a sample\n  one bad request fails it; it passes only where the whole budget is spent without one"),
        ("duration: 90s", "duration: 9s", "policy.yaml:8 spec.traffic[0].budget.duration: the budget of 9 s ends before risk.min_duration of 10 s: no objective on 'steady' can pass\n  raise the budget, or lower risk.min_duration"),
        ("stream: true", "stream: false", "policy.yaml:13 spec.objectives[2].indicator: traffic 'steady' is not streamed: the first chunk is the whole answer\n  set stream: true"),
        ("  risk:", "    - {name: idle}\n  risk:", "policy.yaml:9 spec.traffic[1]: no objective is judged on traffic 'idle'"),
        ("spec:\n", "spec:\n  suites: [contract]\n", "policy.yaml:5 spec.suites: the suite sla, which judges the objectives, is not among the suites\n  an objective that nothing judges is not proven"),
        ("model: small}", "model: small, apiKey: sk-1}", "policy.yaml:6 spec.targets[0].apiKey: the key itself stands in the policy\n  write ${env:NAME}, and take this key out of use"),
        ("model: small}", "model: small, tls: {verify: false}}", "policy.yaml:6 spec.targets[0].tls.verify: tls.verify is false: anyone on the way can answer in the target's place\n  name its authority: tls: {ca: FILE}"),
    ],
)  # fmt: skip
def test_told(load: Load, old: str, new: str, said: str) -> None:
    assert _told(load, (old, new)) == [said]


STEADY = "- {name: steady, prompts: bundled/chat-short, concurrency: 8, stream: true, budget: {requests: 8000, duration: 90s}}"
AVAILABLE = "- {name: availability, traffic: steady, indicator: availability, target: 99%}"
SERVED = "- {{name: served, traffic: {on}, indicator: served_rate, op: gte, value: 9/s, target: 90%{more}}}"


def _slices(load: Load, traffic: str, more: str = "") -> list[str]:
    served = SERVED.format(on="open", more=more)
    return _told(
        load,
        (STEADY, f"{STEADY}\n    - {{name: open, {traffic}}}"),
        (AVAILABLE, f"{served}\n    {AVAILABLE}"),
    )


def test_a_slice_of_time_is_no_request(load: Load) -> None:
    fewest = fewest_events(0.1, Risk(bursts_up_to=None))
    assert fewest == 29
    # In a closed loop nobody knows how many requests a slice holds, but each takes its second.
    assert _slices(load, "budget: {requests: 60, duration: 29s}") == []
    (told,) = _slices(load, "budget: {requests: 60, duration: 28s}")
    assert told == (
        "policy.yaml:12 spec.objectives[0]: served (90 %) needs 29 slices of 1 s even if every one is good, 29 s in all; traffic 'open' lasts 28 s\n  raise its duration, or make timeSliceWindow shorter"
    )
    assert _slices(load, "budget: {requests: 60, duration: 28s}", ", timeSliceWindow: 500ms") == []


def test_a_schedule_tells_how_many_requests_are_in_a_slice(load: Load) -> None:
    arrivals = "arrivals: {kind: poisson, rate: 50/s}"
    # At 50 requests a slice a burst of 5 reaches little into the next one: 29 slices become 33.
    fewest = fewest_events(0.1, Risk(bursts_up_to=5), 50)
    assert fewest == 33
    assert _slices(load, f"{arrivals}, budget: {{requests: {fewest * 50}, duration: {fewest}s}}") == []
    (told,) = _slices(load, f"{arrivals}, budget: {{requests: {fewest * 50 - 1}, duration: 1h}}")
    assert (
        f"needs {fewest} slices of 1 s even if every one is good, about {fewest * 50:,} requests at 50/s"
        in told
    )
    (told,) = _slices(load, f"{arrivals}, duration: 20s, budget: {{requests: 60000}}")
    assert "traffic 'open' lasts 20 s" in told
    (told,) = _slices(
        load, "arrivals: {kind: ramp, start: 1/s, rate: 9/s}, duration: 20s, budget: {requests: 1}"
    )
    assert "traffic 'open' lasts 20 s" in told, "how many requests a slice of a ramp holds changes"


def test_fairness_takes_rounds_of_all_tenants(load: Load) -> None:
    tenants = "tenants: [{name: a}, {name: b, weight: 3}]"
    fair = "- {name: fair, traffic: steady, indicator: fairness, target: 95%}"
    both = (STEADY, STEADY.replace("stream:", f"{tenants}, stream:")), (AVAILABLE, f"{AVAILABLE}\n    {fair}")
    assert _told(load, *both) == []
    rounds = fewest_events(0.05, Risk(bursts_up_to=5), 4)
    short = both[0][1].replace("requests: 8000", f"requests: {4 * rounds - 1}")
    told = _told(load, (STEADY, short), both[1])[-1]
    assert f"fair (95 %) needs {4 * rounds:,} requests even if every one is good, {rounds} rounds" in told


@pytest.mark.parametrize(("objective", "hint"), [
    (SERVED.format(on="steady", more="").replace("90%", "100%"), "one bad slice of time fails it"),
    ("- {name: fair, traffic: steady, indicator: fairness, target: 100%}", "no difference at all is never shown"),
])  # fmt: skip
def test_perfection_by_its_kind_of_event(load: Load, objective: str, hint: str) -> None:
    tenants = STEADY.replace("stream:", "tenants: [{name: a}, {name: b}], stream:")
    (told,) = _told(load, (STEADY, tenants), (AVAILABLE, f"{AVAILABLE}\n    {objective}"))
    assert "100 % cannot be proven by a sample" in told
    assert hint in told


def test_load_that_no_suite_looks_at(load: Load) -> None:
    asked = ("spec:\n", "spec:\n  capacity: {to: 50/s}\n  suites: [sla]\n")
    soak = ("stream: true", "stream: true, soak: {duration: 1h}")
    told = _told(load, asked, soak)
    assert [notice.partition("\n")[0] for notice in told] == [
        f"policy.yaml:{line} spec.{at}: the suite load, which looks at this, is not among the suites"
        for line, at in ((5, "capacity"), (10, "traffic[0].soak"))
    ]
    assert _told(load, (asked[0], asked[1].replace("[sla]", "[sla, load]")), soak) == []
    assert _told(load, ("  risk:", "    - {name: long, soak: {duration: 1h}}\n  risk:")) == []


def test_no_key_objective(load: Load) -> None:
    assert _told(load, ("indicator:", "key_sli: false, indicator:")) == [
        "policy.yaml:10 spec.objectives: no objective is key: the total score alone decides about them"
    ]


def test_nothing_to_say_about_the_sample(load: Load) -> None:
    assert _told(load) == []


@pytest.mark.parametrize(
    "name", ["demo", "demo-llm", "capacity-llm", "tiers/basic", "tiers/business", "tiers/enterprise"]
)
def test_nothing_to_say_about_bundled_policies(name: str) -> None:
    loaded = load_policy(name, target="http://127.0.0.1:9/v1", environ={"SEATRIAL_DEMO_KEY": "k"})
    assert loaded.notices == ()


MLPERF = "- {{name: load, arrivals: {{kind: {kind}}}}}"
JUDGED = (
    "- {{name: judged, traffic: load, indicator: {indicator}, op: {op}, value: {value}, target: {target}}}"
)


@pytest.mark.parametrize(
    ("kind", "indicator", "value", "target", "said"),
    [
        ("single-stream", "operation.duration", "1s", "90%", ""),
        ("single-stream", "operation.duration", "1s", "95%", "MLPerf judges single-stream by the 90th percentile of latency, and no objective on 'load' does\n  add one: indicator: operation.duration, target: 90 %"),
        ("server, rate: 9/s", "operation.duration", "1s", "99%", ""),
        ("server, rate: 9/s", "operation.duration", "1s", "90%", "MLPerf judges server by the 99th percentile of latency"),
        ("'multi-stream', samples: 8", "query.duration", "1s", "99%", ""),
        ("'multi-stream', samples: 8", "operation.duration", "1s", "99%", "add one: indicator: query.duration, target: 99 %"),
        ("offline", "served_rate", "9/s", "90%", ""),
        ("offline", "operation.duration", "1s", "90%", "MLPerf judges offline by throughput"),
        ("poisson, rate: 9/s", "operation.duration", "1s", "70%", ""),
    ],
)  # fmt: skip
def test_a_scenario_of_mlperf_that_is_judged_otherwise(
    load: Load, kind: str, indicator: str, value: str, target: str, said: str
) -> None:
    judged = JUDGED.format(
        indicator=indicator, op="gte" if "/" in value else "lte", value=value, target=target
    )
    changes = (STEADY, f"{STEADY}\n    {MLPERF.format(kind=kind)}"), (AVAILABLE, f"{judged}\n    {AVAILABLE}")
    told = _told(load, *changes)
    assert (len(told) == 1 and said in told[0]) if said else told == []


def test_a_query_is_no_request(load: Load) -> None:
    judged = JUDGED.format(indicator="query.duration", op="lte", value="1s", target="99%")
    traffic = "- {name: load, arrivals: {kind: multi-stream, samples: 8}, budget: {requests: 4000}}"
    (told,) = _told(load, (STEADY, f"{STEADY}\n    {traffic}"), (AVAILABLE, f"{judged}\n    {AVAILABLE}"))
    # A burst of 5 reaches little into the next query of 8: 299 queries become 597.
    assert "judged (99 %) needs 4,776 requests even if every one is good, 597 queries of 8;" in told
