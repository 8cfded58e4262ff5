"""`seatrial plan`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import Seatrial


def test_tells_requests_minutes_and_dollars(seatrial: Seatrial) -> None:
    done = seatrial("plan", "--policy", "demo")
    assert done.exit_code == 0
    assert "availability needs most" in done.output
    for word in ("requests", "minutes", "dollars", "at best", "expected"):
        assert word in done.output


def test_needs_no_key_and_sends_nothing(seatrial: Seatrial, policy: Callable[..., Path]) -> None:
    assert seatrial("plan", "--policy", policy("http://127.0.0.1:9/v1")).exit_code == 0


def test_as_json(seatrial: Seatrial) -> None:
    plan = json.loads(seatrial("plan", "--policy", "demo", "--json").output)
    assert plan["requests"]["least"] < plan["requests"]["expected"]
    assert plan["traffics"][0]["traffic"] == "steady"
    assert plan["usd"]["least"] > 0


LOAD = "suites: [sla, load]\n  capacity: {from: 10/s, to: 80/s}\n"


def test_what_the_suite_load_needs_is_told_with_the_sum(
    seatrial: Seatrial, policy: Callable[..., Path]
) -> None:
    path = policy("http://127.0.0.1:9/v1")
    before = json.loads(seatrial("plan", "--policy", path, "--json").output)
    path.write_text(path.read_text("utf-8").replace("suites: [sla]\n", LOAD), "utf-8")
    done = seatrial("plan", "--policy", path)
    assert done.exit_code == 0
    for words in ("audits of bot", "capacity of steady", "and beyond it", "in all", "at most"):
        assert words in done.output
    plan = json.loads(seatrial("plan", "--policy", path, "--json").output)
    fixed, search, beyond = plan["load"]
    assert (fixed["exact"], search["exact"]) == (True, False)
    assert plan["requests"]["expected"] == before["requests"]["expected"] + fixed["requests"]
    extra = fixed["requests"] + search["requests"] + beyond["requests"]
    assert plan["requests"]["most"] == before["requests"]["most"] + extra


def test_the_length_of_an_answer_is_a_duration(seatrial: Seatrial) -> None:
    quick = json.loads(seatrial("plan", "--policy", "demo", "--json", "--answer", "10ms").output)
    slow = json.loads(seatrial("plan", "--policy", "demo", "--json", "--answer", "10s").output)
    assert quick["minutes"]["expected"] < slow["minutes"]["expected"]
    assert seatrial("plan", "--policy", "demo", "--answer", "soon").exit_code == 3


def test_a_tier_without_targets_can_be_planned(seatrial: Seatrial) -> None:
    done = seatrial("plan", "--policy", "tiers/basic")
    assert done.exit_code == 0
    assert "names no prices" in done.output


def test_an_unknown_policy_is_usage(seatrial: Seatrial) -> None:
    done = seatrial("plan", "--policy", "tiers/busines")
    assert done.exit_code == 3
    assert "tiers/business" in done.stderr
