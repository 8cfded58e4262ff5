"""`seatrial load --locust`: real workers on a real target, and what becomes of them on a bad day."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from seatrial.core.journal import Journal
from tests.cli.conftest import Seatrial
from tests.cli.loads import (
    POLICY,
    Policy,
    accounted,
    columns,
    endless,
    journal,
    locustfile,
    sent,
    verdicts,
    warm,
)
from tests.load.echo import Echo

SLOW = 0.6


EXPECTED = {"up": "PASSED", "mostly": "PASSED", "always": "FAILED", "fair": "FAILED"}


TENANTS = """\
apiVersion: seatrial/v1alpha1
kind: ReleasePolicy
metadata: {{name: tenants}}
spec:
  targets:
    - {{name: bot, protocol: openai-chat, uri: "{uri}", model: small}}
  traffic:
    - name: closed
      concurrency: 16
      warmup: 0
      budget: {{requests: 300, duration: 15s}}
      tenants: &tenants
        - {{name: blue, apiKey: "${{env:TEST_BLUE_KEY}}", weight: 3}}
        - {{name: red, apiKey: "${{env:TEST_RED_KEY}}"}}
    - name: open
      arrivals: {{kind: poisson, rate: 120/s}}
      connections: 64
      warmup: 0
      duration: 20s
      budget: {{requests: 300, duration: 15s}}
      tenants: *tenants
  risk: {{dependence: independent, min_duration: 1s, segments: 1, pause: 50ms}}
  objectives:
    - {{name: up, traffic: {traffic}, indicator: availability, target: 97%}}
    - {{name: mostly, traffic: {traffic}, indicator: operation.duration, op: lte, value: 500ms, target: 55%}}
    - {{name: always, traffic: {traffic}, indicator: operation.duration, op: lte, value: 500ms, target: 90%}}
    - {{name: fair, traffic: {traffic}, indicator: fairness, target: 60%, of: [mostly]}}
