"""Tests of the certificate room, and the journal of a finished run that they share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from seatrial.certificate import fingerprint
from seatrial.core.journal import SCHEMA

Event = dict[str, Any]

POLICY = "sha256:" + "ab" * 32
PROMPTS = "sha256:" + "cd" * 32
FACTS: Event = {
    "schema": fingerprint.SCHEMA,
    "uri": "http://127.0.0.1:8000/v1",
    "protocol": "openai-chat",
    "model": "small",
    "answered": True,
    "reported_models": ["small"],
    "system_fingerprint": ["fp_1"],
    "headers": {"server": ["gateway/1.2"]},
    "models": [{"id": "small"}],
    "version": {"version": "1.2"},
    "tls_key": None,
}
AVAILABILITY = "seatrial/suites/sla/test_objectives.py::test_objective[availability]"
SHAPE = "seatrial/suites/contract/test_answer.py::test_an_answer_has_the_shape_of_its_protocol[bot]"
TOOLS = "seatrial/suites/contract/test_capabilities.py::test_tools_are_called[bot]"


def taken(when: str, t: float, facts: Event = FACTS, **more: Any) -> Event:
    event = {"event": "fingerprint", "t": t, "when": when, "target": "bot", "uri": facts["uri"]}
    return event | {"protocol": "openai-chat", "digest": fingerprint.digest(facts), "facts": facts} | more


def item(name: str, outcome: str, **more: Any) -> Event:
    return {"event": "item", "t": 9.0, "id": name, "title": name, "outcome": outcome, "exchanges": 3} | more


def verdict(outcome: str = "PASSED", **more: Any) -> Event:
    numbers = {
        "objective": "availability",
        "outcome": outcome,
        "limit": 0.01,
        "estimate": 0.001,
        "lower": 0.0,
        "upper": 0.0093,
        "n": 3200,
        "bad": 3,
        "method": "sequential",
        "confidence": 0.95,
        "power": 0.9,
        "deff": 9.0,
        "dependence": "bursts of at most 5 requests (declared)",
        "reason": "proven after 3200 requests",
        "trail": [[3200, 3.1, None]],
    }
    objective = {
        "name": "availability",
        "traffic": "steady",
        "indicator": "availability",
        "op": None,
        "value": None,
        "unit": "",
        "target": 0.99,
        "statement": "≥ 99 %",
        "key_sli": True,
    }
    return {
        "event": "verdict",
        "t": 8.0,
        "objective": objective,
        "verdict": numbers | more,
        "item": AVAILABILITY,
    }


def events(*, outcome: str = "PASSED") -> list[Event]:
    """A finished run that came to *outcome*."""
    policy = {"name": "support-bot", "digest": POLICY, "file": "policy.yaml", "checklists": []}
    policy["effective"] = {"spec": {"targets": [{"name": "bot"}]}}
    policy["validity"] = {"expires_after_seconds": 86_400.0}
    environment = {"python": "3.11.2", "packages": {"numpy": "2.0"}}
    return [
        {"event": "journal", "t": 0.0, "schema": SCHEMA, "run": "r-1", "created": "2026-11-20T14:00:00Z"}
        | {"seatrial": "0.1.0"},
        {
            "event": "run",
            "t": 0.1,
            "policy": policy,
            "seed": 7,
            "suites": ["sla"],
            "command": "seatrial certify",
        }
        | {"environment": environment},
        taken("before", 0.5),
        {"event": "collected", "t": 0.6, "items": [{"id": name} for name in (AVAILABILITY, SHAPE, TOOLS)]},
        {"event": "traffic", "t": 0.7, "name": "steady", "prompts": "bundled/chat-short"}
        | {"prompts_digest": PROMPTS},
        verdict(outcome),
        item(AVAILABILITY, outcome, objective="availability", reason="proven"),
        item(SHAPE, "PASSED"),
        item(TOOLS, "NOT_APPLICABLE"),
        taken("after", 40.0, changed=[]),
        {"event": "finish", "t": 60.0, "outcome": outcome, "exit_code": 0, "reasons": [], "requests": 3200}
        | {"cost_usd": None, "seconds": 60.0, "counts": {outcome: 2, "NOT_APPLICABLE": 1}},
    ]


def write(path: Path, happened: list[Event]) -> Path:
    path.write_text("".join(json.dumps(event) + "\n" for event in happened), "utf-8")
    return path
