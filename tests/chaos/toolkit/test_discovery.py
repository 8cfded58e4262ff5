"""What ``chaos discover`` is told."""

from __future__ import annotations

import json
from typing import Any

import pytest

import seatrial
from seatrial.chaos.toolkit.discovery import discover
from tests.chaos.toolkit.experiments import Bench


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    return discover(discover_system=False)


def test_every_public_activity_is_found_with_its_kind(found: dict[str, Any]) -> None:
    activities = {(one["type"], one["name"]) for one in found["activities"]}
    assert {
        ("action", "inject_fault"),
        ("action", "revert_fault"),
        ("action", "inject_process_fault"),
    } <= activities
    assert {("probe", "availability"), ("probe", "objective"), ("probe", "recovery")} <= activities
    assert {("probe", "fault_hits"), ("probe", "cuts_told"), ("probe", "passed")} <= activities
    assert len(activities) == len(found["activities"])


def test_arguments_have_types_that_chaostoolkit_knows(found: dict[str, Any]) -> None:
    types = {
        (one["name"], argument["name"]): argument["type"]
        for one in found["activities"]
        for argument in one["arguments"]
    }
    assert types["inject_fault", "proxy"] == "string"
    assert types["inject_fault", "attributes"] == "mapping"
    assert types["inject_fault", "toxicity"] == "number"
    assert types["availability", "requests"] == "integer"
    assert types["availability", "stream"] == "boolean"
    assert "object" not in {kind for (_, name), kind in types.items() if name != "value"}
    returns = {one["name"]: one["return_type"] for one in found["activities"]}
    assert (returns["availability"], returns["objective"], returns["fault_hits"]) == (
        "number",
        "mapping",
        "integer",
    )


def test_each_is_documented(found: dict[str, Any]) -> None:
    assert all(one["doc"].strip() for one in found["activities"])


def test_the_system_is_told_where_it_is_there(bench: Bench) -> None:
    system = discover()["system"]
    assert {"down", "http.status", "sse.truncate", "latency"} <= set(system["faults"])
    assert "process.stop" in system["process_faults"]
    assert system["proxies"]["primary"]["enabled"] is True
    json.dumps(system)


def test_no_proxy_is_no_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEATRIAL_CONTROL_URL", "http://127.0.0.1:9")
    assert discover()["system"]["proxies"] is None


def test_chaostoolkit_finds_the_function_in_the_package() -> None:
    from chaoslib.discovery.package import get_discover_function

    assert get_discover_function(seatrial) is seatrial.discover
    assert seatrial.discover(False)["extension"] == {"name": "seatrial", "version": seatrial.__version__}