"""


class Partial(Echo):
    """Answers the key sk-red slowly."""

    def delay(self) -> float:
        return SLOW if self.keys[-1] == "sk-red" else 0.0


class Falling(Echo):
    """Refuses and cuts connections before a second has gone by, from its hundred-and-fiftieth request on."""

    def delay(self) -> float:
        if len(self.asked) == 150:
            self.close()
        return 0.02


def locust(policy: Path, out: Path, file: str, *words: str) -> subprocess.CompletedProcess[str]:
    """In a process of its own, as from a terminal."""
    command = ["load", "--policy", str(policy), "--out", str(out), "--locust", str(locustfile(file)), *words]
    return subprocess.run(
        [sys.executable, "-m", "seatrial", *command], capture_output=True, text=True, check=False, timeout=90
    )


def unless_busy(found: Journal) -> None:
    """Skip where this machine was too busy to send on time: the product itself says that it knows nothing."""
    for name, verdict in verdicts(found).items():
        if "the generator" in verdict["reason"]:
            pytest.skip(f"{name}: {verdict['reason']}")


@pytest.fixture(scope="module")
def target() -> Iterator[Partial]:
    """A target that serves one tenant, a quarter of all requests, slowly: what holds there is known."""
    pytest.importorskip("zmq")
    with pytest.MonkeyPatch.context() as environment, Partial() as server:
        for name in ("BLUE", "RED"):
            environment.setenv(f"TEST_{name}_KEY", f"sk-{name.lower()}")
        yield server


Sent = Callable[[str, str], Path]


@pytest.fixture(scope="module")
def by_locust(target: Partial, tmp_path_factory: pytest.TempPathFactory) -> Sent:
    """``by_locust(file, traffic)``: a folder with a policy, and in ``locust`` what its users found."""
    folders: dict[str, Path] = {}

    def send(file: str, traffic: str) -> Path:
        if file not in folders:
            folder = folders[file] = tmp_path_factory.mktemp(file)
            (folder / "policy.yaml").write_text(TENANTS.format(uri=target.uri, traffic=traffic), "utf-8")
            words = ("--traffic", traffic, "--workers", "2")
            done = locust(folder / "policy.yaml", folder / "locust", file, *words)
            unless_busy(journal(folder / "locust"))
            assert done.returncode == 1, done.stdout + done.stderr
        return folders[file]

    return send


@pytest.mark.parametrize(
    ("file", "traffic", "words"), [("chat", "closed", ()), ("arrivals", "open", ("--processes", 2))]
)
def test_a_locust_master_with_two_workers_comes_to_the_engine_s_verdicts(
    seatrial: Seatrial, by_locust: Sent, home: Path, file: str, traffic: str, words: tuple[object, ...]
) -> None:
    folder = by_locust(file, traffic)
    words = ("--policy", folder / "policy.yaml", "--traffic", traffic, "--out", "ours", *words)
    ours = seatrial("load", *words)
    unless_busy(journal(home / "ours"))
    assert ours.exit_code == 1, ours.output
    theirs, mine = journal(folder / "locust"), journal(home / "ours")
    told = next(theirs.all("traffic"))["locust"]
    assert (told["file"], told["workers"]) == (f"{file}.py", 2)
    found = accounted(theirs)
    assert (found["outcome"], found["exchanges"]) == ("PASSED", sent(theirs))
    _same(verdicts(theirs), verdicts(mine))
    assert {0, 1} == set(columns(mine, "tenant"))


@pytest.mark.parametrize(("file", "traffic"), [("chat", "closed"), ("arrivals", "open")])
def test_each_exchange_tells_what_it_asked_and_for_whom(
    by_locust: Sent, target: Partial, file: str, traffic: str
) -> None:
    theirs = journal(by_locust(file, traffic) / "locust")
    tenants, durations, prompts = (columns(theirs, name) for name in ("tenant", "duration", "prompt"))
    red, blue = ([took for took, who in zip(durations, tenants, strict=True) if who == n] for n in (1, 0))
    assert min(red) >= SLOW > median(blue)
    assert {"sk-blue", "sk-red"} <= set(target.keys)
    # The users of chat.py say things of their own too; the engine inside the workers asks the prompts alone.
    assert (-1 in prompts) == (file == "chat")
    assert len(set(prompts)) > 5


def _same(theirs: dict[str, dict[str, Any]], mine: dict[str, dict[str, Any]]) -> None:
    """The same outcomes, and intervals that have room for one truth."""
    for verdict in (theirs, mine):
        assert {name: each["outcome"] for name, each in verdict.items()} == EXPECTED
    for name, verdict in theirs.items():
        assert verdict["lower"] <= mine[name]["upper"]
        assert mine[name]["lower"] <= verdict["upper"]
    for name in ("mostly", "always"):
        assert theirs[name]["lower"] <= 0.25 <= theirs[name]["upper"]


def test_a_retry_goes_on_with_what_locust_s_users_have_asked(by_locust: Sent, home: Path) -> None:
    folder = by_locust("chat", "closed")
    words = ("--traffic", "closed", "--continue", str(folder / "locust"), "--to-the-end")
    done = locust(folder / "policy.yaml", home / "again", "chat", *words)
    assert done.returncode == 1, "a failure cannot be retried away"
    first, found = journal(folder / "locust"), journal(home / "again")
    continued = [event for event in found.all("exchanges") if event.get("continued")]
    assert sum(len(event["intended"]) for event in continued) == sent(first)
    assert sent(found) == sent(first) + 300
    for name in ("prompt", "tenant"):
        assert columns(found, name)[: sent(first)] == columns(first, name)
    assert len(columns(found, "tenant")) == sent(found)
    assert columns(found, "intended") == sorted(columns(found, "intended"))


def test_a_worker_that_dies_makes_the_run_prove_nothing(load_policy: Policy, home: Path) -> None:
    pytest.importorskip("zmq")
    path = endless(load_policy("{requests: 100000, duration: 1h}"))
    words = ["--policy", path, "--traffic", "closed", "--out", "run", "--locust", locustfile("chat")]
    with subprocess.Popen(
        [sys.executable, "-m", "seatrial", "load", *map(str, words)],
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
    lost = next(found.all("lost"))
    assert lost["sent"] - lost["count"] == sent(found) + warm(found), "each is there or counted as lost"
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


def test_locust_on_a_target_that_refuses_half_way(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("zmq")
    monkeypatch.setenv("TEST_BOT_KEY", "sk-canary")
    with Falling() as target:
        text = POLICY.format(uri=target.uri, budget="{requests: 600, duration: 15s}", limit="5s")
        (home / "policy.yaml").write_text(text, "utf-8")
        words = ("--traffic", "closed", "--to-the-end")
        done = locust(home / "policy.yaml", home / "run", "chat", *words)
    found = journal(home / "run")
    assert done.returncode == 1, done.stdout + done.stderr
    errors = columns(found, "error")
    assert len(errors) == 600
    assert 0 < errors.count(None) <= 150 - warm(found)
    assert errors.count("connect") > 400
    assert accounted(found)["outcome"] == "PASSED", "every one of them is counted"
    assert verdicts(found)["up-closed"]["outcome"] == "FAILED"
    assert "sk-canary" not in (home / "run" / "journal.ndjson").read_text("utf-8")


def test_3_without_locust_the_way_to_get_it_is_told(
    seatrial: Seatrial, load_policy: Policy, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    (home / "file.py").write_text("", "utf-8")
    done = seatrial("load", "--policy", load_policy(), "--traffic", "closed", "--locust", "file.py")
    assert done.exit_code == 3
    assert "pip install 'seatrial[load]'" in done.stderr


def test_4_a_locustfile_that_is_broken_is_told_with_its_own_words(load_policy: Policy, home: Path) -> None:
    pytest.importorskip("zmq")
    (home / "broken.py").write_text("raise ValueError('no such sea')", "utf-8")
    words = ["--policy", str(load_policy()), "--traffic", "closed", "--locust", "broken.py"]
    done = subprocess.run(
        [sys.executable, "-m", "seatrial", "load", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 4, done.stderr
    assert "no such sea" in done.stderr
