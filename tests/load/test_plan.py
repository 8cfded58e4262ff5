"""What a policy is going to need, told before it is spent."""

from __future__ import annotations

from pathlib import Path

import pytest

from seatrial.core.evidence.plan import expected_requests
from seatrial.load.plan import NothingToPlan, Plan, facts, plan_policy
from seatrial.policy.loader import load_policy

POLICY = """
apiVersion: seatrial/v1alpha1
kind: ReleasePolicy
metadata: {{name: planned}}
spec:
  targets:
    - {{name: bot, protocol: openai-chat, uri: "http://127.0.0.1:9/v1"{prices}}}
  traffic:
    - {{name: steady, prompts: own.jsonl, concurrency: 4, warmup: 10, max_tokens: 100, budget: {budget}}}
  risk: {{confidence: 0.95, power: 0.9, dependence: independent, min_duration: 2s, segments: 3, pause: 500ms}}
  objectives:
    - {{name: quick, traffic: steady, indicator: operation.duration, op: lte, value: 800ms, target: 95%}}
{more}
"""
PRICES = ", prices: {input: $1, output: $2}"


def plan(
    folder: Path,
    *,
    prices: str = "",
    budget: str = "{requests: 100000}",
    more: str = "",
    answer: float | None = None,
) -> Plan:
    (folder / "own.jsonl").write_text('{"prompt": "Hello there", "tokens": {"x": 50}}\n' * 3, "utf-8")
    (folder / "policy.yaml").write_text(POLICY.format(prices=prices, budget=budget, more=more), "utf-8")
    return plan_policy(load_policy(folder / "policy.yaml"), answer)


def test_requests_are_those_of_the_sequential_test_and_the_warm_up(tmp_path: Path) -> None:
    (only,) = plan(tmp_path).traffics
    assert only.requests.least == expected_requests(0.05, 0.95, 0.9, zero=True) + 10
    assert only.requests.expected == expected_requests(0.05, 0.95, 0.9) + 10
    assert only.requests.least < only.requests.expected
    assert (only.deciding, only.never, only.maybe, only.usd) == ("quick", (), (), None)


def test_time_counts_answers_concurrency_and_pauses(tmp_path: Path) -> None:
    (only,) = plan(tmp_path).traffics
    assert only.answer == pytest.approx(0.4)  # half of the strictest limit
    assert only.seconds.expected == pytest.approx(only.requests.expected * 0.4 / 4 + 2 * 0.5)
    (slower,) = plan(tmp_path, answer=4.0).traffics
    assert slower.seconds.expected == pytest.approx(only.requests.expected + 1)
    (instant,) = plan(tmp_path, answer=1e-6).traffics
    assert instant.seconds.least == pytest.approx(2 + 1)  # the policy's minimum duration, and its pauses


def test_money_counts_known_prompt_lengths_and_the_longest_answer(tmp_path: Path) -> None:
    (only,) = plan(tmp_path, prices=PRICES).traffics
    assert only.usd is not None
    assert only.usd.expected == pytest.approx(only.requests.expected * (50 * 1 + 100 * 2) / 1e6)


def test_the_objective_that_needs_most_decides(tmp_path: Path) -> None:
    strict = "    - {name: strict, traffic: steady, indicator: availability, target: 99.9%}"
    (only,) = plan(tmp_path, more=strict).traffics
    assert only.deciding == "strict"
    assert only.requests.least == expected_requests(0.001, 0.95, 0.9, zero=True) + 10


def test_zero_tolerance_takes_the_whole_budget(tmp_path: Path) -> None:
    never = "    - {name: never, traffic: steady, indicator: availability, target: 100%}"
    (only,) = plan(tmp_path, more=never, budget="{requests: 4000}").traffics
    assert (only.deciding, only.requests.least) == ("never", 4010)


@pytest.mark.parametrize(
    ("budget", "never", "maybe"),
    [
        ("{requests: 5}", "the budget is 5", ""),
        ("{requests: 100}", "", "100 requests suffice only"),
        ("{requests: 100000, duration: 1s}", "", "suffice only where an answer takes less than"),
        ("{requests: 100000, cost: $0.0001}", "", "shorter answers"),
        ("{requests: 100000, duration: 1h, cost: $100}", "", ""),
    ],
)
def test_a_budget_that_will_not_do_is_told(tmp_path: Path, budget: str, never: str, maybe: str) -> None:
    (only,) = plan(tmp_path, prices=PRICES, budget=budget).traffics
    assert never in " ".join(only.never)
    assert bool(only.never) is bool(never)
    assert maybe in " ".join(only.maybe)
    assert bool(only.maybe) is bool(maybe)


