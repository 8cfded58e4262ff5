"""`seatrial soak`: exit codes, its journal, and going on after an interruption."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from seatrial.core.journal import read_journal
from seatrial.systems.runner import System
from tests.cli.conftest import Seatrial

POLICY = """
apiVersion: seatrial/v1alpha1
kind: ReleasePolicy
metadata: {{name: soak}}
spec:
  targets: [{{name: bot, uri: "{uri}", model: small, apiKey: "${{env:TEST_BOT_KEY}}"}}]
  traffic:
    - name: steady
      stream: true
      soak:
        duration: 2s
        rate: 80/s
        checkpoints: 30
        growth: {{latency: 100%, errors: 20%, memory: 50%, files: 100%}}
    - {{name: other}}
  risk: {{dependence: independent}}
  suites: [load]
"""


@pytest.fixture
def soak_policy(home: Path, reference: System, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TEST_BOT_KEY", reference.api_key or "")
    file = home / "soak.yaml"
    file.write_text(POLICY.format(uri=reference.uri))
    return file


def test_a_soak_of_seconds(seatrial: Seatrial, soak_policy: Path, reference: System, home: Path) -> None:
    done = seatrial("soak", "--policy", soak_policy, "--pid", reference.pid, "--out", home / "out")
    journal = read_journal(home / "out" / "journal.ndjson")
    outcomes = {item["id"]: item["outcome"] for item in journal.all("item")}
    assert set(outcomes) == {
        f"soak/steady::{figure}" for figure in ("latency", "latency-p95", "errors", "memory", "files")
    }
    assert "FAILED" not in outcomes.values()
    assert outcomes["soak/steady::memory"] == "PASSED"
    assert done.exit_code in (0, 2), (
        done.output
    )  # a machine that is busy with something else leaves some open
    finish = journal.last("finish")
    assert finish is not None
    assert finish["requests"] > 100
    assert [event["when"] for event in journal.all("fingerprint")] == ["before", "after"]
    assert len(list(journal.all("checkpoint"))) == 30
    assert "30/30" in done.output
    assert (home / "out" / "report.html").exists()
    assert (journal.first("run") or {})["purpose"] == "soak"
    assert "Certified" not in (home / "out" / "summary.md").read_text("utf-8")
    assert reference.api_key not in (home / "out" / "soak-steady.json").read_text()


def test_an_interrupted_soak_goes_on(
    seatrial: Seatrial, soak_policy: Path, reference: System, home: Path
) -> None:
    words = ["soak", "--policy", str(soak_policy), "--out", str(home / "out")]
    state = home / "out" / "soak-steady.json"
    with subprocess.Popen(
        [sys.executable, "-m", "seatrial", *words], env={**os.environ}, stdout=subprocess.PIPE, text=True
    ) as child:
        deadline = time.monotonic() + 30
        while not state.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        child.send_signal(signal.SIGINT)
        child.communicate(timeout=30)
    assert child.returncode == 4
    before = json.loads(state.read_text())["windows"]
    assert 0 < len(before) < 30
    done = seatrial("soak", "--policy", soak_policy, "--continue", home / "out", "--out", home / "rest")
    assert done.exit_code in (0, 2), done.output
    journal = read_journal(home / "rest" / "journal.ndjson")
    looks = list(journal.all("checkpoint"))
    assert len(looks) == 30
    assert sum(bool(look.get("continued")) for look in looks) == len(before)
    refused = seatrial(
        "soak", "--policy", soak_policy, "--continue", home / "out", "--rate", "9/s", "--out", home / "x"
    )
    assert refused.exit_code == 3
    assert "another soak" in refused.output


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--traffic", "nobody"], "nobody"),
        (["--continue", "missing"], "no checkpoint"),
        (["--pid", "7", "--pidfile", "x"], "once"),
        (["--duration", "2 fortnights"], "2 fortnights"),
        (["--pidfile", "missing"], "no process"),
    ],
)
def test_what_cannot_be_done(
    words: list[str], told: str, seatrial: Seatrial, soak_policy: Path, home: Path
) -> None:
    done = seatrial("soak", "--policy", soak_policy, "--out", home / "out", *words)
    assert done.exit_code == 3, done.output
    assert told in done.output


def test_another_target_is_not_gone_on_with(
    seatrial: Seatrial, soak_policy: Path, reference: System, home: Path
) -> None:
    done = seatrial("soak", "--policy", soak_policy, "--duration", "1s", "--out", home / "out")
    assert done.exit_code in (0, 1, 2), done.output
    state = home / "out" / "soak-steady.json"
    told = json.loads(state.read_text())
    state.write_text(json.dumps({**told, "identity": "sha256:0", "windows": told["windows"][:5]}))
    again = seatrial("soak", "--policy", soak_policy, "--continue", home / "out", "--out", home / "rest")
    assert again.exit_code == 3
    assert "its identity differs" in again.output
