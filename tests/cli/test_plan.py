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
