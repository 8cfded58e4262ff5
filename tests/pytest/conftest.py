"""A running gateway and a short policy for it; pytest is run as users run it, in a process of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from seatrial.systems.runner import System

POLICY = """
apiVersion: seatrial/v1alpha1
kind: ReleasePolicy
metadata: {{name: test}}
spec:
  targets:
    - {{name: bot, uri: "{uri}", model: small, apiKey: "${{env:BOT_KEY}}"}}
  traffic:
    - {{name: steady, concurrency: 8, stream: true, budget: {{requests: 3000, duration: 20s}}}}
  risk: {{dependence: independent, min_duration: 300ms, segments: 3, pause: 10ms}}
  objectives:
    - {{name: availability, traffic: steady, indicator: availability, target: 95%}}
    - {{name: latency, traffic: steady, indicator: operation.duration, op: lte, value: {value}, target: 95%}}
{more}
"""


@pytest.fixture(scope="session")
def gateway() -> Iterator[System]:
    with System("reference") as system:
        yield system


@pytest.fixture(scope="session")
def lying_gateway() -> Iterator[System]:
    """One on which bad input crashes the server."""
    with System("reference", arguments=["--defect", "server-error-on-malformed"]) as system:
        yield system


class Trial:
    """A user's repository with a policy in it."""

    def __init__(self, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, system: System) -> None:
        self.pytester = pytester
        monkeypatch.setenv("BOT_KEY", str(system.api_key))
        self.uri = system.uri
        self.policy()

    def policy(self, value: str = "1s", more: str = "") -> None:
        text = POLICY.format(uri=self.uri, value=value, more=more)
        (self.pytester.path / "policy.yaml").write_text(text)

    def run(self, *arguments: str) -> pytest.RunResult:
        options = (
            "--trial-policy",
            "policy.yaml",
            "--trial-out",
            "out",
            "-p",
            "no:cacheprovider",
            "--trial-seed",
            "7",
        )
        return self.pytester.runpytest_subprocess(*options, *arguments, timeout=100)

    @property
    def events(self) -> list[dict[str, Any]]:
        lines = (self.pytester.path / "out" / "journal.ndjson").read_text().splitlines()
        return [json.loads(line) for line in lines]

    def items(self) -> dict[str, dict[str, Any]]:
        return {event["id"]: event for event in self.events if event["event"] == "item"}

    def last(self, event: str) -> dict[str, Any]:
        return [found for found in self.events if found["event"] == event][-1]

    @property
    def folder(self) -> Path:
        return self.pytester.path


@pytest.fixture
def trial_for(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Callable[[System], Trial]:
    return lambda system: Trial(pytester, monkeypatch, system)


@pytest.fixture
def trial_repo(trial_for: Callable[[System], Trial], gateway: System) -> Trial:
    return trial_for(gateway)
