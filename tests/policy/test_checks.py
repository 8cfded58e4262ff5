# ruff: noqa: E501 - texts stand as people read them
"""What the parts of a policy must be to each other, each refusal with its line and words."""

from __future__ import annotations

import pytest

from tests.policy.conftest import Load, Refused

TARGET = '{name: bot, protocol: openai-chat, uri: "http://127.0.0.1:8000/v1", model: small}'
TRAFFIC = "{name: steady, prompts: bundled/chat-short, concurrency: 8, stream: true, budget: {requests: 8000, duration: 90s}}"
HTTP = "{name: bot, protocol: http-json, uri: http://h, http: {answer: $.text}}"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        pytest.param(
            TARGET,
            f"{TARGET}\n    - {TARGET}",
            "policy.yaml:7 spec.targets[1].name: 'bot' is there already: each name once",
            id="twin-targets",
        ),
        pytest.param(
            "name: ttfc-p95",
            "name: latency-p95",
            "policy.yaml:13 spec.objectives[2].name: 'latency-p95' is there already: each name once",
            id="twin-objectives",
        ),
        pytest.param(
            "concurrency: 8",
            "target: bott",
            "policy.yaml:8 spec.traffic[0].target: unknown target 'bott', did you mean 'bot'?\n  known: bot",
            id="unknown-target",
        ),
        pytest.param(
            TARGET,
            f"{TARGET}\n    - {{name: other, uri: http://o}}",
            "policy.yaml:9 spec.traffic[0]: there is more than one target, and the traffic names none\n"
            "  add target: one of bot, other",
            id="which-target",
        ),
        pytest.param(
            "duration: 90s}",
            "cost: $1}",
            "policy.yaml:8 spec.traffic[0].budget.cost: a budget of money needs the prices of target 'bot'\n"
            "  add prices: {input: ..., output: ...}, each for a million tokens",
            id="cost-without-prices",
        ),
        pytest.param(
            "bundled/chat-short",
            "bundled/chat-shrot",
            "policy.yaml:8 spec.traffic[0].prompts: there are no prompts 'bundled/chat-shrot', "
            "did you mean 'bundled/chat-short'?\n"
            "  a JSONL file relative to the policy, or one of: bundled/chat-long, bundled/chat-short",
            id="no-prompts",
        ),
        pytest.param(
            "model: small}",
            "model: small, tls: {ca: missing.pem}}",
            "policy.yaml:6 spec.targets[0].tls.ca: there is no file 'missing.pem'",
            id="no-ca",
        ),
        pytest.param(
            "protocol: openai-chat",
            "protocol: http-json",
            "policy.yaml:6 spec.targets[0]: the protocol http-json needs to be told how to ask\n"
            "  add http: {path: ..., body: ..., answer: $.JSONPath}",
            id="http-json-without-http",
        ),
        pytest.param(
            "model: small}",
            "model: small, http: {answer: $.text}}",
            "policy.yaml:6 spec.targets[0].http: the protocol openai-chat knows itself how to ask: http is for http-json",
            id="http-for-a-protocol",
        ),
        pytest.param(
            TARGET,
            HTTP,
            "policy.yaml:8 spec.traffic[0].stream: the protocol http-json does not stream",
            id="http-json-streamed",
        ),
        pytest.param(
            "model: small}",
            "model: small, prices: {input: $1, output: €2}}",
            "policy.yaml:6 spec.targets[0].prices: prices are in one currency",
            id="two-currencies",
        ),
    ],
)
def test_refused(refused: Refused, old: str, new: str, said: str) -> None:
    assert said in refused((old, new))


def test_a_budget_in_another_currency_than_the_prices(refused: Refused, load: Load) -> None:
    prices = ("model: small}", "model: small, prices: {input: $1, output: $2}}")
    assert refused(prices, ("duration: 90s}", "cost: €5}")) == [
        "policy.yaml:8 spec.traffic[0].budget.cost: the budget is in EUR, the prices are in USD"
    ]
    budget = load(prices, ("duration: 90s}", "cost: $5}")).traffic("steady").budget
    assert budget.cost is not None
    assert budget.cost.amount == 5


def test_no_target_at_all(refused: Refused, load: Load) -> None:
    gone = (f"  targets:\n    - {TARGET}", "")
    no_target = "policy.yaml:4 spec: there is no target\n  name one under spec.targets, or give --target URL"
    assert refused((gone[0].split("   #")[0], "  targets: []")) == [no_target]
    assert load((gone[0], "  targets: []"), target="http://h/v1").target().uri == "http://h/v1"


def test_nothing_to_measure(refused: Refused, load: Load, sample: str) -> None:
    nothing = sample[: sample.index("  objectives")]
    assert refused(text=nothing) == [
        "policy.yaml:4 spec: there is nothing to measure: neither objectives nor scenarios nor suites nor checklists\n"
        "  a policy that asks for nothing certifies nothing"
    ]
    assert refused(text=nothing + "  objectives: []\n  suites: []\n")
    assert load(text=nothing + "  suites: [contract]\n").spec.suites == ("contract",)
