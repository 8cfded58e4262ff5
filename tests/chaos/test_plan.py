# ruff: noqa: E501 - texts stand as people read them
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from seatrial.chaos.plan import scenario, scenarios
from seatrial.core.errors import UsageError
from seatrial.policy.checks_resilience import bundled_scenarios
from seatrial.policy.loader import LoadedPolicy
from seatrial.policy.resilience import ScenarioSpec
from tests.chaos.world import POLICY, policy


def with_resilience(folder: Path, *lines: str) -> LoadedPolicy:
    text = POLICY.replace(
        "  suites: [resilience]\n", "  resilience:\n" + "".join(f"    {line}\n" for line in lines)
    )
    return policy(folder, text)


def planned(folder: Path, **spec: Any) -> Any:
    given = {"name": "x", "inject": [{"on": "primary", "toxic": "down"}], **spec}
    return scenario(policy(folder), ScenarioSpec.model_validate(given))


def test_all_bundled_scenarios_run_where_the_policy_names_none(tmp_path: Path) -> None:
    found = {each.name: each for each in scenarios(policy(tmp_path))}
    assert list(found) == bundled_scenarios()
    assert {
        "provider-outage", "provider-hang", "provider-slow", "rate-limit-storm", "mid-stream-cut",
        "malformed-upstream", "cache-loss", "cache-hang", "cache-garbage", "crash-restart", "region-loss", "thundering-herd",
    } <= set(found)  # fmt: skip
    assert found["provider-outage"].hit == ("primary",)
    assert found["region-loss"].hit == ("primary", "secondary")
    assert found["crash-restart"].for_good
    assert found["cache-loss"].beside == "the policy has no cache that could be hit"
    assert found["cache-garbage"].beside == "the policy has no cache that could be hit over HTTP"
    caches = ["cache-garbage", "cache-hang", "cache-loss"]
    assert [name for name, each in found.items() if each.beside] == caches


def test_a_policy_with_a_cache_gets_those_of_caches_too(tmp_path: Path) -> None:
    more = "    - {name: memory, role: cache, protocol: http, listen: 127.0.0.1:9103, upstream: 127.0.0.1:9003}\n"
    text = POLICY.replace("  traffic:", f"{more}  traffic:")
    found = {each.name: each for each in scenarios(policy(tmp_path, text))}
    assert not any(each.beside for each in found.values())
    assert {found[name].hit for name in ("cache-garbage", "cache-hang", "cache-loss")} == {("memory",)}
    loss = found["cache-loss"].spec
    assert (loss.stream, loss.params, loss.alike) == (False, {"temperature": 0}, 16)
    redis = text.replace("protocol: http,", "protocol: tcp,")
    found = {each.name: each for each in scenarios(policy(tmp_path, redis))}
    assert [name for name, each in found.items() if each.beside] == ["cache-garbage"]


def test_every_bundled_scenario_says_what_it_is(tmp_path: Path) -> None:
    for each in scenarios(policy(tmp_path)):
        assert each.spec.description
        spec = each.spec
        assert spec.during or spec.client_behaviour or spec.answers or spec.recovery.rto, each.name


def test_a_policy_without_dependencies_has_none(tmp_path: Path) -> None:
    text = "\n".join(
        line for line in POLICY.splitlines() if "listen" not in line and "dependencies" not in line
    )
    assert scenarios(policy(tmp_path, text)) == []


def test_a_policy_that_names_scenarios_gets_those(tmp_path: Path) -> None:
    loaded = with_resilience(
        tmp_path,
        "- {name: dies, inject: [{on: primary, toxic: down}]}",
        "- {scenario: provider-hang, min_duration: 1s, recovery: {rto: 7s}}",
    )
    dies, hang = scenarios(loaded)
    assert dies.where.endswith("policy.yaml:13")
    assert (hang.name, hang.risk.min_duration, hang.spec.recovery.rto) == ("provider-hang", 1.0, 7.0)
    assert hang.injections[0].type == "timeout"
    assert hang.spec.concurrency == 8


@pytest.mark.parametrize(
    ("inject", "said"),
    [
        ("{on: primary, toxic: timout}", "policy.yaml:13 inject[0]: no fault is named 'timout'\n  did you mean 'timeout'?"),
        ("{on: primary, toxic: timeout, attributes: {timeot: 0}}", "policy.yaml:13 inject[0]: the fault timeout has no attribute 'timeot'\n  did you mean 'timeout'?"),
        ("{on: primary, toxic: timeout, attributes: {timeout: never}}", "policy.yaml:13 inject[0]: the fault timeout: timeout:"),
        ("{on: primary, toxic: down, attributes: {timeout: 0}}", "policy.yaml:13 inject[0]: the fault down has no attribute 'timeout'"),
        ("{on: gateway, toxic: process.kil}", "policy.yaml:13 inject[0]: no fault of processes is named 'process.kil'\n  did you mean 'process.kill'?"),
        ("{on: gateway, toxic: process.kill, attributes: {signal: FOO}}", "policy.yaml:13 inject[0]: the fault process.kill: signal:"),
        ("{on: primary, toxic: http.status, when: {evry: 2}}", "policy.yaml:13 inject[0]: the fault http.status has no attribute 'evry'\n  did you mean 'every'?"),
    ],
)  # fmt: skip
def test_a_wrong_fault_is_refused_before_anything_runs(tmp_path: Path, inject: str, said: str) -> None:
    loaded = with_resilience(tmp_path, f"- {{name: x, inject: [{inject}]}}")
    with pytest.raises(UsageError) as caught:
        scenarios(loaded)
    assert said in str(caught.value).replace(str(tmp_path) + "/", "")


def test_who_asks_to_wait_is_watched_until_the_time_is_over(tmp_path: Path) -> None:
    asks = [{"on": "primary", "toxic": "http.status", "attributes": {"status": 429, "retry_after": "5s"}}]
    assert planned(tmp_path, inject=asks, client_behaviour=["retry-after-honoured"]).hold == 6.0
    assert planned(tmp_path, inject=asks).hold == 3.0


def test_callers_give_up_after_twice_the_longest_duration(tmp_path: Path) -> None:
    slow = {"indicator": "operation.duration", "op": "lte", "value": "8s", "target": "90%"}
    assert planned(tmp_path, during=[slow]).patience == 16.0
    assert planned(tmp_path).patience == 5.0
    assert planned(tmp_path, during=[slow], patience="9s").patience == 9.0


def test_criteria_and_names(tmp_path: Path) -> None:
    during = [{"indicator": "availability", "target": "95%"}]
    found = planned(tmp_path, during=during, inject=[{"on": "primary", "toxic": "sse.stall"}])
    assert found.objectives["availability"].name == "x/availability"
    assert found.under == "steady@x"
    assert found.injections[0].name == "sse-stall"
    assert found.behaviour("amplification") is None
