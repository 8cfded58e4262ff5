# ruff: noqa: E501 - texts stand as people read them
"""Policies that build on others."""

from __future__ import annotations

from pathlib import Path

import pytest

from seatrial.policy.extends import bundled_policies, find_policy
from seatrial.policy.loader import load_policy
from seatrial.policy.problems import PolicyError
from tests.policy.conftest import Write

HEAD = "apiVersion: seatrial/v1alpha1\nkind: ReleasePolicy\nmetadata: {name: mine}\n"


def _refused(name: str = "policy.yaml") -> list[str]:
    with pytest.raises(PolicyError) as caught:
        load_policy(name, environ={})
    return [str(problem) for problem in caught.value.problems]


def test_a_tier_with_a_target_of_ones_own(write: Write) -> None:
    write(
        text=HEAD + "spec:\n  extends: tiers/business\n  targets: [{name: bot, uri: http://h}]\n"
        "  traffic:\n    - {name: steady, concurrency: 3}\n"
        "  objectives:\n    - {name: latency-p95, value: 1.5s}\n"
        "    - {name: ttfc, traffic: steady, indicator: time_to_first_chunk, op: lte, value: 1s, target: 95%}\n"
    )
    loaded = load_policy("policy.yaml")
    assert loaded.name == "mine"
    assert [spec.name for spec in loaded.spec.objectives] == ["availability", "latency-p95", "ttfc"]
    assert loaded.objective("latency-p95").threshold == 1.5
    assert loaded.objective("latency-p95").share == 0.95
    steady = loaded.traffic("steady")
    assert (steady.concurrency, steady.stream, steady.budget.requests) == (3, True, 400_000)
    assert loaded.where("spec", "objectives", "latency-p95", "value") == "policy.yaml:10"
    assert loaded.where("spec", "objectives", "latency-p95", "target").startswith(
        "bundled/tiers/business.yaml:"
    )
    assert loaded.where("spec", "risk", "min_duration").startswith("bundled/tiers/business.yaml:")
    assert dict(loaded.policy.metadata.labels) == {}


def test_several_bases_the_nearer_wins(write: Write) -> None:
    write(text=HEAD + "spec: {suites: [sla], risk: {power: 0.8, confidence: 0.9}}\n", name="a.yaml")
    write(text=HEAD + "spec: {suites: [contract], risk: {power: 0.7}}\n", name="sub/b.yaml")
    write(text=HEAD + "spec:\n  extends: [a.yaml, sub/b.yaml]\n  targets: [{name: t, uri: http://h}]\n")
    loaded = load_policy("policy.yaml")
    assert loaded.spec.suites == ("contract",)
    assert (loaded.risk.power, loaded.risk.confidence) == (0.7, 0.9)
    assert loaded.where("spec", "risk", "power") == "sub/b.yaml:4"


def test_waivers_and_checklists_add_up(write: Write) -> None:
    waiver = "{control_id: c%d, justification: why, expiration_date: 2030-01-01, approver: me}"
    write(text=HEAD + f"spec:\n  checklists: [one]\n  waivers: [{waiver % 1}]\n", name="a.yaml")
    write(
        text=HEAD + f"spec:\n  extends: a.yaml\n  targets: [{{name: t, uri: http://h}}]\n"
        f"  checklists: [{{name: two, mode: automated}}, one]\n  waivers: [{waiver % 2}]\n"
    )
    spec = load_policy("policy.yaml").spec
    assert [(ref.name, ref.mode) for ref in spec.checklists] == [("one", "all"), ("two", "automated")]
    assert [waiver.control_id for waiver in spec.waivers] == ["c1", "c2"]


def test_twins_are_not_hidden_by_merging(write: Write) -> None:
    write(text=HEAD + "spec: {targets: [{name: t, uri: http://h}]}\n", name="a.yaml")
    twin = "    - {name: t, uri: http://i}\n"
    write(text=HEAD + f"spec:\n  extends: a.yaml\n  suites: [sla]\n  targets:\n{twin}{twin}")
    assert _refused() == ["policy.yaml:9 spec.targets[1].name: 't' is there already: each name once"]


def test_circles_are_refused(write: Write) -> None:
    write(text=HEAD + "spec:\n  extends: b.yaml\n", name="a.yaml")
    write(text=HEAD + "spec:\n  extends: [a.yaml]\n", name="b.yaml")
    assert _refused("a.yaml") == [
        "b.yaml:5 spec.extends[0]: policies extend each other: a.yaml → b.yaml → a.yaml"
    ]
    write(text=HEAD + "spec: {extends: policy.yaml}\n")
    assert _refused() == ["policy.yaml:4 spec.extends: policies extend each other: policy.yaml → policy.yaml"]


def test_a_base_that_is_missing(write: Write) -> None:
    write(text=HEAD + "spec:\n  extends: tiers/busines\n")
    (said,) = _refused()
    assert said.startswith(
        "policy.yaml:5 spec.extends: 'tiers/busines': there is no such policy, did you mean 'tiers/business'?\n"
    )
    write(text=HEAD + "spec:\n  extends: [3]\n")
    assert _refused() == ["policy.yaml:5 spec.extends[0]: a policy's name is expected, not the number 3"]


def test_a_mistake_in_a_base_names_its_line(write: Write) -> None:
    write(text=HEAD + "spec:\n  risk: {powr: 0.8}\n", name="a.yaml")
    write(text=HEAD + "spec: {extends: a.yaml, suites: [sla], targets: [{name: t, uri: http://h}]}\n")
    assert _refused() == ["a.yaml:5 spec.risk.powr: unknown key 'powr', did you mean 'power'?"]


def test_the_heading_is_not_inherited(write: Write) -> None:
    write(text="spec: {extends: tiers/basic, targets: [{name: t, uri: http://h}]}\n")
    assert _refused() == [
        "policy.yaml:1: the key 'apiVersion' is missing",
        "policy.yaml:1: the key 'kind' is missing",
        "policy.yaml:1: the key 'metadata' is missing",
    ]


def test_bundled_policies_by_name() -> None:
    assert {"demo", "demo-llm", "tiers/basic", "tiers/business", "tiers/enterprise"} <= set(
        bundled_policies()
    )
    for name in ("tiers/basic", "bundled/tiers/basic", "tiers/basic.yaml"):
        assert find_policy(name)[1] == "bundled/tiers/basic.yaml"
        assert find_policy(str(bundled_policies()["tiers/basic"]))[1] == "bundled/tiers/basic.yaml"
    Path("tiers").mkdir()
    Path("tiers/basic.yaml").write_text("a: 1\n")
    assert find_policy("tiers/basic.yaml")[1] == "tiers/basic.yaml"
    assert find_policy(str(Path("tiers/basic.yaml").absolute()))[1] == "tiers/basic.yaml"