def test_traffics_add_up() -> None:
    one = plan_policy(load_policy("demo", trial=False))
    two = Plan(one.traffics * 2)
    assert one.usd is not None
    assert two.usd is not None
    assert two.usd.expected == pytest.approx(2 * one.usd.expected)
    assert two.requests.least == 2 * one.requests.least
    assert two.minutes.expected == pytest.approx(2 * one.minutes.expected)


SCENARIO = """
  dependencies: [{name: a, listen: "127.0.0.1:1", upstream: "127.0.0.1:2"}]
  resilience:
    - name: dies
      inject: [{on: a, toxic: down}]
      concurrency: 2
      min_duration: 7s
      during: [{indicator: availability, target: 90%}]
    - {name: hangs, inject: [{on: a, toxic: timeout}]}
"""


def test_what_must_hold_under_a_fault_takes_traffic_of_its_own(tmp_path: Path) -> None:
    steady, dies = plan(tmp_path, prices=PRICES, more=SCENARIO).traffics
    assert (steady.traffic, dies.traffic, dies.deciding) == ("steady", "steady@dies", "dies/availability")
    assert dies.requests.expected == expected_requests(0.1, 0.95, 0.9, 1.0)
    assert dies.seconds.least >= 7
    assert dies.usd is not None


@pytest.mark.parametrize(
    ("budget", "requests", "seconds"),
    [
        ("{requests: 5000}", 5000, 5010 * 0.4 / 4),
        ("{requests: 5000, duration: 30s}", 5000, 30 + 1),  # the clock ends it, however slow the answers are
        ("{duration: 30s}", 300, 30 + 1),  # at the assumed length of an answer
        ("{requests: 5000, cost: $0.1}", 5000, 5010 * 0.4 / 4),
        ("{cost: $0.1}", 400, 410 * 0.4 / 4),
    ],
)
def test_at_most_is_what_the_budget_leaves(
    tmp_path: Path, budget: str, requests: float, seconds: float
) -> None:
    (only,) = plan(tmp_path, prices=PRICES, budget=budget).traffics
    assert only.requests.most == pytest.approx(requests + 10)
    assert only.seconds.most == pytest.approx(seconds + 2 * 0.5)
    assert only.usd is not None
    bounded = [0.1] if "cost" in budget else []
    assert only.usd.most == pytest.approx(min([only.requests.most * 250 / 1e6, *bounded]))


def test_the_journal_is_told_what_is_needed(tmp_path: Path) -> None:
    plan(tmp_path)
    told = facts(load_policy(tmp_path / "policy.yaml"))
    assert told["requests_at_least"] < told["requests"] < told["requests_at_most"] == 100_010
    assert told["usd"] is told["usd_at_most"] is None


def test_a_policy_without_objectives_has_no_plan(tmp_path: Path) -> None:
    text = POLICY.format(prices="", budget="{requests: 10}", more="").partition("  objectives:")[0]
    text += "  suites: [contract]\n"
    (tmp_path / "own.jsonl").write_text('{"prompt": "Hello"}\n', "utf-8")
    (tmp_path / "policy.yaml").write_text(text, "utf-8")
    with pytest.raises(NothingToPlan, match="nothing to plan"):
        plan_policy(load_policy(tmp_path / "policy.yaml"))
    assert facts(load_policy(tmp_path / "policy.yaml"))["requests"] == 0


def test_arrivals_set_the_pace_and_slices_take_their_time(tmp_path: Path) -> None:
    file = tmp_path / "open.yaml"
    file.write_text(
        """\
apiVersion: seatrial/v1alpha1
kind: ReleasePolicy
metadata: {name: open}
spec:
  targets: [{name: bot, uri: "http://127.0.0.1:1/v1", model: small}]
  traffic: [{name: open, arrivals: {kind: poisson, rate: 50/s}, budget: {duration: 9s}}]
  risk: {dependence: independent, min_duration: 1s, segments: 1}
  objectives: [{name: a, traffic: open, indicator: served_rate, op: gte, value: 9/s, target: 90%}]
""",
        "utf-8",
    )
    plan = plan_policy(load_policy(file, trial=False)).traffics[0]
    assert plan.seconds.least == pytest.approx(plan.requests.least / 50)
    assert plan.requests.least > 50 * 28, "28 slices of a second at the least"
    assert "more arrivals" in plan.maybe[0]
