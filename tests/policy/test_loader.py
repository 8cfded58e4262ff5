# ruff: noqa: E501 - texts stand as people read them
"""From a file to a policy."""

from __future__ import annotations

from pathlib import Path

import pytest

from seatrial.core.errors import UsageError
from seatrial.policy.loader import load_policy
from seatrial.policy.problems import PolicyError
from tests.policy.conftest import Load, Refused, Write


def test_the_policy_of_the_first_issue_loads_as_it_stands(load: Load) -> None:
    loaded = load()
    assert loaded.name == "support-bot"
    assert loaded.notices == ()
    steady, bot = loaded.traffic("steady"), loaded.target()
    assert (steady.concurrency, steady.stream, steady.budget.requests, steady.budget.duration) == (
        8,
        True,
        8000,
        90,
    )
    assert (bot.uri, bot.model, bot.apiKey) == ("http://127.0.0.1:8000/v1", "small", None)
    assert (loaded.risk.confidence, loaded.risk.power, loaded.risk.bursts_up_to) == (0.95, 0.9, 5)
    assert [objective.statement for objective in loaded.objectives()] == [
        "≥ 99 %",
        "≤ 5 % beyond 1 s",
        "≤ 5 % beyond 500 ms",
    ]
    assert [objective.where for objective in loaded.objectives()] == [
        "policy.yaml:11",
        "policy.yaml:12",
        "policy.yaml:13",
    ]
    assert loaded.prompts("steady").is_file()


def test_every_problem_is_told_at_once_with_its_line(refused: Refused) -> None:
    assert refused(
        ("target: 99%}", "targett: 99%}"),
        ("value: 1s", "value: 5%"),
        ("confidence: 0.95", "confidence: 95"),
        ("concurrency: 8", "concurrency: none"),
        ("traffic: steady, indicator: time", "traffic: stead, indicator: time"),
    ) == [
        "policy.yaml:8 spec.traffic[0].concurrency: 'none' is not a count\n  write a whole number such as 8000",
        "policy.yaml:9 spec.risk.confidence: 95 is not a share: more than 1; is 95% meant?\n"
        "  write a percentage such as 99% or a number from 0 to 1 such as 0.99",
        "policy.yaml:11 spec.objectives[0].targett: unknown key 'targett', did you mean 'target'?",
        "policy.yaml:12 spec.objectives[1].value: operation.duration: '5%' is not a duration: it is a share\n"
        "  write a number with one of the units ns, us, ms, s, m, h, d, such as 500ms",
        "policy.yaml:13 spec.objectives[2].traffic: unknown traffic 'stead', did you mean 'steady'?\n  known: steady",
    ]


def test_the_error_as_a_whole_is_a_usage_error(load: Load) -> None:
    with pytest.raises(UsageError) as one:
        load(("op: lte, value: 1s", "opp: lte, value: 1s"), ("target: 99%", "target: 990"))
    assert str(one.value).splitlines()[0] == "the policy has 2 problems"
    with pytest.raises(UsageError) as two:
        load(("target: 99%", "target: 990"))
    assert two.value.where == "policy.yaml:11 spec.objectives[0].target"
    assert two.value.exit_code == 3


def test_a_missing_file_names_the_bundled_policies() -> None:
    with pytest.raises(
        PolicyError, match=r"nowhere\.yaml: there is no such policy\n  a file, or one of: .*tiers/basic"
    ):
        load_policy("nowhere.yaml")
    with pytest.raises(PolicyError, match="did you mean 'tiers/business'"):
        load_policy("tiers/bussiness")


def test_names_that_are_asked_for_and_not_there(load: Load) -> None:
    loaded = load()
    with pytest.raises(
        UsageError, match="the policy has no objective 'latency-p59', did you mean 'latency-p95'"
    ):
        loaded.objective("latency-p59")
    with pytest.raises(UsageError, match="the policy has no traffic 'burst'"):
        loaded.traffic("burst")
    with pytest.raises(UsageError, match="the policy has no target 'bit', did you mean 'bot'"):
        loaded.target("bit")
    two = load(("  traffic:\n    - {", "    - {name: b, uri: http://b}\n  traffic:\n    - {target: bot, "))
    with pytest.raises(UsageError, match="has 2 targets"):
        two.target()
    assert two.target("b").uri == "http://b"


def test_where_a_value_comes_from(load: Load) -> None:
    loaded = load()
    assert loaded.where("spec", "risk", "power") == "policy.yaml:9"
    assert loaded.where("spec", "traffic", "steady") == loaded.where("spec", "traffic", 0) == "policy.yaml:8"
    assert loaded.where("spec", "risk", "segments") == "default"


def test_files_are_relative_to_the_file_that_names_them(write: Write) -> None:
    Path("common").mkdir()
    Path("common/own.jsonl").write_text('{"prompt": "hi"}\n')
    write(("bundled/chat-short", "own.jsonl"), name="common/base.yaml")
    write(
        text="apiVersion: seatrial/v1alpha1\nkind: ReleasePolicy\nmetadata: {name: x}\nspec: {extends: common/base.yaml}\n"
    )
    assert load_policy("policy.yaml").prompts("steady") == Path("common/own.jsonl")


def test_secrets_are_redacted(load: Load) -> None:
    key = ("model: small}", 'model: small, apiKey: "${env:BOT_KEY}"}')
    loaded = load(key, environ={"BOT_KEY": "canary-7f3a"})
    assert loaded.redact("a canary-7f3a b") == "a [redacted] b"
    assert "canary-7f3a" not in repr(loaded)
