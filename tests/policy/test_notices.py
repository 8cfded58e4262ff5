# ruff: noqa: E501 - texts stand as people read them
"""What deserves a word before a cent is spent."""

from __future__ import annotations

import math

import pytest

from seatrial.core.risk import Risk
from seatrial.policy.loader import load_policy
from seatrial.policy.notices import fewest_requests
from tests.policy.conftest import Load


def _told(load: Load, *changes: tuple[str, str]) -> list[str]:
    return [str(notice) for notice in load(*changes).notices]


@pytest.mark.parametrize(("limit", "requests"), [(0.05, 59), (0.01, 299), (0.001, 2995)])
def test_the_floor_is_that_of_zero_failures(limit: float, requests: int) -> None:
    risk = Risk(bursts_up_to=None)
    assert fewest_requests(limit, risk) == requests
    assert (1 - limit) ** requests <= 0.05 < (1 - limit) ** (requests - 1)
    assert fewest_requests(limit, Risk(bursts_up_to=5)) == math.ceil(9 * math.log(20) / -math.log1p(-limit))


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


def test_no_key_objective(load: Load) -> None:
    assert _told(load, ("indicator:", "key_sli: false, indicator:")) == [
        "policy.yaml:10 spec.objectives: no objective is key: the total score alone decides about them"
    ]


def test_nothing_to_say_about_the_sample(load: Load) -> None:
    assert _told(load) == []


@pytest.mark.parametrize("name", ["demo", "demo-llm", "tiers/basic", "tiers/business", "tiers/enterprise"])
def test_nothing_to_say_about_bundled_policies(name: str) -> None:
    loaded = load_policy(name, target="http://127.0.0.1:9/v1", environ={"SEATRIAL_DEMO_KEY": "k"})
    assert loaded.notices == ()
