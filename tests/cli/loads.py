"""What the tests of `seatrial load` share: a policy, and what a journal tells of a run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from seatrial.bundled import bundled
from seatrial.core.journal import Journal, read_journal

POLICY = """\
apiVersion: seatrial/v1alpha1
kind: ReleasePolicy
metadata: {{name: load}}
spec:
  targets:
    - {{name: bot, protocol: openai-chat, uri: "{uri}", model: small, apiKey: "${{env:TEST_BOT_KEY}}"}}
  traffic:
    - {{name: closed, concurrency: 6, stream: true, warmup: 0, max_tokens: 8, budget: {budget}}}
    - {{name: open, arrivals: {{kind: poisson, rate: 150/s}}, connections: 32, stream: true, warmup: 4,
       max_tokens: 8, duration: 20s, budget: {budget}}}
  risk: {{dependence: independent, min_duration: 1s, segments: 2, pause: 50ms}}
  objectives:
    - {{name: up-closed, traffic: closed, indicator: availability, target: 97%}}
    - {{name: up-open, traffic: open, indicator: availability, target: 97%}}
    - {{name: quick-closed, traffic: closed, indicator: operation.duration, op: lte, value: {limit},
       target: 50%}}
    - {{name: quick-open, traffic: open, indicator: operation.duration, op: lte, value: {limit},
       target: 50%}}
"""

Policy = Callable[..., Path]


def journal(out: Path) -> Journal:
    return read_journal(out / "journal.ndjson")


def verdicts(found: Journal) -> dict[str, dict[str, Any]]:
    return {event["objective"]["name"]: event["verdict"] for event in found.all("verdict")}


def sent(found: Journal) -> int:
    return sum(len(event["intended"]) for event in found.all("exchanges"))


def warm(found: Journal) -> int:
    return sum(len(event["intended"]) for event in found.all("warmup"))


def columns(found: Journal, name: str) -> list[Any]:
    return [value for event in found.all("exchanges") for value in event[name]]


def accounted(found: Journal) -> dict[str, Any]:
    return next(event for event in found.all("item") if event["id"].endswith("::accounted"))


def locustfile(name: str) -> Path:
    return bundled("fixtures") / "locust" / f"{name}.py"


def endless(policy: Path) -> Path:
    policy.write_text(policy.read_text("utf-8").replace("min_duration: 1s", "min_duration: 1h"), "utf-8")
    return policy
