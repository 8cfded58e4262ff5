"""`seatrial load`: our engine in one process and in several, and Locust, on the same target."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seatrial.bundled import bundled
from seatrial.core.journal import Journal, read_journal
from seatrial.systems.runner import System
from tests.cli.conftest import Seatrial

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


@pytest.fixture
def policy(home: Path, reference: System, monkeypatch: pytest.MonkeyPatch) -> Policy:
    def make(budget: str = "{requests: 1500, duration: 15s}", limit: str = "5s") -> Path:
        monkeypatch.setenv("TEST_BOT_KEY", reference.api_key or "")
        file = home / "policy.yaml"
        file.write_text(POLICY.format(uri=reference.uri, budget=budget, limit=limit), "utf-8")
        return file

    return make


def journal(out: Path) -> Journal:
    return read_journal(out / "journal.ndjson")


def verdicts(found: Journal) -> dict[str, dict[str, Any]]:
    return {event["objective"]["name"]: event["verdict"] for event in found.all("verdict")}


def sent(found: Journal) -> int:
    return sum(len(event["intended"]) for event in found.all("exchanges"))


def accounted(found: Journal) -> dict[str, Any]:
    return next(event for event in found.all("item") if event["id"].endswith("::accounted"))


@pytest.mark.parametrize("words", [("--traffic", "closed"), ("--traffic", "open", "--processes", "2")])
def test_a_healthy_system_under_load(
    seatrial: Seatrial, policy: Policy, home: Path, words: tuple[str, ...]
) -> None:
    done = seatrial("load", "--policy", policy(), "--out", "run", *words)
    assert done.exit_code == 0, done.output
    found = journal(home / "run")
    assert found.complete
    assert accounted(found)["outcome"] == "PASSED"
    assert {verdict["outcome"] for verdict in verdicts(found).values()} == {"PASSED"}
    assert (home / "run" / "report.html").exists()
    assert "served" in done.output
    assert (found.first("run") or {})["purpose"] == "load"
    assert "\nHeld. " in done.output
    assert "Certified" not in done.output + (home / "run" / "summary.md").read_text("utf-8")


def test_one_that_is_too_slow_is_rejected(seatrial: Seatrial, policy: Policy, home: Path) -> None:
    done = seatrial("load", "--policy", policy(limit="1ms"), "--traffic", "closed", "--out", "run")
    assert done.exit_code == 1, done.output
    assert verdicts(journal(home / "run"))["quick-closed"]["outcome"] == "FAILED"


def test_to_the_end_with_every_exchange_as_parquet(seatrial: Seatrial, policy: Policy, home: Path) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    budget = "{requests: 600, duration: 15s}"
    words = ("--traffic", "open", "--to-the-end", "--parquet", "--out", "run")
    done = seatrial("load", "--policy", policy(budget), *words)
    assert done.exit_code == 0, done.output
    rows = pq.read_table(home / "run" / "exchanges-open.parquet")
    assert rows.num_rows == sent(journal(home / "run")) == 600


def locust(policy: Path, out: Path, file: str, *words: str) -> subprocess.CompletedProcess[str]:
    """In a process of its own, as from a terminal."""
    path = bundled("fixtures") / "locust" / f"{file}.py"
    command = ["load", "--policy", str(policy), "--out", str(out), "--locust", str(path), *words]
    return subprocess.run(
        [sys.executable, "-m", "seatrial", *command], capture_output=True, text=True, check=False, timeout=90
    )


@pytest.mark.parametrize(("file", "traffic"), [("chat", "closed"), ("arrivals", "open")])
def test_a_locust_master_with_two_workers_comes_to_the_engine_s_verdict(
    seatrial: Seatrial, policy: Policy, home: Path, file: str, traffic: str
) -> None:
    pytest.importorskip("zmq")
    path = policy()
    done = locust(path, home / "locust", file, "--traffic", traffic, "--workers", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    ours = seatrial("load", "--policy", path, "--traffic", traffic, "--out", "ours")
    assert ours.exit_code == 0, ours.output
    theirs = journal(home / "locust")
    told = next(theirs.all("traffic"))
    assert told["locust"] == {"file": f"{file}.py", "workers": 2}
    found = accounted(theirs)
    assert (found["outcome"], found["exchanges"]) == ("PASSED", sent(theirs))
    assert len({event["worker"] for event in theirs.all("worker")}) in (0, 2)
    mine = verdicts(journal(home / "ours"))
    for name, verdict in verdicts(theirs).items():
        assert verdict["outcome"] == mine[name]["outcome"] == "PASSED"
        assert verdict["lower"] <= mine[name]["upper"]
        assert mine[name]["lower"] <= verdict["upper"]


def test_locust_shows_a_slow_system_too(policy: Policy, home: Path) -> None:
    pytest.importorskip("zmq")
    done = locust(policy(limit="1ms"), home / "run", "chat", "--traffic", "closed")
    assert done.returncode == 1, done.stdout + done.stderr
    assert verdicts(journal(home / "run"))["quick-closed"]["outcome"] == "FAILED"


def test_a_locust_worker_that_dies_makes_the_run_prove_nothing(policy: Policy, home: Path) -> None:
    pytest.importorskip("zmq")
    path = policy("{requests: 100000, duration: 1h}")
    text = path.read_text("utf-8").replace("min_duration: 1s", "min_duration: 1h")
    path.write_text(text, "utf-8")
    file = bundled("fixtures") / "locust" / "chat.py"
    words = ["load", "--policy", str(path), "--traffic", "closed", "--out", "run", "--locust", str(file)]
    with subprocess.Popen(
        [sys.executable, "-m", "seatrial", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        _await_event(home / "run" / "journal.ndjson", "exchanges")
        os.kill(_workers(process.pid)[0], signal.SIGKILL)
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 2, said
    found = journal(home / "run")
    assert "was killed by signal 9" in accounted(found)["reason"]
    assert next(found.all("lost"))["sent"] > 0
    assert {verdict["outcome"] for verdict in verdicts(found).values()} == {"INCONCLUSIVE"}


def _workers(parent: int) -> list[int]:
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text("utf-8").split()
    commands = {int(pid): Path(f"/proc/{pid}/cmdline").read_bytes() for pid in children}
    return [pid for pid, command in commands.items() if b"--worker" in command.split(b"\0")]


def _await_event(path: Path, event: str) -> None:
    deadline = time.monotonic() + 40
    while time.monotonic() < deadline:
        if path.exists() and f'"event":"{event}"' in path.read_text("utf-8"):
            return
        time.sleep(0.05)
    raise AssertionError(f"no event {event!r} within 40 s")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "several traffics"),
        (("--traffic", "none"), "none"),
        (("--traffic", "closed", "--processes", "2"), "cannot be sent by several processes"),
        (("--traffic", "open", "--master", "here:1"), "--master is for Locust"),
        (("--traffic", "open", "--worker"), "a worker needs its locustfile"),
    ],
)
def test_3_what_cannot_be_done_is_told_before_the_first_request(
    seatrial: Seatrial, policy: Policy, home: Path, words: tuple[str, ...], told: str
) -> None:
    done = seatrial("load", "--policy", policy(), *words)
    assert done.exit_code == 3, done.output
    assert told in done.stderr
    assert not (home / "runs").exists()


def test_3_without_locust_the_way_to_get_it_is_told(
    seatrial: Seatrial, policy: Policy, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    (home / "file.py").write_text("", "utf-8")
    done = seatrial("load", "--policy", policy(), "--traffic", "closed", "--locust", "file.py")
    assert done.exit_code == 3
    assert "pip install 'seatrial[load]'" in done.stderr


def test_4_a_locustfile_that_is_broken_is_told_with_its_own_words(policy: Policy, home: Path) -> None:
    pytest.importorskip("zmq")
    (home / "broken.py").write_text("raise ValueError('no such sea')", "utf-8")
    words = ["--policy", str(policy()), "--traffic", "closed", "--locust", "broken.py"]
    done = subprocess.run(
        [sys.executable, "-m", "seatrial", "load", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 4, done.stderr
    assert "no such sea" in done.stderr


def test_the_events_are_json_without_a_secret(
    seatrial: Seatrial, policy: Policy, home: Path, reference: System
) -> None:
    seatrial("load", "--policy", policy("{requests: 40, duration: 15s}"), "--traffic", "open", "--out", "run")
    text = (home / "run" / "journal.ndjson").read_text("utf-8")
    assert reference.api_key
    assert reference.api_key not in text
    assert all(json.loads(line)["event"] for line in text.splitlines())
