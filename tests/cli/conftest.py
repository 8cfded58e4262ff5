"""What the tests of the commands share: the commands in-process, a policy, and the reference system."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from seatrial.cli.app import app
from seatrial.systems.runner import System
from tests.cli import loads

Seatrial = Callable[..., Result]

POLICY = """\
apiVersion: seatrial/v1alpha1
kind: ReleasePolicy
metadata: {{name: small}}
spec:
  targets:
    - {{name: bot, protocol: openai-chat, uri: "{uri}", model: small{key}}}
  traffic:
    - {{name: steady, concurrency: 4, stream: true, warmup: 4, max_tokens: 8, budget: {budget}}}
  risk: {{dependence: independent, min_duration: 300ms, segments: 2, pause: 50ms}}
  objectives:
    - {{name: availability, traffic: steady, indicator: availability, target: {target}}}
    - name: latency-p95
      traffic: steady
      indicator: operation.duration
      op: lte
      value: {latency}
      target: 95%
{more}  suites: [sla]
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, and a user's configuration of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(click, "get_app_dir", lambda name: str(tmp_path / "config" / name))
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    return tmp_path


@pytest.fixture
def seatrial() -> Seatrial:
    """``seatrial("plan", "--policy", file)``: run a command in this process."""

    def run(*words: object) -> Result:
        return CliRunner().invoke(app, [str(word) for word in words])

    return run


@pytest.fixture(scope="session")
def reference() -> Iterator[System]:
    """The healthy reference system, shared by all tests of this folder."""
    with System("reference") as system:
        yield system


@pytest.fixture
def policy(
    home: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Callable[..., Path]:
    """``policy(uri)``: a small policy for an address; without one, for the reference system."""

    def make(
        uri: str | None = None,
        *,
        budget: str = "{requests: 3000, duration: 20s}",
        target: str = "90%",
        latency: str = "5s",
        more: str = "",
    ) -> Path:
        key = ""
        if uri is None:
            system: System = request.getfixturevalue("reference")
            uri, key = system.uri, ', apiKey: "${env:TEST_BOT_KEY}"'
            monkeypatch.setenv("TEST_BOT_KEY", system.api_key or "")
        file, more = home / "policy.yaml", f"    - {more}\n" if more else ""
        text = POLICY.format(uri=uri, key=key, budget=budget, target=target, latency=latency, more=more)
        file.write_text(text, "utf-8")
        return file

    return make


@pytest.fixture
def load_policy(home: Path, reference: System, monkeypatch: pytest.MonkeyPatch) -> loads.Policy:
    """``load_policy(budget, limit)``: a closed and an open traffic on the reference system."""

    def make(budget: str = "{requests: 1500, duration: 15s}", limit: str = "5s") -> Path:
        monkeypatch.setenv("TEST_BOT_KEY", reference.api_key or "")
        file = home / "policy.yaml"
        file.write_text(loads.POLICY.format(uri=reference.uri, budget=budget, limit=limit), "utf-8")
        return file

    return make
